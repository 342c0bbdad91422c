/** The last numbered events of a room, so that a client can catch up. Bounded: older ones are forgotten. */
import type { NumberedEvent } from './records.ts'

export interface EventLog {
  add(entry: NumberedEvent): void
  /** Takes the last one back. */
  takeBack(): void
  /** Everything after `seq`, or undefined when that is no longer (or not yet) known. */
  since(seq: number): readonly NumberedEvent[] | undefined
  clear(): void
}

export function createEventLog(size: number, startSeq: number): EventLog {
  let entries: NumberedEvent[] = []
  let lastSeq = startSeq
  return {
    add: (entry) => {
      entries.push(entry)
      lastSeq = entry.seq
      // Halving at twice the size keeps adding cheap; `since` never looks further back than `size`.
      if (entries.length >= size * 2) entries = entries.slice(-size)
    },
    takeBack: () => {
      entries.pop()
      lastSeq -= 1
    },
    since: (seq) => {
      const missing = lastSeq - seq
      if (missing < 0 || missing > Math.min(entries.length, size)) return undefined
      return missing === 0 ? [] : entries.slice(-missing)
    },
    clear: () => {
      entries = []
    },
  }
}
