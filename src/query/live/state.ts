/** What is known of one live query. The record, its status, and the pause after a failure; what happens to it is elsewhere. */

import { isLiveError, LiveError } from '../../transport/errors.ts'
import { type Cursor, type LiveEvent, type LivePort, type Pace, waitOf } from '../../transport/port.ts'
import type { Coalescer } from '../cache/coalescer.ts'
import type { SequencedOp } from '../fold/items.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import type { Params } from '../keys.ts'
import type { Authors } from '../optimistic/author.ts'
import type { MutationDefinition } from '../optimistic/pendingMutation.ts'
import { echoOf, type Outbox } from '../optimistic/pendingMutations.ts'
import type { ChannelHub, ChannelMember, LiveChannel } from '../stream/channelHub.ts'
import { hashKey, type Query, type QueryClient } from '../tanstack.ts'
import { type Definition, toOps } from './definition.ts'

export type LiveStatus = 'live' | 'catching-up' | 'gap' | 'offline'

export interface LiveState {
  readonly status: LiveStatus
  /** When the status began; milliseconds since 1970, 0 for a query that never was live. */
  readonly since: number
}

export const OFFLINE: LiveState = { status: 'offline', since: 0 }

/** The engine of one QueryClient. */
export interface LiveClient {
  readonly queryClient: QueryClient
  readonly registry: Registry
  readonly hub: ChannelHub
  readonly outbox: Outbox
  readonly entries: Map<Query, Entry>
  /** Channels that nobody reads any more, and how to keep them. */
  readonly lingering: Map<Query, () => void>
  /** Entries with something to write or to ask for. */
  readonly coalescer: Coalescer<Entry>
  readonly listeners: Listeners
  /** What they have not been told of yet. */
  readonly news: Set<string>
  stop(): void
}

/** By the hash of a key: called when the status of that query has changed; those of `ANY` also for optimistic ops. */
export type Listeners = Map<string, Set<() => void>>

export const ANY = ''

export interface Registry {
  readonly port: LivePort
  readonly authors: Authors
  readonly scope: string | undefined
  /** By their names in keys. */
  readonly definitions: ReadonlyMap<string, Definition>
  readonly mutations: ReadonlyMap<string, MutationDefinition>
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
  /** Where the stream stood when it began, perhaps before the channel was live. */
  readonly begun: number
  /** Where the stream stood when the snapshot was asked for, and how many replies there had been. */
  start: number
  replied: number
  /** Identifies TanStack's fetch: one that was superseded goes on, and nobody takes its result. */
  readonly of: unknown
  /** Continuity of the channel when the snapshot was asked for; -1 while it was not live. */
  continuity: number
}

/** Without a number of its own: where the stream stood, and up to which number it was known, when the reply came. */
export interface Reply {
  readonly op: Op<unknown>
  readonly number: number
  readonly at: number
  readonly after: number
  /** Of the channel; where that has missed events eventsSince, the reply may be of the past. */
  readonly continuity: number
}

/** What it asks for of its own accord, it asks for at a pace. */
export interface Entry extends Pace {
  readonly client: LiveClient
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
  /** What replies said lately; events have yet to say it, and a snapshot may be older. */
  replies: readonly Reply[]
  replied: number
  /** Ops that are not in the data yet. */
  pending: SequencedOp<unknown>[]
  /** Continuity of the channel that the data stands on; -1: none, whatever the channel says. */
  continuity: number
  /**
   * Position of the snapshot that the data began with, or of a page that is behind it; what is older must not be applied
   * to it. Without a channel: where the data stood when it was left.
   */
  asOf: Cursor | undefined
  /** Result of a queryFn that TanStack has not written yet, and how many of the pending ops it holds. */
  landing: (Picture & { readonly pending: number }) | undefined
  /** Not asked again before this is over: the last answer was an error, or older than the stream, or it was asked too often. */
  stopPause: (() => void) | undefined
  /** Answers in a row that were of no use. */
  failures: number
  state: LiveState
}

export const NOTHING: Picture = { of: undefined, view: undefined, shown: NO_OPS }

/** After an attempt to catch up that failed; twice as long with every one in a row. TanStack's own retries come on top. Milliseconds. */
const PAUSE_MS = 2_000
const MAX_PAUSE_MS = 30_000

/** Whenever something that it follows from did; whoever reads it finds the same object until then. */
export function statusChanged(entry: Entry): void {
  const { channel, client, query } = entry
  let status: LiveStatus = 'offline'
  if (channel?.live) status = channel.hasGap ? 'gap' : isContinuous(entry) ? 'live' : 'catching-up'
  if (status === entry.state.status) return
  entry.state = { status, since: client.registry.port.clock.wallNow() }
  announce(client, hashKey(query.queryKey))
}

/** Later in this turn, and once: it may be the turn of a render, and what changes one query changes others. */
export function announce({ news, listeners, registry }: LiveClient, of = ANY): void {
  if (news.size === 0)
    queueMicrotask(() => {
      const told = new Set([ANY, ...news])
      news.clear()
      for (const hash of told) {
        for (const listener of [...(listeners.get(hash) ?? [])]) {
          try {
            listener()
          } catch (cause) {
            const error = new LiveError('misconfigured', `A listener threw: ${cause}`, { cause })
            registry.port.report({ type: 'error', error })
          }
        }
      }
    })
  news.add(of)
}

/** Every event that the data lacks is still to come. */
export function isContinuous({ channel, continuity }: Entry): boolean {
  return channel?.continuity === continuity
}

/** The data knows more than the stream, which may still wait for an event. */
export function isAhead({ asOf, channel }: Entry): boolean {
  return (asOf?.seq ?? -1) > (channel?.sequencer.cursor?.seq ?? -1)
}

export function opsOf(
  { definition, params, client, target }: Entry,
  events: readonly LiveEvent[],
): SequencedOp<unknown>[] {
  const known = (event: LiveEvent) => echoOf(client.outbox, target, event)
  return toOps(definition, { params, report: client.registry.port.report, known }, events)
}

export function pause(entry: Entry): void {
  const { data, status, error } = entry.query.state
  const ownMs = Math.min(PAUSE_MS * 2 ** entry.failures++, MAX_PAUSE_MS)
  const hintMs = (isLiveError(error) && error.retryAfterMs) || 0
  pauseFor(entry, Math.max(ownMs, hintMs))
  // An error without data is on screen; only its reader or the next connection asks again.
  if (data !== undefined || status !== 'error') return
  endPause(entry)
  entry.stopPause = () => {}
}

function pauseFor(entry: Entry, ms: number): void {
  const { clock } = entry.client.registry.port
  endPause(entry)
  entry.stopPause = clock.setTimer(() => {
    endPause(entry)
    entry.client.coalescer.request(entry)
  }, ms)
}

/** Whatever the reason: a server that makes every answer doubtful is not asked as fast as it answers. */
export function mayAsk(entry: Entry): boolean {
  const waitMs = waitOf(entry, entry.client.registry.port.clock, PAUSE_MS)
  if (waitMs > 0) pauseFor(entry, waitMs)
  return waitMs === 0
}

export function endPause(entry: Entry): void {
  entry.stopPause?.()
  entry.stopPause = undefined
}

export const flawedAt = (entry: Entry) => (error: LiveError) =>
  entry.client.registry.port.report({ type: 'quarantine', definition: entry.definition.name, error })

/** The application's code threw, and what it was to make of events is lost: only a snapshot can tell. */
export const failedAt = (entry: Entry) => (cause: unknown) => {
  const { name } = entry.definition
  const error = new LiveError('misconfigured', `"${name}" threw: ${cause}`, { cause })
  entry.client.registry.port.report({ type: 'reducer-error', definition: name, cause, error })
}
