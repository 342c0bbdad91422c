/** What travels in a chat, as schemas. Fields that are not listed here pass through untouched. */
import { extend, flag, id, list, nullish, number, object, text } from './shape.ts'

export { extend }

export const User = object({ id, username: text, avatar_url: nullish(text) })

export const Reaction = object({ name: text, count: number, me: nullish(flag) })

export const Message = object({
  id,
  client_id: nullish(text),
  room_id: id,
  sender: User,
  content: text,
  /** ISO 8601, by the server's clock. */
  timestamp: text,
  seq: nullish(number),
  version: nullish(number),
  edited_at: nullish(text),
  deleted_at: nullish(text),
  reply_to_id: nullish(id),
  reactions: nullish(list(Reaction)),
})

export const Room = object({
  id,
  name: text,
  kind: nullish(text),
  avatar_url: nullish(text),
  last_message: nullish(object({ id, content: text })),
  last_activity_at: nullish(text),
  member_count: nullish(number),
  unread_count: nullish(number),
  mention_count: nullish(number),
  last_read_message_id: nullish(id),
  version: nullish(number),
})

export const Member = object({
  user: User,
  role: nullish(text),
  joined_at: nullish(text),
  last_read_message_id: nullish(id),
  read_at: nullish(text),
})

export const DEFAULT_SCHEMAS = { message: Message, room: Room, member: Member }

/** Payloads of events, where they are not one of the above. */
export const MessageDeleted = object({ message_id: id, room_id: nullish(id) })
export const ReactionUpdate = object({ message_id: id, reactions: list(Reaction), version: nullish(number) })
export const RoomRemoved = object({ room_id: id })
export const UnreadUpdate = object({
  room_id: id,
  unread_count: nullish(number),
  mention_count: nullish(number),
  last_read_message_id: nullish(id),
  version: nullish(number),
})
export const ReadReceipt = object({ user_id: id, message_id: id, read_at: nullish(text) })
export const UserStatus = object({ user_id: id, status: text, last_seen_at: nullish(text) })
/** Consumers name the user in one of three ways. */
export const TypingSignal = object({
  user: nullish(User),
  user_id: nullish(id),
  username: nullish(text),
  is_typing: nullish(flag),
})
export const MemberChange = object({ member: Member })
