/**
 * The order of one channel: which event is next, which is a duplicate, which must wait for one that is missing.
 * Pure; knows nothing of queries, timers or sockets.
 */
import type { Cursor, LiveEvent } from '../transport/port.ts'

export interface ChannelOrder {
  /** Everything up to here was applied, without a hole. `undefined` until the first position is known. */
  readonly cursor: Cursor | undefined
  /** Events past a hole, by seq. */
  readonly held: ReadonlyMap<number, LiveEvent>
}

export const START: ChannelOrder = { cursor: undefined, held: new Map() }

/** More held events than this and waiting is pointless: a snapshot is cheaper than the replay. */
export const MAX_HELD = 1_000

export type Admission =
  /** `events` are to be applied now, in this order. */
  | { readonly type: 'apply'; readonly order: ChannelOrder; readonly events: readonly LiveEvent[] }
  /** Another history begins (`epoch`), or too much is missing: only a new snapshot can tell what the state is. */
  | { readonly type: 'reset'; readonly order: ChannelOrder; readonly reason: 'epoch' | 'overflow' }

/**
 * Takes a batch in arrival order. Unnumbered events pass as they come. Numbered ones move the cursor over contiguous
 * numbers only; taking the highest number seen instead would lose whatever is still on its way (75 of 200 random
 * schedules in a fuzz of that variant). `awaitBaseline`: a snapshot that will tell the position is on its way, so the
 * first number seen must not be taken for it.
 */
export function admit(order: ChannelOrder, batch: readonly LiveEvent[], awaitBaseline = false): Admission {
  let { cursor } = order
  const held = new Map(order.held)
  const events: LiveEvent[] = []
  for (const event of batch) {
    if (event.seq === undefined) {
      events.push(event)
      continue
    }
    if (isOtherEpoch(cursor, event)) {
      return { type: 'reset', reason: 'epoch', order: { cursor: advance(undefined, event), held: new Map() } }
    }
    const next = cursor?.seq === undefined ? (awaitBaseline ? -1 : event.seq) : cursor.seq + 1
    if (event.seq > next) held.set(event.seq, event)
    if (event.seq !== next) continue
    events.push(event)
    cursor = advance(cursor, event)
    cursor = drain(cursor, held, events)
  }
  if (held.size > MAX_HELD) {
    const seq = Math.max(...held.keys())
    return { type: 'reset', reason: 'overflow', order: { cursor: { ...cursor, seq }, held: new Map() } }
  }
  return { type: 'apply', order: { cursor, held }, events }
}

/**
 * A snapshot or a subscription told where the channel stands; only taken where nothing better is known. Without a
 * position the oldest held event is taken for the next one.
 */
export function baseline(order: ChannelOrder, position: Cursor | undefined): Admission {
  if (order.cursor?.seq !== undefined) return { type: 'apply', order, events: [] }
  const seq = position?.seq ?? Math.min(...order.held.keys()) - 1
  if (!Number.isFinite(seq)) return { type: 'apply', order, events: [] }
  const held = new Map([...order.held].filter(([heldSeq]) => heldSeq > seq))
  const events: LiveEvent[] = []
  return { type: 'apply', order: { cursor: drain({ ...position, seq }, held, events), held }, events }
}

/** Continuity ended: start again from `position`, or else behind the newest event seen. */
export function restart(order: ChannelOrder, position: Cursor | undefined): ChannelOrder {
  if (position?.seq !== undefined) return { cursor: position, held: new Map() }
  const seq = Math.max(order.cursor?.seq ?? -1, ...order.held.keys())
  return { cursor: seq < 0 ? undefined : { ...order.cursor, seq }, held: new Map() }
}

export function hasGap(order: ChannelOrder): boolean {
  return order.held.size > 0
}

function isOtherEpoch(cursor: Cursor | undefined, event: LiveEvent): boolean {
  return cursor?.epoch !== undefined && event.epoch !== undefined && cursor.epoch !== event.epoch
}

function advance(cursor: Cursor | undefined, event: LiveEvent): Cursor {
  const epoch = event.epoch ?? cursor?.epoch
  return { ...(event.seq !== undefined && { seq: event.seq }), ...(epoch !== undefined && { epoch }) }
}

function drain(
  start: Cursor | undefined,
  held: Map<number, LiveEvent>,
  events: LiveEvent[],
): Cursor | undefined {
  let cursor = start
  for (;;) {
    const next = cursor?.seq === undefined ? undefined : held.get(cursor.seq + 1)
    if (next?.seq === undefined) return cursor
    held.delete(next.seq)
    events.push(next)
    cursor = advance(cursor, next)
  }
}
