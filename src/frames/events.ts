/** What the server sends by itself: frame type → its payload. */
import * as z from 'zod/mini'
import {
  flag,
  id,
  MemberChange,
  Message,
  MessageAppended,
  MessageDeleted,
  nullish,
  number,
  object,
  ReactionUpdate,
  ReadReceipt,
  Room,
  RoomRemoved,
  TypingSignal,
  text,
  UnreadUpdate,
  User,
  UserStatus,
} from './shapes.ts'

export const Position = object({ seq: number, epoch: text })

const heads = nullish(z.record(z.string(), Position))

/** `{message}`, or the message itself: see "Frames" in docs/PROTOCOL.md. */
const OneMessage = z.union([object({ message: Message }), Message])
const OneRoom = z.union([object({ room: Room }), Room])

export const EVENTS = {
  welcome: object({
    connection_id: nullish(id),
    user: nullish(User),
    server_time: nullish(number),
    batch: nullish(flag),
    level: nullish(number),
    heads: nullish(flag),
    room_id: nullish(id),
    seq: nullish(number),
    epoch: nullish(text),
  }),
  pong: object({ timestamp: nullish(z.union([number, text])), server_time: nullish(number), heads }),
  draining: object({ retry_after_ms: nullish(number) }),
  resync_required: object({ room_id: nullish(id), reason: nullish(text) }),
  chat_message: OneMessage,
  message_updated: OneMessage,
  message_deleted: MessageDeleted,
  message_appended: MessageAppended,
  reaction_updated: ReactionUpdate,
  member_joined: MemberChange,
  member_left: MemberChange,
  typing_indicator: TypingSignal,
  read_receipt: ReadReceipt,
  unread_update: UnreadUpdate,
  room_updated: OneRoom,
  room_added: OneRoom,
  room_removed: RoomRemoved,
  user_status: UserStatus,
  notification: z.unknown(),
}
