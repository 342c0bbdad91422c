/** Records as the wire shows them. What a viewer sees depends on the viewer (`me`, unread counts) and on the level. */
import { type ChatState, userOf } from './chatState.ts'
import type { Capabilities } from './levels.ts'
import type { Key, MemberRecord, MessageRecord, ReactionRecord, RoomEvent, UserRecord } from './records.ts'
import { lastMessage, type RoomState } from './room.ts'
import type { Member, Message, Reaction, Room, ServerFrame, User } from './wire.ts'

export interface View {
  readonly state: ChatState
  readonly capabilities: Capabilities
  readonly viewerKey: Key
}

export const viewUser = (user: UserRecord): User => ({
  id: user.id,
  username: user.username,
  ...(user.avatar_url === undefined ? {} : { avatar_url: user.avatar_url }),
})

export const viewReactions = (reactions: readonly ReactionRecord[], viewerKey: Key): Reaction[] =>
  reactions.map(({ name, userKeys }) => ({ name, count: userKeys.length, me: userKeys.includes(viewerKey) }))

export function viewMessage(message: MessageRecord, view: View): Message {
  const { capabilities } = view
  const basic = {
    id: message.id,
    room_id: message.roomId,
    sender: viewUser(userOf(view.state, message.senderKey)),
    content: message.content,
    timestamp: message.timestamp,
  }
  // The level 0 back end knows five fields and nothing else.
  if (!capabilities.replies) return basic
  return {
    ...basic,
    version: message.version,
    reactions: viewReactions(message.reactions, view.viewerKey),
    ...(capabilities.sequence ? { seq: message.seq } : {}),
    ...optionalFields(message),
  }
}

const optionalFields = (message: MessageRecord) => ({
  ...(message.clientId === undefined ? {} : { client_id: message.clientId }),
  ...(message.replyToId === undefined ? {} : { reply_to_id: message.replyToId }),
  ...(message.editedAt === undefined ? {} : { edited_at: message.editedAt }),
  ...(message.deletedAt === undefined ? {} : { deleted_at: message.deletedAt }),
  ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
  ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
})

export function viewRoom(room: RoomState, view: View): Room {
  const { record } = room
  const member = room.members.get(view.viewerKey)
  const last = lastMessage(room)
  return {
    id: record.id,
    name: record.name,
    kind: record.kind,
    ...(record.avatarUrl === undefined ? {} : { avatar_url: record.avatarUrl }),
    ...(last === undefined ? {} : { last_message: viewMessage(last, view) }),
    last_activity_at: record.lastActivityAt,
    member_count: room.members.size,
    unread_count: member?.unreadCount ?? 0,
    mention_count: member?.mentionCount ?? 0,
    last_read_message_id: member?.lastReadMessageId ?? null,
    version: member?.version ?? 0,
  }
}

export const viewMember = (member: MemberRecord, state: ChatState): Member => ({
  user: viewUser(userOf(state, member.userKey)),
  role: member.role,
  joined_at: member.joinedAt,
  last_read_message_id: member.lastReadMessageId,
  ...(member.readAt === undefined ? {} : { read_at: member.readAt }),
})

export const viewReadState = (room: RoomState, member: MemberRecord) => ({
  room_id: room.record.id,
  unread_count: member.unreadCount,
  mention_count: member.mentionCount,
  last_read_message_id: member.lastReadMessageId,
  version: member.version,
})

/** Where the numbered events of a room stand; nothing where the level has no numbers. */
export const viewCursor = (room: RoomState, { state, capabilities }: Omit<View, 'viewerKey'>) =>
  capabilities.sequence ? { seq: room.record.seq, epoch: state.epoch } : {}

export function viewRoomEvent(room: RoomState, event: RoomEvent, view: View & { seq: number }): ServerFrame {
  const { capabilities, state, seq } = view
  const envelope = {
    type: event.type,
    ...(capabilities.replies ? { room_id: room.record.id } : {}),
    ...(capabilities.sequence ? { seq, epoch: state.epoch } : {}),
  }
  const room_id = room.record.id
  switch (event.type) {
    case 'chat_message':
      return { ...envelope, message: viewMessage(event.message, view) }
    case 'message_updated':
      return { ...envelope, data: { message: viewMessage(event.message, view) } }
    case 'message_deleted': {
      const { id, version } = event.message
      return { ...envelope, data: { room_id, message_id: id, version } }
    }
    case 'reaction_updated': {
      const { id, version, reactions } = event.message
      return {
        ...envelope,
        data: { room_id, message_id: id, reactions: viewReactions(reactions, view.viewerKey), version },
      }
    }
    case 'member_joined':
    case 'member_left':
      return { ...envelope, data: { room_id, member: viewMember(event.member, state) } }
  }
}
