/** Which rooms a connection hears, after the server has forgotten whom to send their events. Whoever asks again is heard again. */
import { type ClientFrame, type Fields, isFields, type ServerFrame } from '../wire.ts'

/** What a user gets without having subscribed anything. */
const FOR_USERS = new Set([
  'room_added',
  'room_removed',
  'room_updated',
  'unread_update',
  'user_status',
  'resync_required',
])

export interface Hearing {
  isDeaf(): boolean
  goDeaf(): void
  misses(frame: ServerFrame): boolean
  /** What the client asks for. */
  hear(frame: ClientFrame): void
}

export function createHearing(): Hearing {
  /** Asked for since; undefined while nothing was ever forgotten. */
  let heard: Set<string> | undefined
  return {
    isDeaf: () => heard !== undefined,
    goDeaf: () => {
      heard = new Set()
    },
    misses: (frame) => {
      const room = heard && !FOR_USERS.has(frame.type) && frame.reply_to === undefined && roomOf(frame)
      return room ? !heard?.has(room) : false
    },
    hear: ({ type, data }) => {
      if (type === 'subscribe_room') heard?.add(String(data.room_id))
      if (type === 'sync')
        for (const room of Object.keys(isFields(data.rooms) ? data.rooms : {})) heard?.add(room)
    },
  }
}

function roomOf(frame: ServerFrame): string | undefined {
  const data: Fields = isFields(frame.data) ? frame.data : {}
  const room = frame.room_id ?? data.room_id
  return room === undefined ? undefined : String(room)
}
