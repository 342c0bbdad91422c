/** What is known of one live query. The record, its status, and the pause after a failure; what happens to it is elsewhere. */
import type { Query } from '@tanstack/react-query'
import type { Cursor, LiveEvent, LivePort } from '../transport/port.ts'
import {
  type ChannelHub,
  type ChannelMember,
  type EventMark,
  hasGap,
  type LiveChannel,
} from './channelHub.ts'
import { type Definition, type Params, toOps } from './definition.ts'
import type { SequencedOp } from './items.ts'
import { NO_OPS, type Op } from './ops.ts'

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
export interface Picture {
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

export const NOTHING: Picture = { of: undefined, view: undefined, shown: NO_OPS }

/** Between two attempts to catch up that failed. TanStack's own retries come on top. Milliseconds. */
const PAUSE_MS = 2_000

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

export function opsOf(
  { definition, params, host }: Entry,
  events: readonly LiveEvent[],
): SequencedOp<unknown>[] {
  return toOps(definition, { params, report: host.port.report }, events)
}

export function pause(entry: Entry): void {
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

export function endPause(entry: Entry): void {
  entry.stopPause?.()
  entry.stopPause = undefined
}
