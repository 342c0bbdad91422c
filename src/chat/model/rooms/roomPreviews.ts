/** The last message in a list of rooms, where only messages are told of and not rooms. Pure. */
import type { Op } from '../../../query/index.ts'
import { compareTimes } from '../data/time.ts'
import { type ChatMessage, type ChatRoom, type Id, sameId } from '../data/types.ts'

export function withPreview<R extends ChatRoom>(event: unknown): Op<R> | undefined {
  const message = messageIn(event)
  // Of the same time is the next one: a clock of whole seconds has many.
  return changed(message.room_id, (room) =>
    !room.last_activity_at || compareTimes(room.last_activity_at, message.timestamp) <= 0
      ? { ...room, last_message: message, last_activity_at: message.timestamp }
      : room,
  )
}

export function withEdit<R extends ChatRoom>(event: unknown): Op<R> | undefined {
  const message = messageIn(event)
  return changed(message.room_id, (room) =>
    shows(room, message.id) ? { ...room, last_message: message } : room,
  )
}

interface Deleted {
  readonly message_id: Id
  readonly room_id?: Id | null | undefined
}

/** What was said before it only the server knows. */
export function withoutPreview<R extends ChatRoom>({ message_id, room_id }: Deleted): Op<R> | undefined {
  const without = (room: R) => (shows(room, message_id) ? { ...room, last_message: null } : room)
  if (room_id != null) return changed(room_id, without)
  const apply = (rooms: readonly R[]) =>
    rooms.some((room) => shows(room, message_id)) ? rooms.map(without) : rooms
  return { kind: 'reduce', apply }
}

const shows = ({ last_message }: ChatRoom, messageId: Id) => sameId(last_message?.id, messageId)

/** By its id: a list of many rooms is not gone through for every message. */
function changed<R extends ChatRoom>(id: Id | undefined, make: (room: R) => R): Op<R> | undefined {
  return id == null ? undefined : { kind: 'patch', fields: { id } as Partial<R>, make }
}

function messageIn(event: unknown): ChatMessage {
  return (event as { message?: ChatMessage }).message ?? (event as ChatMessage)
}
