/** What the client sends: frame type → what it holds, and what a reply to it does. */
import * as z from 'zod/mini'
import {
  Attachment,
  flag,
  id,
  list,
  Member,
  Message,
  nullish,
  number,
  object,
  Reaction,
  Room,
  text,
  UnreadUpdate,
  User,
} from './shapes.ts'

const Nothing = object({})
const OfRoom = object({ room_id: id })
const OfMessage = object({ room_id: id, message_id: id })
const Reacting = object({ room_id: id, message_id: id, reaction: text })
const limit = z.optional(z.int().check(z.minimum(1)))

/** Level 3: where a snapshot stands. */
const snapshot = { as_of: nullish(number), epoch: nullish(text) }

const Failure = object({
  code: text,
  message: nullish(text),
  retryable: nullish(flag),
  retry_after_ms: nullish(number),
})

export const ErrorBody = Failure

const CaughtUp = object({
  events: list(object({ type: text })),
  complete: flag,
  seq: nullish(number),
  epoch: nullish(text),
  error: nullish(Failure),
})

const OneMessage = object({ message: Message })
const Reactions = object({ reactions: list(Reaction), version: nullish(number) })

export const REQUESTS = {
  ping: { params: object({ timestamp: nullish(z.union([number, text])) }), result: z.unknown() },
  auth: { params: object({ token: text }), result: object({ user: nullish(User) }) },
  chat_message: {
    params: object({
      room_id: nullish(id),
      message: text,
      client_id: nullish(text),
      reply_to_id: nullish(id),
      attachments: nullish(list(Attachment)),
      metadata: z.optional(z.unknown()),
    }),
    result: OneMessage,
  },
  edit_message: { params: object({ room_id: id, message_id: id, message: text }), result: OneMessage },
  delete_message: { params: OfMessage, result: OneMessage },
  stop_message: { params: OfMessage, result: OneMessage },
  add_reaction: { params: Reacting, result: Reactions },
  remove_reaction: { params: Reacting, result: Reactions },
  typing_indicator: { params: object({ room_id: id, is_typing: flag }), result: z.unknown() },
  read_receipt: { params: OfMessage, result: UnreadUpdate },
  mark_unread: { params: OfMessage, result: UnreadUpdate },
  get_rooms: {
    params: object({ cursor: z.optional(text), limit }),
    result: object({ rooms: list(Room), next_cursor: nullish(text) }),
  },
  get_history: {
    params: object({ room_id: id, before: nullish(id), after: nullish(id), around: nullish(id), limit }),
    result: object({ messages: list(Message), has_older: flag, has_newer: flag, ...snapshot }),
  },
  get_members: { params: OfRoom, result: object({ members: list(Member), ...snapshot }) },
  subscribe_room: { params: OfRoom, result: object({ seq: nullish(number), epoch: nullish(text) }) },
  unsubscribe_room: { params: OfRoom, result: Nothing },
  create_room: {
    params: object({
      kind: nullish(text),
      name: nullish(text),
      members: nullish(list(id)),
      client_id: nullish(text),
    }),
    result: object({ room: Room }),
  },
  join_room: { params: OfRoom, result: object({ room: Room }) },
  leave_room: { params: OfRoom, result: Nothing },
  sync: {
    params: object({
      rooms: z.record(
        z.string(),
        object({ seq: z.optional(number), epoch: z.optional(text), message_id: z.optional(id) }),
      ),
    }),
    result: object({ rooms: z.record(z.string(), CaughtUp) }),
  },
}
