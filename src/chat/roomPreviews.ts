/** The last message in a list of rooms, where only messages are told of and not rooms. Pure. */
import { compareTimes } from './time.ts'
import { type ChatMessage, type ChatRoom, type Id, sameId } from './types.ts'

export function withPreview<R extends ChatRoom>(rooms: readonly R[], event: unknown): readonly R[] {
  const message = messageIn(event)
  // Of the same time is the next one: a clock of whole seconds has many.
  const isNewer = ({ last_activity_at }: R) =>
    !last_activity_at || compareTimes(last_activity_at, message.timestamp) <= 0
  const isConcerned = (room: R) => sameId(room.id, message.room_id) && isNewer(room)
  const preview = { last_message: message, last_activity_at: message.timestamp }
  return change(rooms, isConcerned, preview)
}

export function withEdit<R extends ChatRoom>(rooms: readonly R[], event: unknown): readonly R[] {
  const message = messageIn(event)
  const isConcerned = (room: R) => sameId(room.id, message.room_id) && shows(room, message.id)
  return change(rooms, isConcerned, { last_message: message })
}

/** What was said before it only the server knows. */
export function withoutPreview<R extends ChatRoom>(
  rooms: readonly R[],
  { message_id, room_id }: { readonly message_id: Id; readonly room_id?: Id | null | undefined },
): readonly R[] {
  const isHere = (room: R) => room_id == null || sameId(room.id, room_id)
  return change(rooms, (room) => isHere(room) && shows(room, message_id), { last_message: null })
}

const shows = ({ last_message }: ChatRoom, messageId: Id) => sameId(last_message?.id, messageId)

function change<R extends ChatRoom>(
  rooms: readonly R[],
  isConcerned: (room: R) => boolean,
  fields: Partial<ChatRoom>,
): readonly R[] {
  if (!rooms.some(isConcerned)) return rooms
  return rooms.map((room) => (isConcerned(room) ? { ...room, ...fields } : room))
}

function messageIn(event: unknown): ChatMessage {
  return (event as { message?: ChatMessage }).message ?? (event as ChatMessage)
}
