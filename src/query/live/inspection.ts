/** What the live queries of a QueryClient stand on, for people to look at. Reads only, and nothing here is kept. */

import type { Cursor, Id } from '../../transport/port.ts'
import { LIVE_KEY, type Params } from '../keys.ts'
import type { PendingMutations } from '../optimistic/pendingMutations.ts'
import { type SendStatus, statusOf } from '../optimistic/sendState.ts'
import type { LiveChannel } from '../stream/channelHub.ts'
import { topOf } from '../stream/sequencer.ts'
import type { Query, QueryClient } from '../tanstack.ts'
import { liveQueryBehind } from './liveQuery.ts'
import type { LiveQuery } from './records.ts'
import type { LiveStatus } from './state.ts'

export interface QueryReport {
  /** Unique in its QueryClient. */
  readonly key: string
  readonly name: string
  readonly params: Params
  readonly status: LiveStatus
  readonly observers: number
  readonly isFetching: boolean
  /** `held`: observed or being fetched. `lingering`: nobody reads it, and its channel is about to be left. */
  readonly lease: 'held' | 'lingering' | 'none'
}

export interface ChannelReport {
  /** `undefined`: the manager's default. */
  readonly endpoint: string | undefined
  readonly key: Readonly<Record<string, Id>>
  readonly status: 'live' | 'gap' | 'down'
  /** Up to where everything was applied; `undefined` where the server does not number its events. */
  readonly position: Cursor | undefined
  /** Between the newest event that snapshotArrived and the position. */
  readonly behind: number
  /** Queries that read it. */
  readonly readers: number
  /** How often it became live. */
  readonly sessions: number
  readonly error: Error | undefined
}

export interface SendReport {
  readonly id: number
  readonly name: string
  readonly params: Params
  readonly status: SendStatus
  /** Whether a reload leaves it alone, and whether another tab sends it; `undefined` where no outbox keeps sends. */
  readonly isKept: boolean | undefined
  readonly isElsewhere: boolean
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly submittedAt: number
  readonly error: Error | undefined
}

export interface LiveReport {
  readonly queries: readonly QueryReport[]
  readonly channels: readonly ChannelReport[]
  /** Oldest first. */
  readonly sends: readonly SendReport[]
}

export function inspectQueries(queryClient: QueryClient): LiveReport {
  const all = queryClient
    .getQueryCache()
    .getAll()
    .flatMap((query) => {
      const live = liveQueryBehind(query)
      return live ? [{ query, live }] : []
    })
  const channels = new Set(all.flatMap(({ live }) => live.channel ?? []))
  return {
    queries: all.map(({ query, live }) => queryReport(query, live)),
    channels: [...channels].map(channelReport),
    sends: sendReports(queryClient, new Set(all.map(({ live }) => live.client.pendingMutations))),
  }
}

function queryReport(query: Query, live: LiveQuery): QueryReport {
  const isFetching = query.state.fetchStatus !== 'idle'
  const isWanted = isFetching || query.isActive()
  return {
    key: query.queryHash,
    name: live.definition.name,
    params: live.params,
    status: live.status.status,
    observers: query.getObserversCount(),
    isFetching,
    lease: live.channel ? (isWanted ? 'held' : 'lingering') : 'none',
  }
}

function channelReport(channel: LiveChannel): ChannelReport {
  const { spec, sequencer, live, failure, members, sessions } = channel
  const position = sequencer.cursor?.seq
  return {
    endpoint: spec.endpoint,
    key: spec.key,
    status: live ? (channel.hasGap ? 'gap' : 'live') : 'down',
    position: sequencer.cursor,
    behind: position === undefined ? 0 : topOf(sequencer) - position,
    readers: members.length,
    sessions,
    error: failure,
  }
}

/** What is neither pending nor failed has snapshotArrived. Until there is a live query, nobody knows what is on its way. */
function sendReports(queryClient: QueryClient, known: ReadonlySet<PendingMutations>): SendReport[] {
  return queryClient
    .getMutationCache()
    .getAll()
    .flatMap((mutation) => {
      const { mutationId, options, state } = mutation
      const [scope, name, params] = options.mutationKey ?? []
      if (scope !== LIVE_KEY || (state.status !== 'pending' && state.status !== 'error')) return []
      const pending = [...known].map(({ all }) => all.get(mutation)).find((found) => found !== undefined)
      return {
        id: mutationId,
        name: String(name),
        params: (params ?? {}) as Params,
        status: pending ? statusOf(pending) : state.status === 'error' ? 'failed' : 'queued',
        isKept: pending?.isKept,
        isElsewhere: pending?.isElsewhere === true,
        attempts: state.failureCount,
        submittedAt: state.submittedAt,
        error: state.error ?? undefined,
      }
    })
}
