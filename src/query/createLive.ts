/** `createLive`: the entry point. Definitions in, plain TanStack options out. */

import type {
  EventName,
  EventPayload,
  Protocol,
  RequestName,
  RequestParams,
  RequestResult,
  WebSocketManager,
} from '../transport/index.ts'
import type { Id, LivePort } from '../transport/port.ts'
import { defineList, type ListOptions, type LiveList } from './define/list.ts'
import { defineMutation, type LiveMutation, type MutationDefinitionOptions } from './define/mutation.ts'
import {
  clientOf,
  clientsOf,
  connect,
  createRegistry,
  findClient,
  listenersOf,
  type Registry,
  registryOf,
} from './define/registry.ts'
import type { BesideOf, HoldsItems, IsValue, KeyIn, NoParams } from './define/sound.ts'
import { defineTimeline, type LiveTimeline, type TimelineOptions } from './define/timeline.ts'
import { defineValue, type LiveValue, type ValueOptions } from './define/value.ts'
import { NO_OPS, type Op } from './fold/op.ts'
import type { TimelinePageParam } from './fold/timeline/pages.ts'
import type { Params } from './keys.ts'
import { currentData, doubtQueries, forgetData, liveQueryFor, tellChanges } from './live/client.ts'
import type { SnapshotSource } from './live/definition.ts'
import {
  ANY,
  type LiveClient,
  type LiveState,
  listenTo,
  OFFLINE,
  type OutboxOptions,
  type OutboxStorage,
} from './live/records.ts'
import type { Requests } from './optimistic/beginSend.ts'
import { holdOps, opsFor } from './optimistic/pendingMutations.ts'
import { type AnyChange, type Change, targeted, targetOf } from './optimistic/targetedOp.ts'
import { removeOwnMutations } from './optimistic/watchMutations.ts'
import type { QueryClient } from './tanstack.ts'

/** Payloads by event type, as the manager's protocol declares them; any type with any payload where it declares none. */
export type EventsOf<P extends Protocol> = [EventName<P>] extends [never]
  ? Record<string, unknown>
  : { [T in EventName<P>]: EventPayload<P, T> }

/** Parameters and results by request type; any type where the protocol declares none. */
export type RequestsOf<P extends Protocol> = [RequestName<P>] extends [never]
  ? Requests
  : { readonly [T in RequestName<P>]: { params: RequestParams<P, T>; result: RequestResult<P, T> } }

/** One live layer over a manager: definitions in, plain TanStack options out. */
export interface Live<Events = Record<string, unknown>, R extends Requests = Requests> {
  /** A flat list, e.g. the rooms of a user. Returns `(params?) => queryOptions`. */
  list<
    Item,
    P extends object = NoParams,
    K extends Id = Id,
    Source extends SnapshotSource<P, undefined, R> = SnapshotSource<P, undefined, R>,
  >(
    name: string,
    options: ListOptions<P, Events, Item, K, Source> & HoldsItems<Source, R, Item>,
  ): LiveList<P, Item, KeyIn<K, Item>, BesideOf<Source, R, Item>>
  /** A history in pages, e.g. the messages of a room. Returns `(params, { around?, pageSize? }?) => infiniteQueryOptions`. */
  timeline<
    Item,
    P extends object = NoParams,
    K extends Id = Id,
    Source extends SnapshotSource<P, TimelinePageParam, R> = SnapshotSource<P, TimelinePageParam, R>,
  >(
    name: string,
    options: TimelineOptions<P, Events, Item, K, Source> & HoldsItems<Source, R, Item>,
  ): LiveTimeline<P, Item, KeyIn<K, Item>>
  /** A single value. Returns `(params?) => queryOptions`. */
  value<
    Value,
    P extends object = NoParams,
    Source extends SnapshotSource<P, undefined, R> = SnapshotSource<P, undefined, R>,
  >(
    name: string,
    options: ValueOptions<P, Events, Value, Source> & IsValue<Source, R, Value>,
  ): LiveValue<P, Value>
  /** A write with an optimistic overlay. Returns `(params?) => mutationOptions`. */
  mutation<Variables, Result = unknown, P extends object = NoParams>(
    name: string,
    options: MutationDefinitionOptions<P, Variables, Result, R>,
  ): LiveMutation<P, Variables, Result>
  /**
   * Attaches to a QueryClient: from now on its live queries subscribe while they are used. Nothing connects before a
   * live query is fetched or observed. Returns the way back; calls may nest. @throws LiveError `misconfigured` where
   * another live with the same names is connected to it.
   */
  connect(queryClient: QueryClient): () => void
  /** Applies what the application itself knows, e.g. `live.apply([rooms.remove({}, id)])`, as if an event had said it. */
  apply(changes: readonly Change[]): void
  /** Asks for a new snapshot of the queries of a definition that are in use. */
  refresh(definition: string, params?: Params): void
  /**
   * For signing out: forgets all live data, and what waits or failed of whoever is here; nothing of other users. Resolves
   * when it is gone from the outbox, too.
   */
  forget(): Promise<void>
  /**
   * Keeps what waits to be sent one by one, until it has been sent or discarded: over reloads and crashes, and for all tabs,
   * which show it and leave it to one of them to send. Call it before anything is sent; returns how to stop.
   *
   * @example
   * ```ts
   * live.persistOutbox({ storage: indexedDbOutbox(), user: () => session.userId })
   * ```
   */
  persistOutbox(options: OutboxOptions & { readonly storage: OutboxStorage }): () => void
  /** The data of a definition's queries that are in use, where nothing is known to be missing. */
  current(definition: string, params?: Params): unknown[]
  /** Whether a query is current, and since when. `queryHash`: TanStack's `hashKey(queryKey)`, where it is known. */
  status(queryClient: QueryClient, queryKey: readonly unknown[], queryHash?: string): LiveState
  /** What the application itself knows better than the server, for a while: lies over the data until it is held anew. */
  hold(queryClient: QueryClient, holder: object, changes: readonly AnyChange[]): void
  /** Optimistic ops for a query, also before it has data to show them in. The same array while nothing changed. */
  optimistic(queryClient: QueryClient, queryKey: readonly unknown[]): readonly Op<unknown>[]
  /**
   * Calls back, once in a turn, when the status or the optimistic ops of some live query have changed. `queryHash`
   * (TanStack's `hashKey(queryKey)`): only when the status of that query has.
   */
  subscribe(queryClient: QueryClient, listener: () => void, queryHash?: string): () => void
}

/** What `createLive` needs of a manager. */
interface PortHolder {
  readonly port: LivePort
}

/**
 * Makes TanStack Query live: define lists, timelines and values once, use them with `useQuery`, `useInfiniteQuery`,
 * Suspense, loaders and devtools like any other options.
 *
 * @example
 * ```ts
 * const live = createLive({ manager })
 * export const prices = live.list('prices', {
 *   item: Price, id: (price) => price.symbol,
 *   snapshot: 'get_prices',
 *   events: { price_changed: patch((event) => event) },
 * })
 * live.connect(queryClient)
 * ```
 */
export function createLive<P extends Protocol>(
  options: LiveOptions & { readonly manager: WebSocketManager<P> },
): Live<EventsOf<P>, RequestsOf<P>>
export function createLive(options: LiveOptions & { readonly manager: PortHolder }): Live
export function createLive({ manager, ...options }: LiveOptions & { readonly manager: PortHolder }): Live {
  return createLiveWith(createRegistry(manager.port, options))
}

export interface LiveOptions {
  /**
   * Put in front of every name, so that several of them can share a QueryClient; without it the second one to be
   * connected with the same names is refused. @default none
   */
  readonly scope?: string | undefined
  /**
   * The id of who is signed in, where neither a token nor the server's greeting says it. What one user wrote, no other
   * one sends or sees as his own.
   */
  readonly user?: (() => Id | undefined) | undefined
}

/** Which live a query is of, where that is connected. */
export function liveOf(queryClient: QueryClient, queryKey: readonly unknown[]): Live | undefined {
  return registryOf(queryClient, queryKey)?.live as Live | undefined
}

function createLiveWith(registry: Registry): Live {
  const live: Live = {
    ...definitionsOf(registry),
    connect: (queryClient) => connect(registry, queryClient),
    apply(changes) {
      for (const client of clientsOf(registry)) tellChanges(client, changes)
    },
    refresh(definition, params = {}) {
      for (const client of clientsOf(registry)) doubtQueries(client, { definition, params })
    },
    async forget() {
      const forgetting = clientsOf(registry).map((client) => {
        // First what it is shown in: all of it goes in one write.
        forgetData(client)
        removeOwnMutations(client.pendingMutations)
        return client.outbox?.forget()
      })
      await Promise.all(forgetting)
    },
    persistOutbox({ storage, ...options }) {
      const open = (client: LiveClient) => storage.open(client, { user: registry.user, ...options })
      setOutbox(registry, open)
      return () => {
        if (registry.openOutbox === open) setOutbox(registry, undefined)
      }
    },
    current: (definition, params = {}) =>
      clientsOf(registry).flatMap((client) => currentData(client, { definition, params })),
    status(queryClient, queryKey, queryHash) {
      const client = findClient(registry, queryClient)
      return (client && liveQueryFor(client, queryKey, queryHash)?.status) ?? OFFLINE
    },
    hold(queryClient, holder, changes) {
      const client = clientOf(registry, queryClient)
      if (client) holdOps(client.pendingMutations, holder, changes.map(targeted))
    },
    optimistic(queryClient, [, name, params]) {
      const client = findClient(registry, queryClient)
      const definition = registry.definitions.get(String(name))
      if (!client || !definition) return NO_OPS
      return opsFor(client.pendingMutations, targetOf(definition.name, (params ?? {}) as Params))
    },
    subscribe(queryClient, listener, queryHash = ANY) {
      clientOf(registry, queryClient)
      return listenTo(listenersOf(registry, queryClient), queryHash, listener)
    },
  }
  registry.live = live
  return live
}

function setOutbox(registry: Registry, open: Registry['openOutbox']): void {
  registry.openOutbox = open
  for (const client of clientsOf(registry)) {
    client.outbox?.stop()
    client.outbox = open?.(client)
  }
}

function definitionsOf(registry: Registry): Pick<Live, 'list' | 'timeline' | 'value' | 'mutation'> {
  return {
    list: (name, options) => defineList(registry, name, options),
    timeline: (name, options) => defineTimeline(registry, name, options),
    value: (name, options) => defineValue(registry, name, options),
    mutation: (name, options) => defineMutation(registry, name, options),
  }
}
