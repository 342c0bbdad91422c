/** The event of the stream measurements: 303 bytes of JSON around one message, and how each protocol carries it. */
import * as z from 'zod'

export const Message = z.object({
  id: z.string(),
  room_id: z.string(),
  sender: z.object({ id: z.string(), username: z.string() }),
  content: z.string(),
  timestamp: z.string(),
  version: z.number(),
})

export type Message = z.infer<typeof Message>

export interface Event {
  readonly type: string
  readonly seq: number
  readonly room_id: string
  readonly data: Message
}

export const PAGE_SIZE = 50

const START = Date.UTC(2026, 0, 1)

export function messageAt(position: number, room = 'room-1'): Message {
  return {
    id: `m${String(position).padStart(9, '0')}`,
    room_id: room,
    sender: { id: `user-${position % 7}`, username: `somebody-${position % 7}` },
    content: `Message number ${position}, about as long as what people write`,
    timestamp: new Date(START + position * 1_000).toISOString(),
    version: 1,
  }
}

export function eventAt(position: number, room = 'room-1'): Event {
  return { type: 'created', seq: position, room_id: room, data: messageAt(position, room) }
}

/** The text of one message with these events, by who is to read it. */
export const carriers: Readonly<Record<string, (events: readonly Event[]) => string>> = {
  plain: (events) => JSON.stringify(events.length === 1 ? events[0] : events),
  'socket.io': ([event]) => `42${JSON.stringify(['created', event])}`,
  centrifuge: (events) =>
    events.map((data) => JSON.stringify({ push: { channel: 'room-1', pub: { data } } })).join('\n'),
  trpc: ([event]) => JSON.stringify({ id: 1, result: { type: 'data', data: event } }),
  graphql: ([event]) => JSON.stringify({ id: '1', type: 'next', payload: { data: { created: event } } }),
  phoenix: ([event]) => JSON.stringify([null, null, 'room-1', 'created', event]),
}
