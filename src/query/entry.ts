/**
 * One cached query, live: joins its channel, folds events into its data, lands its fetches, and asks for a new
 * snapshot when continuity was lost. Knows definitions and ops; does not know kinds of data or React.
 */
import type { Query } from '@tanstack/react-query'
import type { Cursor, LiveEvent, LivePort } from '../transport/port.ts'
import {
  type ChannelHub,
  type ChannelMember,
  type EventMark,
  hasGap,
  type LiveChannel,
  leave,
  mark,
  reaches,
  release,
  since,
  whenLive,
} from './channelHub.ts'
import { type Definition, type Params, toOps } from './definition.ts'
import type { SequencedOp } from './items.ts'
import { NO_OPS, type Op } from './ops.ts'
import { targetOf } from './outboxRow.ts'
import { markFinished } from './share.ts'

export type LiveStatus = 'live' | 'catching-up' | 'gap' | 'offline'

export interface LiveState {
  readonly status: LiveStatus
  /** When the status began; milliseconds since 1970, 0 for a query that never was live. */
  readonly since: number
}

export const OFFLINE: LiveState = { status: 'offline', since: 0 }

export interface EntryHost {
  readonly port: LivePort
  readonly join: ChannelHub['join']
  /** Something is to be written or asked for: soon, together with others. */
  requestFlush(entry: Entry): void
  write(query: Query, data: unknown): void
  refetch(query: Query): void
  /** Optimistic ops for this query at the moment, oldest first. The same array while nothing changed. */
  optimistic(entry: Entry): readonly Op<unknown>[]
  /** An event confirms what an optimistic op anticipated. Returns the op to apply in its place. */
  confirm(entry: Entry, op: Op<unknown>): Op<unknown>
  statusChanged(): void
}

/** What is in the cache, or on its way there: `of` with the optimistic ops `shown` on top. */
interface Picture {
  readonly of: unknown
  readonly view: unknown
  readonly shown: readonly Op<unknown>[]
}

/** A snapshot under way. */
export interface Fetch {
  readonly entry: Entry
  readonly channel: LiveChannel
  readonly mark: EventMark
  /** Identifies TanStack's fetch: one that was superseded goes on, and nobody takes its result. */
  readonly of: unknown
  /** Continuity of the channel when the snapshot was asked for; -1 while it was not live. */
  continuity: number
}

export interface Entry {
  readonly host: EntryHost
  readonly query: Query
  readonly definition: Definition
  readonly params: Params
  /** Where optimistic ops for it are found. */
  readonly target: string
  readonly member: ChannelMember
  readonly fetches: Set<Fetch>
  channel: LiveChannel | undefined
  /** The data of record: every event applied, nothing optimistic. */
  base: unknown
  picture: Picture
  /** Ops that are not in the data yet. */
  pending: SequencedOp<unknown>[]
  /** Where the data stood when the channel was left. */
  leftAt: Cursor | undefined
  /** Continuity of the channel that the data stands on; -1: none, whatever the channel says. */
  continuity: number
  /** Position of the snapshot that the data began with; what is older must not be applied to it. */
  asOf: Cursor | undefined
  /** Result of a queryFn that TanStack has not written yet, and how many of the pending ops it holds. */
  landing: (Picture & { readonly pending: number }) | undefined
  /** Not asked again before this is over: the last answer was an error, or older than the stream. */
  stopPause: (() => void) | undefined
  state: LiveState
}

const NOTHING: Picture = { of: undefined, view: undefined, shown: NO_OPS }
/** Between two attempts to catch up that failed. TanStack's own retries come on top. Milliseconds. */
const PAUSE_MS = 2_000

const entries = new WeakMap<object, Entry>()

/**
 * Nothing has been missed since the data of this query was taken. Data that was restored with its position is believed
 * until the server has been asked for what came since.
 */
export function isFreshQuery(query: object): boolean {
  const entry = entries.get(query)
  if (!entry?.channel || !isContinuous(entry)) return false
  return entry.channel.live || !entry.channel.wasLive
}

export function createEntry(host: EntryHost, query: Query, definition: Definition): Entry {
  const params = (query.queryKey[2] ?? {}) as Params
  const entry: Entry = {
    host,
    query,
    definition,
    params,
    target: targetOf(definition.name, params),
    fetches: new Set(),
    channel: undefined,
    base: undefined,
    picture: NOTHING,
    pending: [],
    leftAt: undefined,
    continuity: -1,
    asOf: undefined,
    landing: undefined,
    stopPause: undefined,
    state: OFFLINE,
    member: {
      onEvents: (events) => apply(entry, opsOf(entry, events)),
      onChange() {
        endPause(entry)
        revalidate(entry)
        // Queued rows turn into rows being sent, and back.
        host.requestFlush(entry)
        host.statusChanged()
      },
    },
  }
  entries.set(query, entry)
  return entry
}

/** The same object while the status does not change. */
export function stateOf(entry: Entry): LiveState {
  const { channel, host } = entry
  let status: LiveStatus = 'offline'
  if (channel?.live) status = hasGap(channel) ? 'gap' : isContinuous(entry) ? 'live' : 'catching-up'
  if (status !== entry.state.status) entry.state = { status, since: host.port.clock.wallNow() }
  return entry.state
}

/** Every event that the data lacks is still to come. */
export function isContinuous({ channel, continuity }: Entry): boolean {
  return channel?.continuity === continuity
}

export function attach(entry: Entry): void {
  if (entry.channel) return
  const { definition, host, params } = entry
  const data = stored(entry)
  const position = entry.leftAt ?? (data === undefined ? undefined : definition.strategy.positionOf(data))
  entry.channel = host.join(definition.channelOf(params), entry.member, position)
  catchUp(entry, position)
  // What was stored may have optimistic rows in it, and lack events that the channel knows.
  if (data !== undefined) host.requestFlush(entry)
}

export function detach(entry: Entry): void {
  const { channel } = entry
  if (!channel) return
  const data = current(entry)
  if (data !== undefined) show(entry, data)
  entry.leftAt = isContinuous(entry) ? channel.order.cursor : undefined
  endPause(entry)
  leave(channel, entry.member)
  entry.channel = undefined
  entry.continuity = -1
}

/** Data that says where it stands is continued from there, if the channel knows what came after. */
function catchUp(entry: Entry, position: Cursor | undefined): void {
  const { channel } = entry
  const canContinue = channel !== undefined && position !== undefined && reaches(channel, position)
  entry.continuity = canContinue ? channel.continuity : -1
  entry.asOf = canContinue ? position : undefined
  if (canContinue) entry.pending = opsOf(entry, since(channel, position))
}

function opsOf({ definition, params, host }: Entry, events: readonly LiveEvent[]): SequencedOp<unknown>[] {
  return toOps(definition, { params, report: host.port.report }, events)
}

export function apply(entry: Entry, ops: readonly SequencedOp<unknown>[]): void {
  const { asOf, host } = entry
  if (ops.length === 0) return
  // What the snapshot has already; only data of this continuity is told by its number.
  const known = isContinuous(entry) ? asOf?.seq : undefined
  for (const { op, seq } of ops) {
    const isKnown = known !== undefined && seq !== undefined && seq <= known
    const confirmed = host.confirm(entry, op)
    if (!isKnown) entry.pending.push({ op: confirmed, seq })
  }
  host.requestFlush(entry)
}

/** Something may be missing after all: asks for a new snapshot as soon as possible. */
export function distrust(entry: Entry): void {
  entry.continuity = -1
  entry.host.requestFlush(entry)
}

export function beginFetch(entry: Entry): Fetch {
  attach(entry)
  const channel = entry.channel as LiveChannel
  const fetch: Fetch = { entry, channel, mark: mark(channel), of: entry.query.promise, continuity: -1 }
  entry.landing = undefined
  entry.fetches.add(fetch)
  return fetch
}

/** Resolves when a snapshot taken from now on misses nothing, or after so many milliseconds. */
export async function readyToAsk(fetch: Fetch, patienceMs?: number): Promise<void> {
  const { channel } = fetch
  const live = whenLive(channel)
  if (patienceMs === undefined) await live
  else {
    let cancel = () => {}
    const patience = new Promise<void>((resolve) => {
      cancel = channel.port.clock.setTimer(resolve, patienceMs)
    })
    await Promise.race([live.catch(() => patience), patience])
    cancel()
  }
  fetch.continuity = channel.live ? channel.continuity : -1
}

/** What happened since that an answer of this position lacks. */
export function missedBy(
  { entry, channel, mark }: Fetch,
  position: Cursor | undefined,
): SequencedOp<unknown>[] {
  return opsOf(entry, since(channel, position, mark))
}

/** TanStack will take its result: the fetch was not superseded by another one. */
export function isCurrent({ entry, of }: Fetch): boolean {
  return entry.query.promise === of && entry.query.state.fetchStatus === 'fetching'
}

/**
 * Data was taken from the server. Whole data is as continuous as the channel was when it was asked for; a snapshot that
 * is older than what the channel remembers has a hole behind it, and is asked for again.
 */
export function complete(fetch: Fetch, position: Cursor | undefined, isWhole = true): void {
  const { entry, channel } = fetch
  const isOlder = position !== undefined && !reaches(channel, position)
  if (isWhole) {
    entry.continuity = fetch.continuity
    entry.asOf = position
  }
  if (isOlder) {
    entry.continuity = -1
    pause(entry)
  } else if (isWhole) endPause(entry)
  entry.host.statusChanged()
}

export function endFetch(fetch: Fetch): void {
  fetch.entry.fetches.delete(fetch)
  release(fetch.channel, fetch.mark)
}

/** What is in the cache, less optimistic rows. Adopts what others wrote there. */
export function stored(entry: Entry): unknown {
  const { strategy } = entry.definition
  const { data } = entry.query.state
  if (Object.is(data, entry.picture.view)) return entry.base
  entry.base = data === undefined ? undefined : strategy.adopt(data)
  entry.picture = { ...NOTHING, view: data }
  entry.leftAt = undefined
  catchUp(entry, data === undefined ? undefined : strategy.positionOf(entry.base))
  return entry.base
}

/** Data with every event so far, without optimistic rows; `undefined` before the first snapshot. */
export function current(entry: Entry): unknown {
  const base = stored(entry)
  const { pending } = entry
  if (pending.length === 0) return base
  entry.pending = []
  if (base !== undefined) entry.base = entry.definition.strategy.fold(base, pending, entry.query)
  return entry.base
}

/** New data of record. Returns what belongs into the cache: the data with optimistic ops on top. */
export function settle(entry: Entry, base: unknown): unknown {
  entry.base = base
  entry.picture = pictureOf(entry, base)
  return entry.picture.view
}

/** Whole data at the end of a queryFn, and what it lacks; it takes effect when TanStack has written the result. */
export function land(entry: Entry, data: unknown, missed: readonly SequencedOp<unknown>[]): unknown {
  const picture = pictureOf(entry, entry.definition.strategy.fold(data, missed, entry.query))
  entry.landing = { ...picture, pending: entry.pending.length }
  return picture.view
}

function pictureOf(entry: Entry, base: unknown): Picture {
  const { picture, host, definition } = entry
  const shown = host.optimistic(entry)
  if (Object.is(base, picture.of) && shown === picture.shown) return picture
  const view = shown.length === 0 ? base : definition.strategy.overlay(base, shown)
  markFinished(view)
  return { of: base, view, shown }
}

/** Applies what waits, writes if that changed anything, and asks for a snapshot if one is needed. */
export function flush(entry: Entry): void {
  const { query, landing } = entry
  // Between the end of a queryFn and TanStack's write lie microtasks; a write now would be overwritten by the result.
  if (landing && query.state.fetchStatus === 'fetching') return
  const data = current(entry)
  if (data !== undefined) show(entry, data)
  revalidate(entry)
}

function show(entry: Entry, data: unknown): void {
  const view = settle(entry, data)
  if (!Object.is(view, entry.query.state.data)) entry.host.write(entry.query, view)
}

function revalidate(entry: Entry): void {
  const { query, channel, stopPause, host } = entry
  if (!channel?.live || stopPause || query.state.fetchStatus !== 'idle' || !query.isActive()) return
  // Without data: the first fetch was cancelled, or failed while the channel was down.
  if (query.state.data === undefined || !isContinuous(entry)) host.refetch(query)
}

/** The cache changed: a fetch ended one way or the other, or others wrote. */
export function cacheChanged(entry: Entry, how: 'success' | 'error' | 'setState' | 'manual'): void {
  const { landing, query } = entry
  if (how === 'manual' && Object.is(query.state.data, entry.picture.view)) return
  if (how === 'success' && landing && Object.is(query.state.data, landing.view)) {
    entry.base = landing.of
    entry.picture = landing
    entry.pending.splice(0, landing.pending)
  }
  if (query.state.fetchStatus === 'idle') {
    entry.landing = undefined
    for (const fetch of entry.fetches) endFetch(fetch)
  }
  if (how === 'error') pause(entry)
  stored(entry)
  entry.host.requestFlush(entry)
}

function pause(entry: Entry): void {
  const { query, host } = entry
  endPause(entry)
  const resume = () => {
    endPause(entry)
    host.requestFlush(entry)
  }
  // An error without data is on screen; only its reader or the next connection asks again.
  const isShown = query.state.data === undefined && query.state.status === 'error'
  entry.stopPause = isShown ? () => {} : host.port.clock.setTimer(resume, PAUSE_MS)
}

function endPause(entry: Entry): void {
  entry.stopPause?.()
  entry.stopPause = undefined
}
