/** Rows as the wire shows them. Pure. */
import type {
  CountedMember,
  MemberRow,
  MessageRow,
  ReactionCount,
  ReactionRow,
  RoomRow,
  UserRow,
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
  counts.map(({ name, count, me }) => ({ name, count, me }))

/** In order of first use. */
export function countReactions(rows: readonly ReactionRow[], viewer?: string): ChatReaction[] {
  const counts = new Map<string, ChatReaction>()
  for (const { name, user } of rows) {
    const { count = 0, me = false } = counts.get(name) ?? {}
    counts.set(name, { name, count: count + 1, me: me || user === viewer })
  }
  return [...counts.values()]
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

export const viewRoom = (
  room: RoomRow,
  { member, last }: { readonly member: CountedMember; readonly last: ChatPreview | undefined },
): ChatRoom => ({
  ...room.body,
  ...(last === undefined ? {} : { last_message: last }),
  last_activity_at: room.activeAt,
  member_count: room.memberCount,
  ...viewCounts(room, member),
})
