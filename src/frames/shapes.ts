/**
 * What travels in a chat, as schemas of zod: what the client needs to work, and so what every server has to send. Fields
 * that are not listed here pass through untouched.
 */
import * as z from 'zod/mini'

/** In these words whatever language zod is told to speak: of zod/mini's own accord it speaks none. */
const expecting = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `expected ${what}, got ${kindOf(input)}`,
})

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}

export const text = z.string(expecting('a string'))
export const number = z.number(expecting('a number'))
export const flag = z.boolean(expecting('true or false'))
export const id = z.union([z.string(), z.number()], expecting('an id (string or number)'))
export const list = <T extends z.core.SomeType>(item: T) => z.array(item, expecting('an array'))
export const object = <T extends z.core.$ZodLooseShape>(fields: T) =>
  z.looseObject(fields, expecting('an object'))
/** A field that may be missing or `null`: many a server writes `null` for what it does not have. */
export const nullish = z.nullish

export const User = object({ id, username: text, avatar_url: nullish(text) })

export const Reaction = object({ name: text, count: number, me: nullish(flag), user_ids: nullish(list(id)) })

/** A file that comes with a message: where it is, and what it is. It travels by itself, over HTTP say. */
export const Attachment = object({
  id,
  name: text,
  mime_type: text,
  /** Bytes. */
  size: number,
  url: text,
  /** Of pictures and films, in pixels. */
  width: nullish(number),
  height: nullish(number),
})

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
  status: nullish(text),
  reply_to_id: nullish(id),
  reactions: nullish(list(Reaction)),
  attachments: nullish(list(Attachment)),
})

export const Room = object({
  id,
  name: text,
  kind: nullish(text),
  avatar_url: nullish(text),
  peer: nullish(User),
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

/** Payloads of events, where they are not one of the above. */
export const MessageDeleted = object({ message_id: id, room_id: nullish(id) })
export const MessageAppended = object({ message_id: id, room_id: nullish(id), at: number, text })
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
/** As much of a room's last message as says where it stands. */
export const Preview = object({ id, timestamp: text, seq: nullish(number) })
