/**
 * The engine for one QueryClient: tells its live queries what happens in the caches. It writes through the writer only, and
 * never throws inside a cache listener: TanStack would turn that into a failed fetch.
 */
import { mistakeOf } from '../../transport/errors.ts'
import { createCoalescer } from '../cache/coalescer.ts'
import { META_KEY } from '../cache/meta.ts'
import { cancel, endForeignFetch, OWNER_KEY, ownersIn, reset, setOwner } from '../cache/writer.ts'
import { isId } from '../fold/items.ts'
import { keyName, LIVE_KEY, type Params } from '../keys.ts'
import { isNobody, isSame } from '../optimistic/author.ts'
import type { MutationDefinition } from '../optimistic/pendingMutation.ts'
import { createPendingMutations, refreshOps } from '../optimistic/pendingMutations.ts'
import type { AnyChange } from '../optimistic/targetedOp.ts'
import { watchMutations } from '../optimistic/watchMutations.ts'
import { clearChannel, createChannelHub } from '../stream/channelHub.ts'
import {
  hashKey,
  type Mutation,
  notifyManager,
  type Query,
  type QueryCacheNotifyEvent,
  type QueryClient,
} from '../tanstack.ts'
import { adoptForeign, leave, tell } from './driver.ts'
import { endFetch } from './fetch.ts'
import { createLiveQuery, flush, tellOps } from './liveQuery.ts'
import { announce, type Declarations, type Listeners, type LiveClient, type LiveQuery } from './records.ts'
import { isActive, shownIn } from './surroundings.ts'

export function createLiveClient(
  queryClient: QueryClient,
  declarations: Declarations,
  listeners: Listeners,
): LiveClient {
  const { port } = declarations
  const cache = queryClient.getQueryCache()
  const client: LiveClient = {
    queryClient,
    declarations,
    hub: createChannelHub(port),
    coalescer: createCoalescer(port.clock, (asked) => flushAll(client, asked)),
    pendingMutations: createPendingMutations({
      cache: queryClient.getMutationCache(),
      definitionOf: (name) => declarations.mutations.get(name),
      authors: declarations.authors,
      createId: port.clock.createId,
      resume: (mutation) => resume(queryClient, mutation),
      // At once: what a user has just done does not wait for the next frame.
      changed: () => flushAll(client, []),
    }),
    liveQueries: new Map(),
    lingering: new Map(),
    listeners,
    news: new Set(),
    toldAt: -Infinity,
    stop() {
      unsubscribe()
      client.outbox?.stop()
      for (const stop of [client.coalescer.stop, stopMutations, stopAuthors]) stop()
      for (const [query, live] of client.liveQueries) {
        // Nobody is there to be shown an error, and whoever comes back asks again.
        if (live.fetches.size > 0 && !isActive(query)) cancel(query)
        leave(live)
      }
      client.liveQueries.clear()
    },
  }
  for (const definition of declarations.mutations.values()) setMutationDefaults(client, definition)
  // Nothing of the former user stays, be it for a moment.
  checkOwner(client)
  const stopAuthors = declarations.authors.subscribe(client, checkOwner)
  const stopMutations = watchMutations(client.pendingMutations)
  const unsubscribe = cache.subscribe((event) => {
    try {
      onCacheEvent(client, event)
    } catch (cause) {
      port.report({ type: 'error', error: mistakeOf(cause) })
    }
  })
  for (const query of cache.getAll()) {
    const live = liveQueryOf(client, query)
    if (live) tell(live, { type: 'used' })
  }
  client.outbox = declarations.openOutbox?.(client)
  return client
}

/** A mutation out of a restored cache knows its key and nothing else. */
export function setMutationDefaults(
  { queryClient, declarations }: LiveClient,
  { name, options }: MutationDefinition,
): void {
  queryClient.setMutationDefaults([LIVE_KEY, keyName(declarations, name)], options)
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

/** `queryHash`: as `hashKey` does. */
export function liveQueryFor(
  client: LiveClient,
  queryKey: readonly unknown[],
  queryHash: string = hashKey(queryKey),
): LiveQuery | undefined {
  const cache = client.queryClient.getQueryCache()
  // Looking through all of them is for those that are hashed in another way.
  const query = cache.get(queryHash) ?? cache.find({ queryKey, exact: true })
  return query && liveQueryOf(client, query)
}

function liveQueryOf(client: LiveClient, query: Query): LiveQuery | undefined {
  const { liveQueries, declarations } = client
  const known = liveQueries.get(query)
  if (known) return known
  const [scope, name] = query.queryKey
  const definition = scope === LIVE_KEY ? declarations.definitions.get(String(name)) : undefined
  if (!definition) return undefined
  const live = createLiveQuery(client, query, definition)
  liveQueries.set(query, live)
  return live
}

function flushAll(client: LiveClient, asked: readonly LiveQuery[]): void {
  const { liveQueries, pendingMutations } = client
  const hasNews = refreshOps(pendingMutations)
  // Together with the ops that end: what an event says takes the place of what anticipated it.
  const others = hasNews
    ? [...liveQueries.values()].filter((live) => shownIn(live) !== live.state.picture.shown)
    : []
  notifyManager.batch(() => {
    for (const live of new Set([...asked, ...others])) flush(live)
  })
  if (hasNews) announce(client)
}

/** Somebody else is here: the data is asked for anew, by whoever looks at it. */
export function forgetData(client: LiveClient): void {
  for (const channel of client.hub.channels.values()) clearChannel(channel)
  for (const live of client.liveQueries.values()) {
    tell(live, { type: 'disowned' })
  }
  const { definitions } = client.declarations
  reset(
    client.queryClient,
    (query) =>
      client.liveQueries.has(query) ||
      (query.queryKey[0] === META_KEY && definitions.has(String(query.queryKey[1]))),
  )
}

/** Live data says whose it is, also in storage: what somebody else has stored is not shown to whoever is here. */
function checkOwner(client: LiveClient, isOther = false): void {
  const { queryClient, declarations } = client
  const { authors, scope } = declarations
  const { who } = authors.begin()
  if (isOther || ownersIn(queryClient, scope).some((owner) => isSame(owner, who) === false))
    forgetData(client)
  if (!isNobody(who)) setOwner(queryClient, who, scope)
}

function onCacheEvent(client: LiveClient, event: QueryCacheNotifyEvent): void {
  const { query } = event
  const live = liveQueryOf(client, query)
  // A cache out of storage is poured in query by query.
  if (event.type === 'added' && query.queryKey[0] === OWNER_KEY) queueMicrotask(() => checkOwner(client))
  if (!live) return
  if (event.type === 'removed') {
    for (const fetch of live.fetches) endFetch(fetch)
    leave(live)
    client.liveQueries.delete(query)
    return
  }
  // A query that was removed can still have observers; it must not subscribe again.
  if (client.queryClient.getQueryCache().get(query.queryHash) !== query) return
  if (live.fetches.size === 0 && endForeignFetch(event)) return
  tell(live, { type: 'used' })
  if (event.type === 'updated') cacheChanged(live, event.action)
}

type CacheAction = Extract<QueryCacheNotifyEvent, { type: 'updated' }>['action']

/** A fetch ended one way or the other, or others wrote. */
function cacheChanged(live: LiveQuery, action: CacheAction): void {
  const { data: view, fetchStatus } = live.query.state
  const { type } = action
  if (type === 'success' && !action.manual) tell(live, { type: 'fetched', view })
  else if (type === 'error') tell(live, { type: 'failed' })
  else if (type === 'setState' || (type === 'success' && !Object.is(view, live.state.picture.view))) {
    tell(live, { type: 'overwritten' })
  } else return
  if (fetchStatus === 'idle') for (const fetch of live.fetches) endFetch(fetch)
  adoptForeign(live)
}

/** What the server has confirmed, as if an event had said it. */
export function tellChanges({ liveQueries }: LiveClient, changes: readonly AnyChange[], isNews = true): void {
  for (const live of liveQueries.values()) {
    const ops = changes.flatMap((change) => opFor(live, change, isNews) ?? [])
    tellOps(live, ops, isNews)
  }
}

const opFor = (live: LiveQuery, change: AnyChange, isNews: boolean) =>
  targets(live, change) ? change.op : live.follower?.elsewhere(change, isNews)

/** Asks for a new snapshot of what was changed, wherever it is. */
export function doubtChange({ liveQueries }: LiveClient, change: AnyChange): void {
  for (const live of liveQueries.values()) if (opFor(live, change, false)) tell(live, { type: 'doubted' })
}

/** Asks for a new snapshot of the queries of a definition that are in use. */
export function doubtQueries(
  { liveQueries }: LiveClient,
  of: { readonly definition: string; readonly params: Params },
): void {
  for (const live of liveQueries.values()) if (targets(live, of)) tell(live, { type: 'doubted' })
}

/** What the queries of a definition hold that are in use, and live as far as anybody knows. */
export function currentData(
  { liveQueries }: LiveClient,
  of: { readonly definition: string; readonly params: Params },
): unknown[] {
  return [...liveQueries.values()].flatMap((live) => {
    const isLive = targets(live, of) && isActive(live.query) && live.status.status === 'live'
    return isLive ? [live.query.state.data] : []
  })
}

function targets(live: LiveQuery, { definition, params }: Pick<AnyChange, 'definition' | 'params'>): boolean {
  if (definition !== live.definition.name) return false
  return Object.entries(params).every(([name, value]) => paramText(live.params[name]) === paramText(value))
}

/** Ids are the same if their texts are. */
const paramText = (value: unknown) => (isId(value) ? String(value) : hashKey([value]))
