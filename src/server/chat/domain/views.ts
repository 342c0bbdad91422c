/** Rows as the wire shows them. Pure. */
import {
  type CountedMember,
  type Key,
  MAX_NAMED,
  type MemberRow,
  type MessageRow,
  type ReactionCount,
  type ReactionRow,
  type RoomRow,
  type UserRow,
} from '../tables/chatTables.ts'
import type {
  ChatMember,
  ChatMessage,
  ChatPreview,
  ChatReaction,
  ChatReadState,
  ChatRoom,
  ChatUser,
} from '../wire.ts'

export const viewUser = ({ body: { id, username, avatar_url } }: UserRow): ChatUser =>
  avatar_url === undefined ? { id, username } : { id, username, avatar_url }

export const viewReactions = (counts: readonly ReactionCount[]): ChatReaction[] =>
  counts.map(({ name, count, me, users }) => ({ name, count, me, user_ids: users }))

/** In order of first use. */
export function countReactions(rows: readonly ReactionRow[], viewer?: Key): ChatReaction[] {
  const users = new Map<string, Key[]>()
  for (const { name, user } of rows) {
    const all = users.get(name) ?? []
    users.set(name, all)
    all.push(user)
  }
  return [...users].map(([name, all]) => ({
    name,
    count: all.length,
    me: viewer !== undefined && all.includes(viewer),
    user_ids: all.sort().slice(0, MAX_NAMED),
  }))
}

interface MessageParts {
  readonly room: RoomRow
  readonly sender: UserRow
}

export function viewPreview(message: MessageRow, { room, sender }: MessageParts): ChatPreview {
  const { id, content, timestamp, ...rest } = message.body
  return {
    id,
    room_id: room.body.id,
    sender: viewUser(sender),
    content,
    timestamp,
    version: message.version,
    seq: message.seq,
    ...(message.clientId === undefined ? {} : { client_id: message.clientId }),
    ...rest,
  }
}

export const viewMessage = (
  message: MessageRow,
  { reactions, ...parts }: MessageParts & { readonly reactions: readonly ChatReaction[] },
): ChatMessage => ({ ...viewPreview(message, parts), reactions })

export const viewMember = ({ body }: MemberRow, user: UserRow): ChatMember => ({
  user: viewUser(user),
  role: body.role,
  joined_at: body.joined_at,
  last_read_message_id: body.last_read_message_id,
  ...(body.read_at === undefined ? {} : { read_at: body.read_at }),
})

/** Grows with every change of the room as this user sees it. */
const versionOf = (room: RoomRow, member: MemberRow) => room.version + member.version

/** What of a room differs by who is looking. */
const viewCounts = (room: RoomRow, member: CountedMember) => ({
  unread_count: member.unread,
  mention_count: member.mentions,
  last_read_message_id: member.body.last_read_message_id,
  version: versionOf(room, member),
})

export const viewReadState = (room: RoomRow, member: CountedMember): ChatReadState => ({
  room_id: room.body.id,
  ...viewCounts(room, member),
})

interface RoomParts {
  readonly member: CountedMember
  readonly last: ChatPreview | undefined
  /** In a conversation of two: the other one. */
  readonly peer: ChatUser | undefined
}

export const viewRoom = (room: RoomRow, { member, last, peer }: RoomParts): ChatRoom => ({
  ...room.body,
  ...(peer === undefined ? {} : { peer }),
  ...(last === undefined ? {} : { last_message: last }),
  last_activity_at: room.activeAt,
  member_count: room.memberCount,
  ...viewCounts(room, member),
})
