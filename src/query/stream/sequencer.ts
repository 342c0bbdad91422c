/**
 * The order of one channel: which event is next, which is a duplicate, which must wait for one that is missing.
 * Knows nothing of queries, timers or sockets. It is changed in place: a copy per event would be its main cost.
 */
import type { Cursor, LiveEvent } from '../../transport/port.ts'

export interface Sequencer {
  /** Everything up to here was applied, without a hole. `undefined` until the first position is known. */
  cursor: Cursor | undefined
  /** Events past a hole, by seq. */
  readonly held: Map<number, LiveEvent>
  /** Where the server said that the channel stands, in whatever order that came. */
  head?: Cursor | undefined
  /** Where it stood before continuity ended: a later number need not be the next one. */
  last?: Cursor | undefined
}

/** More held events than this and waiting is pointless: a snapshot is cheaper than the replay. */
export const MAX_HELD = 1_000

/**
 * Another history begins (`epoch`), too much is missing, or what is missing never comes (`hole`): only a new snapshot can
 * tell what the state is.
 */
export type Reset = 'epoch' | 'overflow' | 'hole'

/**
 * Takes a batch in arrival order; returns what is to be applied now, or why that cannot be told. Unnumbered events
 * pass as they come. Numbered ones move the cursor over contiguous numbers only; taking the highest number seen
 * instead would lose whatever is still on its way (75 of 200 random schedules in a fuzz of that variant).
 * `awaitBaseline`: a snapshot that will tell the position is on its way, so the first number is not taken for it.
 */
export function admit(
  sequencer: Sequencer,
  batch: readonly LiveEvent[],
  awaitBaseline = false,
): LiveEvent[] | Reset {
  const events: LiveEvent[] = []
  for (const event of batch) {
    const { seq } = event
    if (seq === undefined) {
      events.push(event)
      continue
    }
    if (isOtherEpoch(sequencer.cursor, event)) {
      sequencer.cursor = cursorOf(event)
      sequencer.held.clear()
      sequencer.head = undefined
      return 'epoch'
    }
    const next = expected(sequencer, event, awaitBaseline)
    if (seq === next) {
      applyEvent(sequencer, event, events)
      drainHeld(sequencer, events)
    } else if (seq > next) sequencer.held.set(seq, event)
  }
  if (sequencer.held.size <= MAX_HELD) return events
  restartSequence(sequencer, undefined)
  return 'overflow'
}

/**
 * Before the first position is known the number at hand is taken for it, unless a snapshot will tell, or it is beyond the
 * last one that was.
 */
function expected(sequencer: Sequencer, event: LiveEvent, awaitBaseline: boolean): number {
  const { last } = sequencer
  const { seq = 0 } = event
  if (
    sequencer.cursor?.seq === undefined &&
    !awaitBaseline &&
    isAfter(event, last) &&
    !isOtherEpoch(last, event)
  )
    sequencer.cursor = last
  if (sequencer.cursor?.seq !== undefined) return sequencer.cursor.seq + 1
  return awaitBaseline ? -1 : seq
}

/**
 * A snapshot or a subscription told where the channel stands; only taken where nothing better is known. Without a
 * position the oldest held event is taken for the next one.
 */
export function baseline(sequencer: Sequencer, position: Cursor | undefined): LiveEvent[] {
  let oldest = Number.POSITIVE_INFINITY
  for (const heldSeq of sequencer.held.keys()) oldest = Math.min(oldest, heldSeq - 1)
  const seq = position?.seq ?? Math.min(oldest, sequencer.last?.seq ?? oldest)
  if (sequencer.cursor?.seq !== undefined || !Number.isFinite(seq)) return []
  sequencer.cursor = { ...position, seq }
  for (const heldSeq of sequencer.held.keys()) if (heldSeq <= seq) sequencer.held.delete(heldSeq)
  return drainHeld(sequencer, [])
}

/** Continuity ended: start again from `position`, or from whatever comes next. */
export function restartSequence(sequencer: Sequencer, position: Cursor | undefined, last?: Cursor): void {
  sequencer.cursor = position?.seq === undefined ? undefined : cursorOf(position)
  sequencer.last = last
  sequencer.held.clear()
}

/** What a server says it stands before, it does not stand by: news to no snapshot. In the same places. */
export function stoodBy(log: LiveEvent[], cursor: Cursor | undefined): LiveEvent[] {
  return log.map((event) => (isAfter(event, cursor) ? { ...event, seq: -1 } : event))
}

/** The way to hear of them is gone. What followed a hole comes again with what fills it, if it ever was. */
export function forgetHeld({ held }: Sequencer): void {
  held.clear()
}

/** Something exists that was not applied. */
export function isBehind({ cursor, held, head }: Sequencer): boolean {
  if (!cursor) return false
  return held.size > 0 || (head !== undefined && (isOtherEpoch(cursor, head) || isAfter(head, cursor)))
}

export function isAfter(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return one?.seq !== undefined && other?.seq !== undefined && one.seq > other.seq
}

/** The highest number that is known to exist. */
export function topOf({ cursor, held, head }: Sequencer): number {
  let top = Math.max(cursor?.seq ?? 0, head?.seq ?? 0)
  for (const seq of held.keys()) top = Math.max(top, seq)
  return top
}

export function isOtherEpoch(one: Cursor | undefined, other: Cursor): boolean {
  return one?.epoch !== undefined && other.epoch !== undefined && one.epoch !== other.epoch
}

function applyEvent(sequencer: Sequencer, event: LiveEvent, events: LiveEvent[]): void {
  events.push(event)
  sequencer.cursor = { ...sequencer.cursor, ...cursorOf(event) }
}

function drainHeld(sequencer: Sequencer, events: LiveEvent[]): LiveEvent[] {
  const { held } = sequencer
  while (held.size > 0) {
    const seq = (sequencer.cursor?.seq ?? 0) + 1
    const next = held.get(seq)
    if (!next) break
    held.delete(seq)
    applyEvent(sequencer, next, events)
  }
  return events
}

function cursorOf({ seq, epoch }: Cursor): Cursor {
  return { ...(seq !== undefined && { seq }), ...(epoch !== undefined && { epoch }) }
}
