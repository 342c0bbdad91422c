/** What travels in a chat, as schemas. Fields that are not listed here pass through untouched. */
import * as z from 'zod/mini'

const Id = z.union([z.string(), z.number()])

export const User = z.looseObject({
  id: Id,
  username: z.string(),
  avatar_url: z.nullish(z.string()),
})

export const Reaction = z.looseObject({ name: z.string(), count: z.number(), me: z.optional(z.boolean()) })

export const Message = z.looseObject({
  id: Id,
  client_id: z.nullish(z.string()),
  room_id: Id,
  sender: User,
  content: z.string(),
  /** ISO 8601, by the server's clock. */
  timestamp: z.string(),
  seq: z.optional(z.number()),
  version: z.optional(z.number()),
  edited_at: z.nullish(z.string()),
  deleted_at: z.nullish(z.string()),
  reply_to_id: z.nullish(Id),
  reactions: z.optional(z.array(Reaction)),
})

export const Room = z.looseObject({
  id: Id,
  name: z.string(),
  kind: z.optional(z.string()),
  avatar_url: z.nullish(z.string()),
  last_message: z.nullish(z.looseObject({ id: Id, content: z.string() })),
  last_activity_at: z.nullish(z.string()),
  member_count: z.optional(z.number()),
  unread_count: z.optional(z.number()),
  mention_count: z.optional(z.number()),
  last_read_message_id: z.nullish(Id),
  version: z.optional(z.number()),
})

export const Member = z.looseObject({
  user: User,
  role: z.optional(z.string()),
  joined_at: z.nullish(z.string()),
  last_read_message_id: z.nullish(Id),
  read_at: z.nullish(z.string()),
})

export const DEFAULT_SCHEMAS = { message: Message, room: Room, member: Member }
