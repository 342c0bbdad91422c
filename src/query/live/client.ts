/**
 * The engine for one QueryClient: turns cache events into leases, channel events into writes, and fetch results into
 * landings. It writes through the writer only, and never throws inside a cache listener: TanStack would turn that
 * into a failed fetch.
 */

import { LiveError } from '../../transport/errors.ts'
import { createCoalescer } from '../cache/coalescer.ts'
import { cancel, OWNER_KEY, ownersIn, refetch, reset, setOwner, shareUnder } from '../cache/writer.ts'
import { keyName, LIVE_KEY, type Params } from '../keys.ts'
import { isNobody, isSame } from '../optimistic/author.ts'
import type { Change, MutationDefinition } from '../optimistic/pendingMutation.ts'
import {
  createOutbox,
  opsFor,
  refresh as refreshOutbox,
  startOutbox,
} from '../optimistic/pendingMutations.ts'
import { clearChannel, createChannelHub } from '../stream/channelHub.ts'
import {
  hashKey,
  type Mutation,
  notifyManager,
  type Query,
  type QueryCacheNotifyEvent,
  type QueryClient,
} from '../tanstack.ts'
import { cacheChanged, endFetch } from './fetch.ts'
import { LINGER_MS, linger } from './linger.ts'
import { applyReply, attach, createEntry, detach, distrust, flush } from './liveQuery.ts'
import {
  announce,
  type Entry,
  type Listeners,
  type LiveClient,
  type Registry,
  statusChanged,
} from './state.ts'

export function createLiveClient(
  queryClient: QueryClient,
  registry: Registry,
  listeners: Listeners,
): LiveClient {
  const { port } = registry
  const cache = queryClient.getQueryCache()
  const client: LiveClient = {
    queryClient,
    registry,
    hub: createChannelHub(port),
    coalescer: createCoalescer(port.clock, (asked) => flushAll(client, asked)),
    outbox: createOutbox({
      cache: queryClient.getMutationCache(),
      definitionOf: (name) => registry.mutations.get(name),
      authors: registry.authors,
      createId: port.clock.createId,
      restored: (mutation) => resume(queryClient, mutation),
      // At once: what a user has just done does not wait for the next frame.
      changed: () => flushAll(client, []),
    }),
    entries: new Map(),
    lingering: new Map(),
    listeners,
    news: new Set(),
    stop() {
      unsubscribe()
      client.coalescer.stop()
      stopOutbox()
      stopAuthors()
      for (const [query, entry] of client.entries) {
        // Nobody is there to be shown an error, and whoever comes back asks again.
        if (entry.fetches.size > 0 && !query.isActive()) cancel(query)
        release(client, entry)
      }
      client.entries.clear()
    },
  }
  for (const definition of registry.mutations.values()) setMutationDefaults(client, definition)
  // Nothing of the former user stays, be it for a moment.
  checkOwner(client)
  const stopAuthors = registry.authors.subscribe(client, checkOwner)
  const stopOutbox = startOutbox(client.outbox)
  shareUnder(queryClient, [LIVE_KEY])
  const unsubscribe = cache.subscribe((event) => {
    try {
      onCacheEvent(client, event)
    } catch (cause) {
      port.report({ type: 'error', error: new LiveError('misconfigured', String(cause), { cause }) })
    }
  })
  for (const query of cache.getAll()) {
    const entry = entryOf(client, query)
    if (entry) lease(client, query, entry)
  }
  return client
}

/** A mutation out of a restored cache knows its key and nothing else. */
export function setMutationDefaults(
  { queryClient, registry }: LiveClient,
  { name, options }: MutationDefinition,
): void {
  queryClient.setMutationDefaults([LIVE_KEY, keyName(registry, name)], options)
}

function resume(queryClient: QueryClient, mutation: Mutation): void {
  const { options, state } = mutation
  mutation.setOptions({ ...queryClient.getMutationDefaults(options.mutationKey ?? []), ...options })
  if (state.status !== 'pending') return
  // In the order in which they were started, once the whole cache is there.
  queueMicrotask(() => {
    mutation.continue().catch(() => {
      // The mutation's own state carries the error.
    })
  })
}

export function entryFor(client: LiveClient, queryKey: readonly unknown[]): Entry | undefined {
  const cache = client.queryClient.getQueryCache()
  // Looking through all of them is for those that are hashed in another way.
  const query = cache.get(hashKey(queryKey)) ?? cache.find({ queryKey, exact: true })
  return query && entryOf(client, query)
}

function entryOf(client: LiveClient, query: Query): Entry | undefined {
  const { entries, registry } = client
  const known = entries.get(query)
  if (known) return known
  const [scope, name] = query.queryKey
  const definition = scope === LIVE_KEY ? registry.definitions.get(String(name)) : undefined
  if (!definition) return undefined
  const entry = createEntry(client, query, definition)
  entries.set(query, entry)
  return entry
}

function flushAll(client: LiveClient, asked: readonly Entry[]): void {
  const { entries, outbox } = client
  const hasNews = refreshOutbox(outbox)
  // Together with the ops that end: what an event says takes the place of what anticipated it.
  const others = hasNews
    ? [...entries.values()].filter((entry) => opsFor(outbox, entry.target) !== entry.picture.shown)
    : []
  notifyManager.batch(() => {
    for (const entry of new Set([...asked, ...others])) flush(entry)
  })
  if (hasNews) announce(client)
}

/** Somebody else is here: the data is asked for anew, by whoever looks at it. */
export function forget(client: LiveClient): void {
  for (const channel of client.hub.channels.values()) clearChannel(channel)
  for (const entry of client.entries.values()) {
    Object.assign(entry, { pending: [], replies: [], landing: undefined })
    statusChanged(entry)
  }
  reset(client.queryClient, (query) => client.entries.has(query))
}

/** Live data says whose it is, also in storage: what somebody else has stored is not shown to whoever is here. */
function checkOwner(client: LiveClient, isOther = false): void {
  const { queryClient, registry } = client
  const { authors, scope } = registry
  const { who } = authors.begin()
  if (isOther || ownersIn(queryClient, scope).some((owner) => isSame(owner, who) === false)) forget(client)
  if (!isNobody(who)) setOwner(queryClient, who, scope)
}

/** Wanted: observed by an enabled observer, or being fetched (Suspense and loaders have no observer yet). */
function lease(client: LiveClient, query: Query, entry: Entry): void {
  const { lingering, registry } = client
  if (query.isActive() || query.state.fetchStatus !== 'idle') {
    lingering.get(query)?.()
    lingering.delete(query)
    try {
      attach(entry)
    } catch {
      // Its queryFn meets the same, where it is the query's error.
      if (query.state.fetchStatus === 'idle' && query.state.status !== 'error') refetch(query)
    }
  } else if (entry.channel && !lingering.has(query)) {
    const end = () => release(client, entry, LINGER_MS)
    lingering.set(query, linger(registry.port.clock, lingering, end))
  }
}

function release(client: LiveClient, entry: Entry, idleMs?: number): void {
  const { query } = entry
  client.lingering.get(query)?.()
  client.lingering.delete(query)
  detach(entry, idleMs)
}

function onCacheEvent(client: LiveClient, event: QueryCacheNotifyEvent): void {
  const { query } = event
  const entry = entryOf(client, query)
  // A cache out of storage is poured in query by query.
  if (event.type === 'added' && query.queryKey[0] === OWNER_KEY) queueMicrotask(() => checkOwner(client))
  if (!entry) return
  if (event.type === 'removed') {
    for (const fetch of entry.fetches) endFetch(fetch)
    release(client, entry)
    client.entries.delete(query)
    return
  }
  // A query that was removed can still have observers; it must not subscribe again.
  if (client.queryClient.getQueryCache().get(query.queryHash) !== query) return
  lease(client, query, entry)
  if (event.type !== 'updated') return
  const { type } = event.action
  if (type === 'error' || type === 'setState') cacheChanged(entry, type)
  if (type === 'success') cacheChanged(entry, event.action.manual ? 'manual' : type)
}

/** What the server has confirmed, as if an event had said it. */
export function applyChanges({ entries }: LiveClient, changes: readonly Change[], isNews = true): void {
  for (const entry of entries.values()) {
    const own = changes.filter((change) => targets(entry, change))
    applyReply(
      entry,
      own.map(({ op }) => op),
      isNews,
    )
  }
}

/** Asks for a new snapshot of the queries of a definition that are in use. */
export function refresh(
  { entries }: LiveClient,
  of: { readonly definition: string; readonly params: Params },
): void {
  for (const entry of entries.values()) if (targets(entry, of)) distrust(entry)
}

/** What the queries of a definition hold that are in use, and live as far as anybody knows. */
export function current(
  { entries }: LiveClient,
  of: { readonly definition: string; readonly params: Params },
): unknown[] {
  return [...entries.values()].flatMap((entry) => {
    const isLive = targets(entry, of) && entry.query.isActive() && entry.state.status === 'live'
    return isLive ? [entry.query.state.data] : []
  })
}

function targets(
  entry: Entry,
  { definition, params }: { readonly definition: string; readonly params: Params },
): boolean {
  if (definition !== entry.definition.name) return false
  return Object.entries(params).every(([name, value]) => String(entry.params[name]) === String(value))
}
