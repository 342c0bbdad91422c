/** The server's state as plain values, for assertions. Later changes do not reach into it. */
import { countReactions, viewMessage, viewReadState, viewUser } from '../../../server/chat/domain/views.ts'
import { type ChatRead, findUsers } from '../../../server/chat/domain/work.ts'
import { type Steps, wait } from '../../../server/chat/steps.ts'
import type { CountedMember, Key, MessageRow, RoomRow } from '../../../server/chat/tables/chatTables.ts'
import type { Lines } from '../line/createLines.ts'
import type { Id, Message, User } from '../wire.ts'
import type { ChatNow } from './chatNow.ts'

/** A user in a room: membership, read pointer and what follows from it. */
export interface MemberRecord {
  readonly userKey: Key
  readonly role: string
  readonly joinedAt: string
  readonly lastReadMessageId: Id | null
  readonly readAt?: string
  readonly unreadCount: number
  readonly mentionCount: number
  /** Counts the changes of the room as this user sees it: `Room.version` and `unread_update.version`. */
  readonly version: number
}

export interface ChatServerState {
  readonly epoch: string
  readonly users: readonly User[]
  readonly connections: readonly ConnectionSnapshot[]
  readonly rooms: readonly RoomSnapshot[]
}

export interface ConnectionSnapshot {
  readonly id: string
  readonly endpoint: string
  /** Undefined until it is authenticated. */
  readonly userId: Id | undefined
  /** Rooms whose events it gets. */
  readonly subscriptions: readonly string[]
}

export interface RoomSnapshot {
  readonly id: Id
  readonly name: string
  /** Number of the last event. */
  readonly seq: number
  readonly members: readonly MemberRecord[]
  /** Oldest first, deleted ones included, with every field that any level shows. */
  readonly messages: readonly Message[]
}

export function snapshotState(chat: ChatNow, lines: Lines): ChatServerState {
  const rooms = chat.rooms()
  const subscribers = new Map(rooms.map((room) => [room.key, new Set(chat.subscribers(room))]))
  return {
    epoch: chat.epoch(),
    users: chat.users().map(viewUser),
    connections: [...lines.all].map(({ id, endpoint, userId, kitId = '' }) => ({
      id,
      endpoint,
      userId,
      subscriptions: rooms.flatMap(({ key }) => (subscribers.get(key)?.has(kitId) ? [key] : [])),
    })),
    rooms: rooms.map((room) => ({
      ...chat.read((read) => snapshotRoom(read, room)),
      seq: chat.headOf(room).seq,
    })),
  }
}

function* snapshotRoom(read: ChatRead, room: RoomRow): Steps<Omit<RoomSnapshot, 'seq'>> {
  const members = yield* wait(read.tables.members(room.key))
  const counted = yield* wait(
    read.tables.countedMembers(
      [room.key],
      members.map(({ user }) => user),
    ),
  )
  return {
    id: room.body.id,
    name: room.body.name,
    members: counted.map((member) => recordOf(room, member)),
    messages: yield* allMessages(read, room),
  }
}

function recordOf(room: RoomRow, member: CountedMember): MemberRecord {
  const { role, joined_at, last_read_message_id, read_at } = member.body
  return {
    userKey: member.user,
    role,
    joinedAt: joined_at,
    lastReadMessageId: last_read_message_id,
    ...(read_at === undefined ? {} : { readAt: read_at }),
    unreadCount: member.unread,
    mentionCount: member.mentions,
    version: viewReadState(room, member).version,
  }
}

function* allMessages(read: ChatRead, room: RoomRow): Steps<Message[]> {
  const rows: MessageRow[] = []
  for (let place = 1; place <= room.messageCount; place++) {
    const row = yield* wait(read.tables.message(room.key, place))
    if (row) rows.push(row)
  }
  const users = yield* findUsers(
    read,
    rows.map(({ sender }) => sender),
  )
  const messages: Message[] = []
  for (const row of rows) {
    const reactions = countReactions(yield* wait(read.tables.reactions(room.key, row.place)))
    messages.push(viewMessage(row, { room, sender: users(row.sender), reactions }))
  }
  return messages
}
