/**
 * The engine for one QueryClient: turns cache events into leases, channel events into writes, and fetch results into
 * landings. It writes through the writer only, and never throws inside a cache listener: TanStack would turn that
 * into a failed fetch.
 */
import type { Mutation, Query, QueryCacheNotifyEvent, QueryClient } from '@tanstack/react-query'
import type { LivePort } from '../transport/port.ts'
import { type ChannelHub, createChannelHub } from './channelHub.ts'
import { createCoalescer } from './coalescer.ts'
import { type Definition, LIVE_KEY, type Params } from './definition.ts'
import {
  apply,
  attach,
  cacheChanged,
  createEntry,
  detach,
  distrust,
  type Entry,
  flush,
  type LiveState,
  OFFLINE,
  stateOf,
} from './entry.ts'
import type { Op } from './ops.ts'
import { type Change, createOutbox, type MutationDefinition, type Outbox, targetOf } from './outbox.ts'
import type { Share } from './share.ts'
import { createWriter } from './writer.ts'

export interface Registry {
  readonly definitions: ReadonlyMap<string, Definition>
  readonly mutations: ReadonlyMap<string, MutationDefinition>
  /** Entry of every live query, for options that are given the query only. */
  readonly entries: WeakMap<object, Entry>
  readonly share: Share
}

export interface LiveClient {
  readonly hub: ChannelHub
  readonly outbox: Outbox
  defineMutation(definition: MutationDefinition): void
  entryOf(query: Query): Entry | undefined
  entryFor(queryKey: readonly unknown[]): Entry | undefined
  /** What the server has confirmed, as if an event had said it. */
  apply(changes: readonly Change[]): void
  refresh(definition: string, params: Params): void
  /** Optimistic ops for a query, also before it has data. The same array while nothing changed. */
  optimistic(queryKey: readonly unknown[]): readonly Op<unknown>[]
  subscribe(listener: () => void): () => void
  status(queryKey: readonly unknown[]): LiveState
  stop(): void
}

/** How long a channel outlives its last reader: route changes, StrictMode and slow Suspense commits. Milliseconds. */
const LINGER_MS = 5_000

export function createLiveClient(queryClient: QueryClient, port: LivePort, registry: Registry): LiveClient {
  const cache = queryClient.getQueryCache()
  const writer = createWriter(queryClient)
  const hub = createChannelHub(port)
  const entries = new Map<Query, Entry>()
  const lingering = new Map<Query, () => void>()
  const dirty = new Set<Entry>()
  const listeners = new Set<() => void>()
  const coalescer = createCoalescer(port.clock, flushAll)

  function restored(mutation: Mutation): void {
    // Restored before this was connected, it knows nothing but its key.
    const { options } = mutation
    mutation.setOptions({ ...queryClient.getMutationDefaults(options.mutationKey ?? []), ...options })
    if (mutation.state.status !== 'pending') return
    // In the order in which they were started, once the whole cache is there.
    queueMicrotask(() => {
      mutation.continue().catch(() => {
        // The mutation's own state carries the error.
      })
    })
  }

  /** A mutation out of a restored cache knows its key and nothing else. */
  function defineMutation({ name, options }: MutationDefinition): void {
    queryClient.setMutationDefaults([LIVE_KEY, name], options)
  }

  for (const definition of registry.mutations.values()) defineMutation(definition)
  const outbox = createOutbox({
    cache: queryClient.getMutationCache(),
    definitionOf: (name) => registry.mutations.get(name),
    createId: port.clock.createId,
    restored,
    changed() {
      for (const entry of entries.values()) requestFlush(entry)
      notify()
    },
  })

  const host = {
    port,
    hub,
    requestFlush,
    write(query: Query, data: unknown) {
      // Writing to a query that left the cache would bring a new one to life under its key.
      if (cache.get(query.queryHash) === query) writer.write(query, data)
    },
    refetch: writer.refetch,
    optimistic: (entry: Entry) => outbox.opsFor(entry.target),
    confirm(entry: Entry, op: Op<unknown>) {
      const { confirms } = entry.definition.strategy
      if (!confirms) return op
      return outbox.confirm(entry.target, (pending) => confirms(pending, op)) ?? op
    },
    statusChanged: notify,
    finished: registry.share.finished,
  }

  function entryOf(query: Query): Entry | undefined {
    const known = entries.get(query)
    if (known) return known
    const [scope, name] = query.queryKey
    const definition = scope === LIVE_KEY ? registry.definitions.get(String(name)) : undefined
    if (!definition) return undefined
    const entry = createEntry(host, query, definition)
    entries.set(query, entry)
    registry.entries.set(query, entry)
    return entry
  }

  function requestFlush(entry: Entry): void {
    dirty.add(entry)
    coalescer.request()
  }

  function flushAll(): void {
    const batch = [...dirty]
    dirty.clear()
    writer.batch(() => {
      for (const entry of batch) flush(entry)
    })
  }

  function notify(): void {
    for (const listener of listeners) listener()
  }

  /** Wanted: observed by an enabled observer, or being fetched (Suspense and loaders have no observer yet). */
  function lease(query: Query, entry: Entry): void {
    const isWanted = query.isActive() || query.state.fetchStatus !== 'idle'
    if (isWanted) {
      lingering.get(query)?.()
      lingering.delete(query)
      attach(entry)
    } else if (!lingering.has(query) && entry.channel) {
      lingering.set(
        query,
        port.clock.setTimer(() => release(query, entry), LINGER_MS),
      )
    }
  }

  function release(query: Query, entry: Entry): void {
    lingering.get(query)?.()
    lingering.delete(query)
    detach(entry)
    notify()
  }

  function onCacheEvent(event: QueryCacheNotifyEvent): void {
    const { query } = event
    const entry = entryOf(query)
    if (!entry) return
    if (event.type === 'removed') {
      release(query, entry)
      entries.delete(query)
      return
    }
    // A query that was removed can still have observers; it must not subscribe again.
    if (cache.get(query.queryHash) !== query) return
    lease(query, entry)
    if (event.type !== 'updated') return
    const { type } = event.action
    if (type === 'error' || type === 'setState') cacheChanged(entry, type)
    if (type === 'success') cacheChanged(entry, event.action.manual ? 'manual' : type)
  }

  writer.setDefaults([LIVE_KEY], { structuralSharing: registry.share.structuralSharing })
  const unsubscribe = cache.subscribe(onCacheEvent)
  for (const query of cache.getAll()) {
    const entry = entryOf(query)
    if (entry) lease(query, entry)
  }

  function entryFor(queryKey: readonly unknown[]): Entry | undefined {
    const query = cache.find({ queryKey, exact: true })
    return query && entryOf(query)
  }

  return {
    hub,
    outbox,
    defineMutation,
    entryOf,
    entryFor,
    apply(changes) {
      for (const entry of entries.values()) {
        const own = changes.filter((change) => targets(change.definition, change.params, entry))
        apply(
          entry,
          own.map(({ op }) => ({ op, seq: undefined })),
        )
      }
    },
    refresh(definition, params) {
      for (const entry of entries.values()) if (targets(definition, params, entry)) distrust(entry)
    },
    optimistic: ([, name, params]) => outbox.opsFor(targetOf(String(name), (params ?? {}) as Params)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status: (queryKey) => stateIn(entryFor(queryKey)),
    stop() {
      unsubscribe()
      coalescer.stop()
      outbox.stop()
      for (const [query, entry] of entries) release(query, entry)
      entries.clear()
    },
  }
}

function stateIn(entry: Entry | undefined): LiveState {
  return entry ? stateOf(entry) : OFFLINE
}

function targets(definition: string, params: Params, entry: Entry): boolean {
  if (definition !== entry.definition.name) return false
  return Object.entries(params).every(([name, value]) => String(entry.params[name]) === String(value))
}
