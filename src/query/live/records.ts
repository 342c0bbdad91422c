/** The records that the live layer works on, and who is told when a status changes. */
import { inWords, LiveError } from '../../transport/errors.ts'
import type { Id, LivePort, Pace } from '../../transport/port.ts'
import type { Coalescer } from '../cache/coalescer.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Kind } from '../fold/kinds.ts'
import type { Check } from '../fold/soundOp.ts'
import type { Params } from '../keys.ts'
import type { Authors } from '../optimistic/author.ts'
import type { Outbox } from '../optimistic/outbox.ts'
import type { MutationDefinition } from '../optimistic/pendingMutation.ts'
import type { PendingMutations } from '../optimistic/pendingMutations.ts'
import type { ChannelHub, ChannelMember, LiveChannel } from '../stream/channelHub.ts'
import type { Query, QueryClient } from '../tanstack.ts'
import type { Definition, Follower } from './definition.ts'
import type { Input } from './inputs.ts'
import type { LiveQueryState, LiveStatus } from './state.ts'

export interface LiveState {
  readonly status: LiveStatus
  /** When the status began; milliseconds since 1970, 0 for a query that never was live. */
  readonly since: number
}

export const OFFLINE: LiveState = { status: 'offline', since: 0 }

/** What is declared with one `live`. */
export interface Declarations {
  readonly port: LivePort
  readonly authors: Authors
  readonly scope: string | undefined
  /** By their names in keys. */
  readonly definitions: ReadonlyMap<string, Definition>
  readonly mutations: ReadonlyMap<string, MutationDefinition>
  /** The application's word for who is signed in. */
  readonly user?: (() => Id | undefined) | undefined
  /** What keeps the sends of a QueryClient, where they are kept. */
  openOutbox?: ((client: LiveClient) => Outbox) | undefined
}

/** The engine of one QueryClient. */
export interface LiveClient {
  readonly queryClient: QueryClient
  readonly declarations: Declarations
  readonly hub: ChannelHub
  readonly pendingMutations: PendingMutations
  outbox?: Outbox | undefined
  readonly liveQueries: Map<Query, LiveQuery>
  /** Channels that nobody reads any more, and how to keep them. */
  readonly lingering: Map<Query, () => void>
  /** Live queries with something to write or to ask for. */
  readonly coalescer: Coalescer<LiveQuery>
  readonly listeners: Listeners
  /** What they have not been told of yet, and when they last were. */
  readonly news: Set<string>
  toldAt: number
  stop(): void
}

export interface OutboxOptions {
  /**
   * Who is signed in, as soon as the page knows: what they left is shown and sent before any server has answered. The id that
   * the server uses. @default `user` of `createLive` (`currentUser` of a chat), else whom the token or the greeting names
   */
  readonly user?: Id | (() => Id | undefined) | undefined
  /** How many sends are kept for a user. What comes then is sent all the same. @default 1000 */
  readonly maxSends?: number | undefined
  /** Of all that is kept for a user, by an estimate. @default 10_000_000 */
  readonly maxBytes?: number | undefined
  /** What is older is not sent any more: it fails (`expired`). @default seven days */
  readonly maxAgeMs?: number | undefined
}

/** What is given to `live.persistOutbox`; made by `querywire/outbox`. */
export interface OutboxStorage {
  /** For the library itself. */
  open(client: LiveClient, options: OutboxOptions): Outbox
}

/** One cached query, live. What it asks for of its own accord, it asks for at a pace. */
export interface LiveQuery extends Pace {
  readonly client: LiveClient
  readonly query: Query
  readonly definition: Definition
  readonly kind: Kind
  readonly params: Params
  /** Of its key, however the application hashes it. */
  readonly hash: string
  /** Where optimistic ops for it are found. */
  readonly target: string
  readonly member: ChannelMember
  /** Where its items are an entity's. */
  follower: Follower | undefined
  readonly fetches: Set<Fetch>
  /** What happened, and has not been worked off. */
  readonly inputs: (Input | (() => Input))[]
  /** What events said since. */
  heard: SequencedOp<unknown>[]
  channel: LiveChannel | undefined
  state: LiveQueryState
  /** As it was last told. */
  status: LiveState
  stopPause: (() => void) | undefined
  /** What its ops are checked by. */
  check: Check | undefined
}

/** A snapshot under way. */
export interface Fetch {
  readonly live: LiveQuery
  readonly channel: LiveChannel
  /** Identifies TanStack's fetch: one that was superseded goes on, and nobody takes its result. */
  readonly of: unknown
  /** Where the stream stood when it began, perhaps before the channel was live. */
  readonly begun: number
  /** Where it stood when the snapshot was asked for, how many replies there had been, and how many doubts. */
  start: number
  replied: number
  doubts: number
  /** Continuity of the channel then; -1 while it was not live. */
  continuity: number
}

/** By the hash of a key: called when the status of that query has changed; those of `ANY` also for optimistic ops. */
export type Listeners = Map<string, Set<() => void>>

export const ANY = ''

export function listenTo(listeners: Listeners, queryHash: string, listener: () => void): () => void {
  const own = () => listener()
  const all = listeners.get(queryHash) ?? new Set()
  listeners.set(queryHash, all.add(own))
  return () => {
    if (all.delete(own) && all.size === 0) listeners.delete(queryHash)
  }
}

const FRAME_MS = 16

/**
 * Never in this turn, which may be that of a render. Statuses one after another are told together, at the next frame: whoever
 * reads many renders once for all of them. What somebody has just done does not wait.
 */
export function announce(client: LiveClient, of = ANY): void {
  const { news, toldAt, declarations } = client
  const { clock } = declarations.port
  const isFirst = news.size === 0
  news.add(of)
  const isQuiet = clock.now() - toldAt >= FRAME_MS
  if (of === ANY || (isFirst && isQuiet)) queueMicrotask(() => tellListeners(client))
  else if (isFirst) clock.requestFrame(() => tellListeners(client))
}

function tellListeners(client: LiveClient): void {
  const { news, listeners, declarations } = client
  if (news.size === 0) return
  client.toldAt = declarations.port.clock.now()
  const told = new Set([ANY, ...news])
  news.clear()
  for (const hash of told) {
    for (const listener of [...(listeners.get(hash) ?? [])]) {
      try {
        listener()
      } catch (cause) {
        const error = new LiveError('misconfigured', `A listener threw: ${inWords(() => cause)}`, { cause })
        declarations.port.report({ type: 'error', error })
      }
    }
  }
}

/** The application's code threw; `event`: at one of this type. */
export function reportFailure(
  { client, definition: { name } }: LiveQuery,
  cause: unknown,
  event?: string,
): void {
  const where = event === undefined ? '' : ` at "${event}"`
  const error = new LiveError(
    'misconfigured',
    `"${name}" threw${where}: ${inWords(() => cause)}. What it was to do is left out; correct it`,
    { cause },
  )
  client.declarations.port.report({ type: 'reducer-error', definition: name, event, cause, error })
}
