/**
 * One subscription per channel for all queries that read it: puts its events in order, keeps the recent ones for
 * fetches in flight, and knows whether the channel is continuous. Knows nothing of queries or caches.
 */
import { LiveError } from '../transport/errors.ts'
import type { Channel, ChannelSignal, ChannelSpec, Cursor, LiveEvent, LivePort } from '../transport/port.ts'
import { type Admission, admit, baseline, type ChannelOrder, hasGap, restart, START } from './order.ts'

export interface ChannelMember {
  /** Events to apply now, in order, each exactly once where the server numbers them. */
  onEvents(events: readonly LiveEvent[]): void
  /** Liveness, continuity or gap changed. */
  onChange(): void
}

/** Remembers which events arrive from now on; `release` lets them go. */
export interface EventMark {
  /**
   * Everything a snapshot lacks: with a position the numbered events after it, even those that arrived before the
   * mark (a snapshot from a replica may lag), and the unnumbered ones since the mark.
   */
  since(position: Cursor | undefined): readonly LiveEvent[]
  release(): void
}

export interface LiveChannel {
  readonly live: boolean
  readonly failure: LiveError | undefined
  readonly gap: boolean
  /** Grows whenever events may have been missed: data taken under another number is not to be trusted. */
  readonly continuity: number
  readonly cursor: Cursor | undefined
  mark(): EventMark
  /** Where a snapshot was taken; `undefined` where the server does not say. */
  baseline(position: Cursor | undefined): void
  whenLive(): Promise<void>
  leave(): void
}

export interface ChannelHub {
  /** `resumeFrom`: position of data that is there already; used when the channel has none itself. */
  join(spec: ChannelSpec, member: ChannelMember, resumeFrom?: Cursor): LiveChannel
}

/** A missing event usually overtakes by milliseconds; only after this is it asked for. Milliseconds. */
const GAP_PATIENCE_MS = 200

interface Shared {
  readonly members: Set<ChannelMember>
  readonly marks: Set<{ from: number }>
  readonly waiting: Set<{ resolve(): void; reject(error: LiveError): void }>
  order: ChannelOrder
  live: boolean
  failure: LiveError | undefined
  continuity: number
  log: LiveEvent[]
  /** Events before `log[0]`. */
  dropped: number
  port: Channel | undefined
  stopGapTimer: (() => void) | undefined
}

export function createChannelHub(port: LivePort): ChannelHub {
  const channels = new Map<string, Shared>()

  function join(spec: ChannelSpec, member: ChannelMember, resumeFrom?: Cursor): LiveChannel {
    const hash = hashOf(spec)
    let shared = channels.get(hash)
    if (!shared) {
      const opened = createShared(resumeFrom)
      shared = opened
      channels.set(hash, opened)
      opened.port = port.open(spec, {
        cursor: () => opened.order.cursor,
        onSignal: (signal) => onSignal(port, opened, signal),
      })
    }
    shared.members.add(member)
    return viewOf(port, shared, member, () => channels.delete(hash))
  }

  return { join }
}

function createShared(resumeFrom: Cursor | undefined): Shared {
  return {
    members: new Set(),
    marks: new Set(),
    waiting: new Set(),
    order: resumeFrom ? { ...START, cursor: resumeFrom } : START,
    live: false,
    failure: undefined,
    continuity: 0,
    log: [],
    dropped: 0,
    port: undefined,
    stopGapTimer: undefined,
  }
}

function onSignal(port: LivePort, shared: Shared, signal: ChannelSignal): void {
  switch (signal.type) {
    case 'events':
      return take(port, shared, admit(shared.order, signal.events, shared.marks.size > 0))
    case 'down':
      shared.live = false
      shared.failure = signal.error
      if (signal.error) settleWaiting(shared, signal.error)
      return notify(shared)
    case 'live':
      shared.live = true
      shared.failure = undefined
      if (!signal.resumed) startOver(port, shared, signal.cursor)
      settleWaiting(shared)
      return notify(shared)
  }
}

function startOver(port: LivePort, shared: Shared, position: Cursor | undefined): void {
  if (hasGap(shared.order)) port.report({ type: 'channel-reset', reason: 'gap' })
  shared.continuity++
  shared.order = restart(shared.order, position)
  watchGap(port, shared)
}

function take(port: LivePort, shared: Shared, admission: Admission): void {
  const hadGap = hasGap(shared.order)
  shared.order = admission.order
  if (admission.type === 'reset') {
    port.report({ type: 'channel-reset', reason: admission.reason })
    shared.continuity++
  } else if (admission.events.length > 0) {
    shared.log.push(...admission.events)
    trimLog(shared)
    for (const member of shared.members) member.onEvents(admission.events)
  }
  watchGap(port, shared)
  if (admission.type === 'reset' || hadGap !== hasGap(shared.order)) notify(shared)
}

function watchGap(port: LivePort, shared: Shared): void {
  // While a snapshot is on its way its position will close or explain the hole.
  const missing = hasGap(shared.order) && shared.order.cursor !== undefined
  if (missing === (shared.stopGapTimer !== undefined)) return
  shared.stopGapTimer?.()
  shared.stopGapTimer = undefined
  if (!missing) return
  shared.stopGapTimer = port.clock.setTimer(() => {
    shared.stopGapTimer = undefined
    port.report({ type: 'gap', after: shared.order.cursor?.seq, held: shared.order.held.size })
    shared.port?.resync()
  }, GAP_PATIENCE_MS)
}

function viewOf(port: LivePort, shared: Shared, member: ChannelMember, forget: () => void): LiveChannel {
  return {
    get live() {
      return shared.live
    },
    get failure() {
      return shared.failure
    },
    get gap() {
      return hasGap(shared.order)
    },
    get continuity() {
      return shared.continuity
    },
    get cursor() {
      return shared.order.cursor
    },
    mark: () => markIn(shared),
    baseline: (position) => take(port, shared, baseline(shared.order, position)),
    whenLive: () => whenLive(shared),
    leave() {
      if (!shared.members.delete(member) || shared.members.size > 0) return
      forget()
      shared.stopGapTimer?.()
      shared.port?.close()
      settleWaiting(
        shared,
        new LiveError('closed', 'The channel was closed before it was live; nobody reads it any more'),
      )
    },
  }
}

function markIn(shared: Shared): EventMark {
  const mark = { from: shared.dropped + shared.log.length }
  shared.marks.add(mark)
  return {
    since(position) {
      const from = mark.from - shared.dropped
      const after = position?.seq
      if (after === undefined) return shared.log.slice(from)
      return shared.log.filter((event, at) => (event.seq === undefined ? at >= from : event.seq > after))
    },
    release() {
      shared.marks.delete(mark)
      trimLog(shared)
    },
  }
}

/** Kept for snapshots that lag behind the stream. */
const LOG_TAIL = 256

/** The log serves fetches in flight; without one only its tail is kept. */
function trimLog(shared: Shared): void {
  let from = shared.dropped + Math.max(0, shared.log.length - LOG_TAIL)
  for (const mark of shared.marks) from = Math.min(from, mark.from)
  // In slices: shifting the array for every event would cost more than applying it.
  if (from - shared.dropped < LOG_TAIL) return
  shared.log.splice(0, from - shared.dropped)
  shared.dropped = from
}

function whenLive(shared: Shared): Promise<void> {
  if (shared.live) return Promise.resolve()
  if (shared.failure) return Promise.reject(shared.failure)
  return new Promise((resolve, reject) => shared.waiting.add({ resolve, reject }))
}

function settleWaiting(shared: Shared, error?: LiveError): void {
  for (const waiter of shared.waiting) error ? waiter.reject(error) : waiter.resolve()
  shared.waiting.clear()
}

function notify(shared: Shared): void {
  for (const member of [...shared.members]) member.onChange()
}

function hashOf(spec: ChannelSpec): string {
  const key = Object.entries(spec.key)
    .map(([field, value]) => [field, String(value)])
    .sort()
  return JSON.stringify([spec.endpoint ?? '', spec.subscribe, key])
}
