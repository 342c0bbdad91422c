/** What is unread in a room, as its entry in the list of rooms says it, and as it will say it. Pure. */
import { type ChatRoom, type Id, type ReadState, sameId } from '../data/types.ts'

export function readStateIn(rooms: readonly ChatRoom[], roomId: Id): ReadState {
  const room = rooms.find(({ id }) => sameId(id, roomId))
  return {
    room_id: roomId,
    unread_count: room?.unread_count ?? 0,
    mention_count: room?.mention_count ?? 0,
    last_read_message_id: room?.last_read_message_id ?? null,
  }
}

/** How many are left in the middle of a room only the server knows; it says so in a moment. */
export function readUpTo(room: ChatRoom, messageId: Id): ChatRoom {
  const isAll = !room.last_message || sameId(room.last_message.id, messageId)
  return {
    ...room,
    last_read_message_id: messageId,
    ...(isAll && { unread_count: 0, mention_count: 0 }),
  }
}

/** As whoever looks at its end has read it, or whoever has read up to a message. */
export function asRead(room: ChatRoom, upTo?: Id): ChatRoom {
  if (upTo !== undefined) return readUpTo(room, upTo)
  return room.unread_count || room.mention_count ? { ...room, unread_count: 0, mention_count: 0 } : room
}
