/** Which messages a history request gets. Pure: a room and a request in, a window out. */
import type { MessageRecord } from './records.ts'
import { positionOf, type RoomState } from './room.ts'
import type { Id } from './wire.ts'

/** More per request than this is cut down to it. */
export const MAX_PAGE_SIZE = 200
export const DEFAULT_PAGE_SIZE = 50

export type HistoryAnchor =
  | { readonly kind: 'newest' }
  /** Exclusive: the page ends just before, or starts just after, the message. */
  | { readonly kind: 'before' | 'after'; readonly id: Id }
  /** Inclusive: the message is in the middle of the page. */
  | { readonly kind: 'around'; readonly id: Id }

export interface HistoryWindow {
  /** Oldest first, without deleted ones. */
  readonly messages: readonly MessageRecord[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
}

export function readHistory(room: RoomState, anchor: HistoryAnchor, limit: number): HistoryWindow {
  if (anchor.kind === 'newest') return windowFrom(room, takeOlder(room, room.messages.length, limit))
  const position = positionOf(room, anchor.id)
  if (anchor.kind === 'before') return windowFrom(room, takeOlder(room, position, limit))
  if (anchor.kind === 'after') return windowFrom(room, takeNewer(room, position + 1, limit))
  const older = takeOlder(room, position, Math.floor(limit / 2))
  const newer = takeNewer(room, position, limit - older.messages.length)
  return windowFrom(room, {
    start: older.start,
    end: newer.end,
    messages: [...older.messages, ...newer.messages],
  })
}

interface Span {
  /** Half-open range of indexes that was looked at. */
  readonly start: number
  readonly end: number
  readonly messages: readonly MessageRecord[]
}

function takeOlder(room: RoomState, end: number, limit: number): Span {
  const messages: MessageRecord[] = []
  let start = end
  while (start > 0 && messages.length < limit) {
    start -= 1
    const message = room.messages[start]
    if (message && message.deletedAt === undefined) messages.push(message)
  }
  return { start, end, messages: messages.reverse() }
}

function takeNewer(room: RoomState, start: number, limit: number): Span {
  const messages: MessageRecord[] = []
  let end = start
  while (end < room.messages.length && messages.length < limit) {
    const message = room.messages[end]
    if (message && message.deletedAt === undefined) messages.push(message)
    end += 1
  }
  return { start, end, messages }
}

function windowFrom(room: RoomState, { start, end, messages }: Span): HistoryWindow {
  return { messages, hasOlder: hasLiving(room, start - 1, -1), hasNewer: hasLiving(room, end, 1) }
}

/** Stops at the first living message, so it is short except among tombstones. */
function hasLiving(room: RoomState, from: number, step: 1 | -1): boolean {
  for (let index = from; ; index += step) {
    const message = room.messages[index]
    if (!message) return false
    if (message.deletedAt === undefined) return true
  }
}
