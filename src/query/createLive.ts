/** `createLive`: the entry point. Definitions in, plain TanStack options out. */

import type { Protocol, WebSocketManager } from '../transport/index.ts'
import type { Id, LivePort } from '../transport/port.ts'
import { defineList } from './define/list.ts'
import { defineMutation } from './define/mutation.ts'
import {
  clientOf,
  clientsOf,
  connect,
  createRegistry,
  findClient,
  listenersOf,
  type Registry,
} from './define/registry.ts'
import { defineTimeline } from './define/timeline.ts'
import { defineValue } from './define/value.ts'
import { NO_OPS } from './fold/op.ts'
import type { Params } from './keys.ts'
import { currentData, doubtQueries, forgetData, liveQueryFor, tellChanges } from './live/client.ts'
import { ANY, listenTo, OFFLINE } from './live/records.ts'
import type { EventsOf, Live, RequestsOf } from './liveTypes.ts'
import { holdOps, opsFor } from './optimistic/pendingMutations.ts'
import { targeted, targetOf } from './optimistic/targetedOp.ts'
import { removeOwnMutations } from './optimistic/watchMutations.ts'

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

function createLiveWith(registry: Registry): Live {
  return {
    ...definitionsOf(registry),
    connect: (queryClient) => connect(registry, queryClient),
    apply(changes) {
      for (const client of clientsOf(registry)) tellChanges(client, changes)
    },
    refresh(definition, params = {}) {
      for (const client of clientsOf(registry)) doubtQueries(client, { definition, params })
    },
    forget() {
      for (const client of clientsOf(registry)) {
        // First what it is shown in: all of it goes in one write.
        forgetData(client)
        removeOwnMutations(client.pendingMutations)
      }
    },
    current: (definition, params = {}) =>
      clientsOf(registry).flatMap((client) => currentData(client, { definition, params })),
    status(queryClient, queryKey) {
      const client = findClient(registry, queryClient)
      return (client && liveQueryFor(client, queryKey)?.status) ?? OFFLINE
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
}

function definitionsOf(registry: Registry): Pick<Live, 'list' | 'timeline' | 'value' | 'mutation'> {
  return {
    list: (name, options) => defineList(registry, name, options),
    timeline: (name, options) => defineTimeline(registry, name, options),
    value: (name, options) => defineValue(registry, name, options),
    mutation: (name, options) => defineMutation(registry, name, options),
  }
}
