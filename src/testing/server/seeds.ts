/** What a server starts with, in the short form that is pleasant to write in a test, turned into rows of the chat. */
import { roomFrame } from '../../server/chat/domain/frames.ts'
import { callsIn } from '../../server/chat/domain/mentions.ts'
import { findRoomView } from '../../server/chat/domain/rooms.ts'
import { viewMessage } from '../../server/chat/domain/views.ts'
import { type ChatWork, roomChannel, userChannel } from '../../server/chat/domain/work.ts'
import { type Steps, wait } from '../../server/chat/steps.ts'
import {
  calledOf,
  type Key,
  keyOf,
  type MessageRow,
  type RoomRow,
  type UserRow,
} from '../../server/chat/tables/chatTables.ts'
import type { ChatAttachment } from '../../server/chat/wire.ts'
import type { Id, RoomKind, User } from './wire.ts'

/** `'alice'` is short for `{ id: 'alice', username: 'alice' }`. */
export type UserSeed = string | User

export interface MessageSeed {
  readonly id?: Id
  readonly sender: Id
  readonly content: string
  /** ISO 8601. @default one minute after the message before it, the newest at the server's now */
  readonly timestamp?: string
  readonly client_id?: string
  readonly reply_to_id?: Id
  /** Reaction name → who reacted so. */
  readonly reactions?: Readonly<Record<string, readonly Id[]>>
  readonly attachments?: readonly ChatAttachment[]
  readonly metadata?: unknown
}

export interface RoomSeed {
  readonly id: Id
  /** @default the id */
  readonly name?: string
  /** @default 'group' */
  readonly kind?: RoomKind
  readonly avatar_url?: string
  /** User ids. @default every user */
  readonly members?: readonly Id[]
  /** User id → what that member is, in words of one's own, e.g. `admin`. @default 'member' */
  readonly roles?: Readonly<Record<string, string>>
  /** Oldest first. */
  readonly messages?: readonly MessageSeed[]
  /** User id → how many of the newest messages that user has not read. @default none */
  readonly unread?: Readonly<Record<string, number>>
}

const MINUTE_MS = 60_000

export const userOf = (seed: UserSeed): UserRow => {
  const body = typeof seed === 'string' ? { id: seed, username: seed } : seed
  return { key: keyOf(body.id), body }
}

export function* plantUsers({ tables }: ChatWork, users: readonly UserRow[]): Steps<void> {
  for (const user of users) yield* wait(tables.putUser(user))
}

interface Planting {
  readonly seed: RoomSeed
  readonly members: readonly UserRow[]
  readonly timestamps: readonly string[]
}

/** Nothing is told of it, but that each message has its number. @throws Error where it has members that are no users */
export function* plantRoom(work: ChatWork, seed: RoomSeed, users: readonly UserRow[]): Steps<RoomRow> {
  const planting = { seed, members: membersOf(seed, users), timestamps: timestampsOf(seed, work.now) }
  const { timestamps, members } = planting
  const room: RoomRow = {
    key: keyOf(seed.id),
    version: 1,
    memberCount: members.length,
    messageCount: timestamps.length,
    activeAt: timestamps.at(-1) ?? work.now,
    body: {
      id: seed.id,
      name: seed.name ?? String(seed.id),
      kind: seed.kind ?? 'group',
      ...(seed.avatar_url === undefined ? {} : { avatar_url: seed.avatar_url }),
    },
  }
  yield* wait(work.tables.putRoom(room))
  const messages = yield* plantMessages(work, room, planting)
  yield* plantMembers(work, room, { ...planting, messages })
  return room
}

/** All of them, each as they see it. */
export function* tellMembers(work: ChatWork, room: RoomRow): Steps<void> {
  for (const { user } of yield* wait(work.tables.members(room.key))) {
    const view = yield* findRoomView(work, room, user)
    yield* wait(work.append(userChannel(user), roomFrame(room, 'room_added', { room: view })))
  }
}

function membersOf({ id, members }: RoomSeed, users: readonly UserRow[]): readonly UserRow[] {
  if (!members) return users
  const keys = members.map(keyOf)
  const unknown = keys.filter((key) => !users.some((user) => user.key === key))
  if (unknown.length > 0) throw new Error(`Room "${id}" has members that are no users: ${unknown.join(', ')}`)
  return users.filter(({ key }) => keys.includes(key))
}

function timestampsOf({ messages = [] }: RoomSeed, now: string): string[] {
  const nowMs = Date.parse(now)
  return messages.map(
    ({ timestamp }, index) =>
      timestamp ?? new Date(nowMs - (messages.length - 1 - index) * MINUTE_MS).toISOString(),
  )
}

function* plantMessages(
  work: ChatWork,
  room: RoomRow,
  { seed, members, timestamps }: Planting,
): Steps<readonly MessageRow[]> {
  const { tables } = work
  const written = new Map<Key, number>()
  const rows: MessageRow[] = []
  for (const [index, message] of (seed.messages ?? []).entries()) {
    const sender = keyOf(message.sender)
    const ownPlace = (written.get(sender) ?? 0) + 1
    written.set(sender, ownPlace)
    const planted = {
      ...placed(work, message, timestamps[index] ?? work.now),
      room: room.key,
      ownPlace,
      place: index + 1,
    }
    const row = yield* announce(work, room, { message: planted, members })
    rows.push(row)
    yield* wait(tables.putMessage(row))
    const called = callsIn(message.content)
    const mentions = members.filter((user) => called.includes(calledOf(user)) && user.key !== sender)
    if (mentions.length > 0) {
      yield* wait(
        tables.setMentions(
          room.key,
          row.place,
          mentions.map(({ key }) => key),
        ),
      )
    }
    yield* plantReactions(work, row, message.reactions ?? {})
  }
  return rows
}

function placed({ createMessageId }: ChatWork, seed: MessageSeed, timestamp: string) {
  const { id = createMessageId(), sender, content, client_id, reply_to_id, attachments, metadata } = seed
  return {
    key: keyOf(id),
    sender: keyOf(sender),
    ...(client_id === undefined ? {} : { clientId: client_id }),
    isDeleted: false,
    version: 1,
    body: {
      id,
      content,
      timestamp,
      ...(reply_to_id === undefined ? {} : { reply_to_id }),
      ...(attachments === undefined ? {} : { attachments }),
      ...(metadata === undefined ? {} : { metadata }),
    },
  }
}

function* announce(
  { append }: ChatWork,
  room: RoomRow,
  { message, members }: { readonly message: Omit<MessageRow, 'seq'>; readonly members: readonly UserRow[] },
): Steps<MessageRow> {
  const sender = members.find(({ key }) => key === message.sender) ?? userOf(message.sender)
  const text = (seq: number) =>
    JSON.stringify({
      type: 'chat_message',
      room_id: room.body.id,
      message: viewMessage({ ...message, seq }, { room, sender, reactions: [] }),
    })
  const { seq } = yield* wait(append(roomChannel(room.key), (head) => text(head.seq)))
  return { ...message, seq }
}

function* plantReactions(
  { tables }: ChatWork,
  { room, place }: MessageRow,
  reactions: Readonly<Record<string, readonly Id[]>>,
): Steps<void> {
  for (const [since, [name, ids]] of Object.entries(reactions).entries()) {
    for (const id of ids) yield* wait(tables.addReaction({ room, place, name, user: keyOf(id), since }))
  }
}

function* plantMembers(
  { tables, now }: ChatWork,
  room: RoomRow,
  { seed, members, timestamps, messages }: Planting & { readonly messages: readonly MessageRow[] },
): Steps<void> {
  const unread = new Map(Object.entries(seed.unread ?? {}))
  for (const [index, { key }] of members.entries()) {
    const readPlace = Math.max(0, messages.length - (unread.get(key) ?? 0))
    const last = messages[readPlace - 1]?.body
    const body = {
      role: seed.roles?.[key] ?? 'member',
      joined_at: timestamps[0] ?? now,
      last_read_message_id: last?.id ?? null,
      ...(last === undefined ? {} : { read_at: last.timestamp }),
    }
    yield* wait(tables.putMember({ room: room.key, user: key, place: index, version: 0, readPlace, body }))
  }
}
