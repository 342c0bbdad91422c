/** Which of the positions that clients name can be caught up. Pure. */
import type { Head, LoggedEvent, Missed } from '../store.ts'

/** A position from which everything may be there to be read: so many events after it. */
export interface Wanted {
  readonly channel: string
  readonly after: number
}

export function wantedOf(
  positions: ReadonlyMap<string, Partial<Head>>,
  heads: ReadonlyMap<string, Head>,
  { tail, maxEvents }: { readonly tail: number; readonly maxEvents: number },
): Wanted[] {
  let left = maxEvents
  const wanted: Wanted[] = []
  for (const [channel, { seq: after, epoch }] of positions) {
    const head = heads.get(channel)
    if (!head || after === undefined || epoch !== head.epoch) continue
    const count = head.seq - after
    if (count < 0 || count > tail || count > left) continue
    left -= count
    wanted.push({ channel, after })
  }
  return wanted
}

/** Numbers are contiguous, so counting proves that nothing is missing. */
export function missedOf(
  heads: ReadonlyMap<string, Head>,
  wanted: readonly Wanted[],
  events: ReadonlyMap<string, readonly LoggedEvent[]>,
): Map<string, Missed> {
  const missed = new Map<string, Missed>()
  for (const [channel, head] of heads) missed.set(channel, { ...head, events: [], complete: false })
  for (const { channel, after } of wanted) {
    const head = heads.get(channel)
    const found = events.get(channel) ?? []
    if (head && found.length === head.seq - after)
      missed.set(channel, { ...head, events: found, complete: true })
  }
  return missed
}
