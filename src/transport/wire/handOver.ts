/**
 * Make before break: for a moment two sockets are open, and what both deliver is heard once and in order. Events of the
 * new socket wait until the old one has said all it had to say, which a ping through it finds out.
 */
import type { DecodedEvent } from '../protocol.ts'

export interface HandOver {
  readonly from: number
  /** The ping is out whose pong ends it; an earlier one may still be on its way. */
  isMarked: boolean
  /** What may be delivered now of the events that came in on this socket. */
  sift(attempt: number, events: readonly DecodedEvent[]): readonly DecodedEvent[]
  /** The events that only the new socket has delivered. */
  finish(): readonly DecodedEvent[]
}

/** `before`: what the old one has delivered while the new one was dialled; a server may have written it to both. */
export function createHandOver(from: number, before: readonly DecodedEvent[]): HandOver {
  /** Frames that the old socket has delivered and the new one may deliver again; equal frames are counted. */
  const heard = new Map<string, number>()
  const waiting: DecodedEvent[] = []
  const count = ({ frame }: DecodedEvent, by: number) => {
    const text = JSON.stringify(frame)
    const times = (heard.get(text) ?? 0) + by
    heard.set(text, times)
    return times
  }
  for (const event of before) count(event, 1)
  return {
    from,
    isMarked: false,
    sift: (attempt, events) => {
      if (attempt !== from) {
        for (const event of events) waiting.push(event)
        return []
      }
      for (const event of events) count(event, 1)
      return events
    },
    finish: () => waiting.filter((event) => count(event, -1) < 0),
  }
}
