/**
 * One cached query, live: joins its channel, folds events into its data, lands its fetches, and asks for a new
 * snapshot when continuity was lost. Knows definitions and ops; does not know kinds of data or React.
 */
import type { Query } from '@tanstack/react-query'
import type { Cursor, LiveEvent, LivePort } from '../transport/port.ts'
import type { ChannelHub, EventMark, LiveChannel } from './channelHub.ts'
import { type Definition, type Params, toOps } from './definition.ts'
import type { SequencedOp } from './items.ts'
import type { Op } from './ops.ts'

export type LiveStatus = 'live' | 'catching-up' | 'gap' | 'offline'

export interface LiveState {
  readonly status: LiveStatus
  /** When the status began; milliseconds since 1970, 0 for a query that never was live. */
  readonly since: number
}

export const OFFLINE: LiveState = { status: 'offline', since: 0 }

export interface EntryHost {
  readonly port: LivePort
  readonly hub: ChannelHub
  /** Something is to be written: soon, together with others. */
  requestFlush(entry: Entry): void
  write(query: Query, data: unknown): void
  refetch(query: Query): void
  /** Optimistic ops for this query at the moment, oldest first. The same array while nothing changed. */
  optimistic(entry: Entry): readonly Op<unknown>[]
  /** An event confirms what an optimistic op anticipated. Returns the op to apply in its place. */
  confirm(entry: Entry, op: Op<unknown>): Op<unknown>
  statusChanged(): void
  /** `data` is what belongs into the cache, and is to be stored as it is. */
  finished(data: unknown): void
}

/** A fetch under way. */
export interface Fetch {
  /** Resolves when a snapshot taken from now on misses nothing. */
  ready(): Promise<void>
  /** The answer is here; its position, if it has one. */
  arrived(position: Cursor | undefined): void
  /** What happened since that the answer lacks. */
  since(position: Cursor | undefined): readonly SequencedOp<unknown>[]
  /** Whole data was taken from the server, so it is as continuous as the channel was when it was asked for. */
  complete(): void
  end(): void
}

export interface Entry {
  readonly query: Query
  readonly definition: Definition
  readonly params: Params
  /** The same object while the status does not change. */
  state(): LiveState
  isFresh(): boolean
  isAttached(): boolean
  attach(): void
  detach(): void
  beginFetch(): Fetch
  /** Data with every event so far, without optimistic rows; `undefined` before the first snapshot. */
  current(): unknown
  /** New data of record. Returns what belongs into the cache: the data with optimistic ops on top. */
  settle(data: unknown): unknown
  /** As `settle`, for the end of a queryFn: nothing is written until TanStack has taken the result. */
  land(data: unknown): unknown
  /** Applies what waits; writes if anything changed. */
  flush(): void
  apply(ops: readonly SequencedOp<unknown>[]): void
  /** Something may be missing after all: asks for a new snapshot as soon as possible. */
  distrust(): void
  /** The fetch in flight ended, one way or the other. */
  fetchSettled(): void
}

export function createEntry(host: EntryHost, query: Query, definition: Definition, params: Params): Entry {
  const { strategy } = definition
  let channel: LiveChannel | undefined
  let pending: SequencedOp<unknown>[] = []
  /** Where the data stood when the channel was left. */
  let leftAt: Cursor | undefined
  /** Continuity of the channel that the data stands on; -1: none, whatever the channel says. */
  let continuity = -1
  /** The data of record: every event applied, nothing optimistic. */
  let base: unknown
  /** What is in the cache, or on its way there: `viewBase` with `shown` on top. */
  let view: unknown
  let viewBase: unknown
  let shown: readonly Op<unknown>[] = []
  /** A fetch has its result, TanStack has not written it yet. */
  let landing = false
  let lastState = OFFLINE
  const fetches = new Set<Fetch>()

  const entry: Entry = {
    query,
    definition,
    params,
    state,
    isFresh: () => channel?.live === true && continuity === channel.continuity,
    isAttached: () => channel !== undefined,
    attach,
    detach,
    beginFetch,
    current,
    settle,
    land(data) {
      landing = true
      return settle(data)
    },
    flush,
    apply(ops) {
      if (ops.length === 0) return
      for (const { op, seq } of ops) pending.push({ op: host.confirm(entry, op), seq })
      host.requestFlush(entry)
    },
    distrust() {
      continuity = -1
      revalidate()
    },
    fetchSettled() {
      landing = false
      for (const fetch of fetches) fetch.end()
      fetches.clear()
      revalidate()
      if (pending.length > 0) host.requestFlush(entry)
    },
  }

  function status(): LiveStatus {
    if (!channel?.live) return 'offline'
    if (channel.gap) return 'gap'
    return continuity === channel.continuity ? 'live' : 'catching-up'
  }

  function state(): LiveState {
    const now = status()
    if (now !== lastState.status) lastState = { status: now, since: host.port.clock.wallNow() }
    return lastState
  }

  function attach(): void {
    if (channel) return
    continuity = -1
    const data = stored()
    const member = { onEvents, onChange }
    const resumeFrom = leftAt ?? (data === undefined ? undefined : strategy.positionOf(data))
    channel = host.hub.join(definition.channelOf(params), member, resumeFrom)
    // Data that says where it stands can be continued from there; the channel asks for what it lacks.
    if (resumeFrom?.seq !== undefined && channel.cursor?.seq === resumeFrom.seq)
      continuity = channel.continuity
  }

  function detach(): void {
    flush()
    leftAt = channel && continuity === channel.continuity ? channel.cursor : undefined
    channel?.leave()
    channel = undefined
    pending = []
    continuity = -1
  }

  function onEvents(events: readonly LiveEvent[]): void {
    entry.apply(toOps(definition, params, events, host.port.report))
  }

  function onChange(): void {
    revalidate()
    // Queued rows turn into rows being sent, and back.
    host.requestFlush(entry)
    host.statusChanged()
  }

  function revalidate(): void {
    const isBehind = channel?.live === true && continuity !== channel.continuity
    const hasAsked = query.state.data !== undefined || query.state.status === 'error'
    if (isBehind && hasAsked && query.state.fetchStatus === 'idle' && query.isActive()) host.refetch(query)
  }

  function beginFetch(): Fetch {
    attach()
    landing = false
    const joined = channel
    const mark: EventMark | undefined = joined?.mark()
    let startedAt = -1
    const fetch: Fetch = {
      async ready() {
        await joined?.whenLive()
        startedAt = joined?.live ? joined.continuity : -1
      },
      arrived: (position) => joined?.baseline(position),
      since: (position) => toOps(definition, params, mark?.since(position) ?? [], host.port.report),
      complete() {
        if (joined === channel) continuity = startedAt
        host.statusChanged()
      },
      end: () => mark?.release(),
    }
    fetches.add(fetch)
    return fetch
  }

  /** What is in the cache, less optimistic rows. Adopts what others wrote there. */
  function stored(): unknown {
    const { data } = query.state
    if (Object.is(data, view)) return base
    view = data
    viewBase = undefined
    leftAt = undefined
    base = data === undefined ? undefined : strategy.adopt(data)
    return base
  }

  function current(): unknown {
    const data = stored()
    const ops = pending
    pending = []
    if (data !== undefined && ops.length > 0) base = strategy.fold(data, ops)
    return base
  }

  function settle(data: unknown): unknown {
    const optimistic = host.optimistic(entry)
    base = data
    if (!Object.is(data, viewBase) || optimistic !== shown) {
      view = optimistic.length === 0 ? data : strategy.overlay(data, optimistic)
      viewBase = data
      shown = optimistic
      host.finished(view)
    }
    return view
  }

  function flush(): void {
    // Between the end of a queryFn and TanStack's write lie microtasks; a write now would be overwritten by the result.
    if (landing && query.state.fetchStatus === 'fetching') return
    const data = current()
    if (data === undefined) return
    const next = settle(data)
    if (!Object.is(next, query.state.data)) host.write(query, next)
  }

  return entry
}
