/**
 * The order of one channel: which event is next, which is a duplicate, which must wait for one that is missing.
 * Knows nothing of queries, timers or sockets. It is changed in place: a copy per event would be its main cost.
 */
import type { Cursor, LiveEvent } from '../../transport/port.ts'

type Position = Cursor & { readonly seq: number }

export interface Sequencer {
  /** Everything up to here was applied, without a hole. `undefined` until the first position is known. */
  cursor: Position | undefined
  /** Events past a hole, by seq. */
  readonly held: Map<number, LiveEvent>
  /** Where the server said that the channel stands, in whatever order that came. */
  head?: Cursor | undefined
  /** Where it stood before continuity ended: a later number need not be the next one. */
  last?: Position | undefined
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
): readonly LiveEvent[] | Reset {
  if (isNext(sequencer, batch)) return batch
  const events: LiveEvent[] = []
  for (const event of batch) {
    const { seq } = event
    if (seq === undefined) {
      events.push(event)
      continue
    }
    if (isOtherEpoch(sequencer.cursor, event)) {
      restartSequence(sequencer, event)
      sequencer.head = undefined
      return 'epoch'
    }
    if (!awaitBaseline) sequencer.cursor ??= before(event, seq, sequencer)
    const next = sequencer.cursor ? sequencer.cursor.seq + 1 : -1
    if (seq === next) letThrough(sequencer, event, events)
    else if (seq > next) sequencer.held.set(seq, event)
  }
  if (sequencer.held.size <= MAX_HELD) return events
  restartSequence(sequencer)
  return 'overflow'
}

/** Most come in order: then the cursor moves once, and nothing is copied. */
function isNext(sequencer: Sequencer, batch: readonly LiveEvent[]): boolean {
  const { cursor, held } = sequencer
  if (!cursor || held.size > 0) return false
  const { epoch } = cursor
  let { seq } = cursor
  for (const event of batch) {
    if (event.seq !== seq + 1 || (event.epoch ?? epoch) !== epoch) return false
    seq++
  }
  sequencer.cursor = { seq, epoch }
  return true
}

/** Where no position is known: the number at hand is the next one, unless it is beyond the last position that was. */
function before(event: LiveEvent, seq: number, { last }: Sequencer): Position {
  return last && last.seq < seq && !isOtherEpoch(last, event) ? last : { seq: seq - 1 }
}

/**
 * A snapshot or a subscription told where the channel stands; only taken where nothing better is known. Without a
 * position the oldest held event is taken for the next one.
 */
export function baseline(sequencer: Sequencer, position: Cursor | undefined): LiveEvent[] {
  const { held, last } = sequencer
  let oldest = Infinity
  for (const heldSeq of held.keys()) oldest = Math.min(oldest, heldSeq - 1)
  const seq = position?.seq ?? Math.min(oldest, last?.seq ?? oldest)
  if (sequencer.cursor || !Number.isFinite(seq)) return []
  sequencer.cursor = { ...position, seq }
  for (const heldSeq of held.keys()) if (heldSeq <= seq) held.delete(heldSeq)
  return letThrough(sequencer, held.get(seq + 1), [])
}

/** Continuity ended: start again from `position`, or from whatever comes next. */
export function restartSequence(
  sequencer: Sequencer,
  { seq, epoch }: Cursor = {},
  last?: Sequencer['last'],
): void {
  sequencer.cursor = seq === undefined ? undefined : { seq, epoch }
  sequencer.last = last
  sequencer.held.clear()
}

/** What a server says it stands before, it does not stand by: news to no snapshot. In the same places. */
export function stoodBy(log: LiveEvent[], cursor: Cursor | undefined): LiveEvent[] {
  return log.map((event) => (isAfter(event, cursor) ? { ...event, seq: -1 } : event))
}

/** Something exists that was not applied. */
export function isBehind({ cursor, held, head }: Sequencer): boolean {
  return cursor !== undefined && (held.size > 0 || isAfter(head, cursor) || isOtherEpoch(cursor, head))
}

/** Not where one of them is not known. */
export function isAfter(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return (one?.seq ?? NaN) > (other?.seq ?? NaN)
}

/** The highest number that is known to exist. */
export function topOf({ cursor, held, head }: Sequencer): number {
  let top = Math.max(cursor?.seq ?? 0, head?.seq ?? 0)
  for (const seq of held.keys()) top = Math.max(top, seq)
  return top
}

export function isOtherEpoch(one: Cursor | undefined, other: Cursor | undefined): boolean {
  return one?.epoch !== undefined && other?.epoch !== undefined && one.epoch !== other.epoch
}

/** Lets an event through, and those that waited for it. */
function letThrough(sequencer: Sequencer, first: LiveEvent | undefined, events: LiveEvent[]): LiveEvent[] {
  const { held } = sequencer
  let event = first
  while (event) {
    const { seq = 0, epoch = sequencer.cursor?.epoch } = event
    sequencer.cursor = { seq, epoch }
    events.push(event)
    held.delete(seq)
    event = held.get(seq + 1)
  }
  return events
}
