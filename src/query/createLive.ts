/** `createLive`: the entry point. Definitions in, plain TanStack options out. */

import type { EventName, EventPayload, Protocol, WebSocketManager } from '../transport/index.ts'
import type { Id, LivePort } from '../transport/port.ts'
import { defineList, type ListOptions } from './define/list.ts'
import { defineMutation, type MutationDefinitionOptions } from './define/mutation.ts'
import {
  clientOf,
  clientsOf,
  connect,
  createRegistry,
  findClient,
  listenersOf,
  type Registry,
} from './define/registry.ts'
import { defineTimeline, type TimelineOptions } from './define/timeline.ts'
import { defineValue, type ValueOptions } from './define/value.ts'
import { NO_OPS, type Op } from './fold/op.ts'
import type { Params } from './keys.ts'
import { currentData, doubtQueries, forgetData, liveQueryFor, tellChanges } from './live/client.ts'
import { ANY, type LiveState, listenTo, OFFLINE } from './live/records.ts'
import { holdOps, opsFor } from './optimistic/pendingMutations.ts'
import { type Change, targeted, targetOf } from './optimistic/targetedOp.ts'
import { removeOwnMutations } from './optimistic/watchMutations.ts'
import type { QueryClient } from './tanstack.ts'

/** Payloads by event type, as the manager's protocol declares them; any type with any payload where it declares none. */
export type EventsOf<P extends Protocol> = [EventName<P>] extends [never]
  ? Record<string, unknown>
  : { [T in EventName<P>]: EventPayload<P, T> }

/** What `createLive` needs of a manager. */
interface PortHolder {
  readonly port: LivePort
}

type NoParams = Readonly<Record<never, never>>

export type Live<Events = Record<string, unknown>> = ReturnType<typeof createLiveWith<Events>>

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
): Live<EventsOf<P>>
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

function createLiveWith<Events>(registry: Registry) {
  return {
    /** A flat list, e.g. the rooms of a user. Returns `(params?) => queryOptions`. */
    list: <Item, P = NoParams>(name: string, options: ListOptions<P, Events, Item>) =>
      defineList(registry, name, options),
    /** A history in pages, e.g. the messages of a room. Returns `(params, { around?, pageSize? }?) => infiniteQueryOptions`. */
    timeline: <Item, P = NoParams>(name: string, options: TimelineOptions<P, Events, Item>) =>
      defineTimeline(registry, name, options),
    /** A single value. Returns `(params?) => queryOptions`. */
    value: <Value, P = NoParams>(name: string, options: ValueOptions<P, Events, Value>) =>
      defineValue(registry, name, options),
    /** A write with an optimistic overlay. Returns `(params?) => mutationOptions`. */
    mutation: <Variables, Result = unknown, P = NoParams>(
      name: string,
      options: MutationDefinitionOptions<P, Variables, Result>,
    ) => defineMutation(registry, name, options),
    /**
     * Attaches to a QueryClient: from now on its live queries subscribe while they are used. Nothing connects before a
     * live query is fetched or observed. Returns the way back; calls may nest. @throws LiveError `misconfigured` where
     * another live with the same names is connected to it.
     */
    connect: (queryClient: QueryClient): (() => void) => connect(registry, queryClient),
    /** Applies what the application itself knows, e.g. `live.apply([rooms.remove({}, id)])`, as if an event had said it. */
    apply(changes: readonly Change[]): void {
      for (const client of clientsOf(registry)) tellChanges(client, changes)
    },
    /** Asks for a new snapshot of the queries of a definition that are in use. */
    refresh(definition: string, params: Params = {}): void {
      for (const client of clientsOf(registry)) doubtQueries(client, { definition, params })
    },
    /** For signing out: forgets all live data, and what waits or failed of whoever is here; nothing of other users. */
    forget(): void {
      for (const client of clientsOf(registry)) {
        // First what it is shown in: all of it goes in one write.
        forgetData(client)
        removeOwnMutations(client.pendingMutations)
      }
    },
    /** The data of a definition's queries that are in use, where nothing is known to be missing. */
    current: (definition: string, params: Params = {}): unknown[] =>
      clientsOf(registry).flatMap((client) => currentData(client, { definition, params })),
    /** Whether a query is current, and since when. `queryHash`: TanStack's `hashKey(queryKey)`, where it is known. */
    status(queryClient: QueryClient, queryKey: readonly unknown[], queryHash?: string): LiveState {
      const client = findClient(registry, queryClient)
      return (client && liveQueryFor(client, queryKey, queryHash)?.status) ?? OFFLINE
    },
    /** What the application itself knows better than the server, for a while: lies over the data until it is held anew. */
    hold(queryClient: QueryClient, holder: object, changes: readonly Change[]): void {
      const client = clientOf(registry, queryClient)
      if (client) holdOps(client.pendingMutations, holder, changes.map(targeted))
    },
    /** Optimistic ops for a query, also before it has data to show them in. The same array while nothing changed. */
    optimistic(queryClient: QueryClient, [, name, params]: readonly unknown[]): readonly Op<unknown>[] {
      const client = findClient(registry, queryClient)
      const definition = registry.definitions.get(String(name))
      if (!client || !definition) return NO_OPS
      return opsFor(client.pendingMutations, targetOf(definition.name, (params ?? {}) as Params))
    },
    /**
     * Calls back, once in a turn, when the status or the optimistic ops of some live query have changed. `queryHash`
     * (TanStack's `hashKey(queryKey)`): only when the status of that query has.
     */
    subscribe(queryClient: QueryClient, listener: () => void, queryHash: string = ANY): () => void {
      clientOf(registry, queryClient)
      return listenTo(listenersOf(registry, queryClient), queryHash, listener)
    },
  }
}
