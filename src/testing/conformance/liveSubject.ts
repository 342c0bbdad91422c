/** The query layer as the subject of a conformance run: plain observers over live options. */

import { shouldDehydrateMutation } from '../../query/define/mutation.ts'
import {
  type DefaultError,
  dehydrate,
  hashKey,
  hydrate,
  InfiniteQueryObserver,
  MutationObserver,
  type MutationObserverOptions,
  QueryClient,
  QueryObserver,
} from '../../query/tanstack.ts'
import type { LivePort } from '../../transport/port.ts'
import type { ConformanceItem, ConformanceLevel } from './backEnd.ts'
import { defineLiveData, type Sharing } from './liveDefinitions.ts'
import { portOf } from './pagePort.ts'
import { copyOf, type QuerySnapshot, shownIn } from './shown.ts'
import type { OverlappingCall, Shown, Subject, Target } from './subject.ts'
import { isPaged, ROOM, targetsOf, wholeOptions } from './targetOptions.ts'

const ignore = () => undefined

export interface LiveSubjectOptions {
  readonly port: LivePort
  readonly level: ConformanceLevel
  /** Where the window around an item starts. */
  readonly around: number
  /** Pages a timeline may hold; all of them where absent. */
  readonly maxPages?: number | undefined
  /** What the observers ask for in place of the layer's own; nothing where absent. */
  readonly structuralSharing?: boolean | undefined
  readonly sharing: Sharing
}

type Watcher = (target: Target, shown: Shown) => void

interface Observed {
  readonly stop: () => void
  readonly page: (how: 'fetchNextPage' | 'fetchPreviousPage', cancelRefetch?: boolean) => void
  readonly refetch: () => void
}

interface Page {
  readonly data: ReturnType<typeof defineLiveData>
  readonly options: LiveSubjectOptions
  readonly mounted: Map<Target, Observed>
  /** How to end what was opened. */
  readonly channels: Set<() => void>
  client: QueryClient
  disconnect: () => void
  /** How much newer than everything here the next foreign cache pretends to be. */
  skew: number
  readonly watchers: Set<Watcher>
  /** What the application has read of a query, before anything else became of it. */
  readonly read: Map<Target, unknown>
}

export function createLiveSubject(options: LiveSubjectOptions): Subject {
  const page = openPage(options)
  const { data } = page
  const one = (target: Target) => ({ queryKey: keyOf(page, target), exact: true })
  return {
    targets: targetsOf(options),
    mount: (target) => mount(page, target),
    unmount: (target) => unmount(page, target),
    isMounted: (target) => page.mounted.has(target),
    older: (target) => page.mounted.get(target)?.page('fetchNextPage'),
    newer: (target) => page.mounted.get(target)?.page('fetchPreviousPage'),
    invalidate: (target) => void page.client.invalidateQueries(one(target)).catch(ignore),
    cancel: (target) => void page.client.cancelQueries(one(target)).catch(ignore),
    overlap: (target, calls) => overlap(page, target, calls),
    writeBack: (target, how) => writeBack(page, target, how),
    remove: (target) => page.client.removeQueries(one(target)),
    watch(listener) {
      page.watchers.add(listener)
      return () => void page.watchers.delete(listener)
    },
    isSending: (clientId) => isSending(page.client, clientId),
    shown: (target) => shownIn(page.client.getQueryCache().find(one(target))?.state),
    send: (text) => mutate(page, data.send(ROOM), text),
    edit: (id, text) => mutate(page, data.edit(ROOM), { id, text }),
    settleFailed: (how) => settleFailed(page.client, how),
    save: () => JSON.stringify(dehydrate(page.client, { shouldDehydrateMutation })),
    reload: (saved) => reload(page, saved),
    receive(saved) {
      const state = JSON.parse(saved)
      page.skew += 1_000_000
      for (const query of state.queries) query.state.dataUpdatedAt += page.skew
      hydrate(page.client, { queries: state.queries })
    },
    stop() {
      for (const target of [...page.mounted.keys()]) unmount(page, target)
      page.disconnect()
      page.client.clear()
    },
  }
}

function openPage(options: LiveSubjectOptions): Page {
  const channels = new Set<() => void>()
  const data = defineLiveData(portOf(options.port, channels), options.level, options.sharing)
  const client = createClient()
  const page: Page = {
    data,
    options,
    channels,
    mounted: new Map(),
    client,
    disconnect: data.live.connect(client),
    skew: 0,
    watchers: new Set(),
    read: new Map(),
  }
  watchCache(page)
  return page
}

const createClient = () =>
  new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } } })

function timelineOptions({ data, options: { around, maxPages } }: Page, target: 'newest' | 'around') {
  const options = data.items(ROOM, target === 'around' ? { around } : {})
  return maxPages === undefined ? options : { ...options, maxPages }
}

const sharingOf = ({ options: { structuralSharing } }: Page) =>
  structuralSharing === undefined ? {} : { structuralSharing }

function keyOf(page: Page, target: Target): readonly unknown[] {
  return (isPaged(target) ? timelineOptions(page, target) : wholeOptions(page, target)).queryKey
}

function mount(page: Page, target: Target): void {
  if (!page.mounted.has(target)) page.mounted.set(target, observe(page, target))
}

function observe(page: Page, target: Target): Observed {
  const { client } = page
  const tell = (result: QuerySnapshot) => tellWatchers(page, target, result)
  if (isPaged(target)) {
    const options = timelineOptions(page, target)
    const observer = new InfiniteQueryObserver(client, { ...options, ...sharingOf(page) })
    return {
      stop: observer.subscribe(tell),
      page: (how, cancelRefetch = false) => void observer[how]({ cancelRefetch }).catch(ignore),
      refetch: () => void observer.refetch().catch(ignore),
    }
  }
  const observer = new QueryObserver<unknown>(client, {
    ...wholeOptions(page, target),
    ...sharingOf(page),
  })
  return {
    stop: observer.subscribe(tell),
    page: ignore,
    refetch: () => void observer.refetch().catch(ignore),
  }
}

function tellWatchers(page: Page, target: Target, state: QuerySnapshot): void {
  const shown = page.watchers.size > 0 ? shownIn(state) : undefined
  const isLive = shown && page.data.live.status(page.client, keyOf(page, target)).status === 'live'
  if (shown) for (const watcher of page.watchers) watcher(target, { ...shown, isLive })
}

/** Of the present client; a reload makes another one. */
function watchCache(page: Page): void {
  const targets = new Map(targetsOf(page.options).map((target) => [hashKey(keyOf(page, target)), target]))
  page.client.getQueryCache().subscribe(({ type, query }) => {
    const target = targets.get(query.queryHash)
    if (type === 'updated' && target) tellWatchers(page, target, query.state)
  })
}

function overlap(page: Page, target: Target, calls: readonly OverlappingCall[]): void {
  const { client, mounted } = page
  const observed = mounted.get(target)
  const queryKey = keyOf(page, target)
  for (const call of calls) {
    if (call === 'invalidate') client.invalidateQueries({ queryKey, exact: true }).catch(ignore)
    else if (call === 'refetch') observed?.refetch()
    else observed?.page(call === 'older' ? 'fetchNextPage' : 'fetchPreviousPage', true)
  }
}

function isSending(client: QueryClient, clientId: string): boolean {
  const mutations = client.getMutationCache().getAll()
  return mutations.some(
    ({ state }) => (state.context as { clientId?: string } | undefined)?.clientId === clientId,
  )
}

/** It adds nothing and removes nothing; what it read earlier may lack what has come since. */
function writeBack(page: Page, target: Target, how: 'same' | 'copy' | 'earlier'): void {
  const { client, read } = page
  const key = keyOf(page, target)
  const now = client.getQueryData(key)
  const data = how === 'earlier' ? (read.get(target) ?? now) : now
  read.set(target, now)
  if (data === undefined) return
  client.setQueryData(key, how === 'copy' ? copyOf(data) : data)
}

function unmount({ mounted }: Page, target: Target): void {
  mounted.get(target)?.stop()
  mounted.delete(target)
}

function reload(page: Page, saved: string | undefined): void {
  const targets = [...page.mounted.keys()]
  for (const target of targets) unmount(page, target)
  page.disconnect()
  page.client.clear()
  // A page that is gone hears nothing, whatever was still waiting in it.
  for (const end of page.channels) end()
  page.channels.clear()
  page.client = createClient()
  page.read.clear()
  watchCache(page)
  hydrate(page.client, saved === undefined ? {} : JSON.parse(saved))
  page.disconnect = page.data.live.connect(page.client)
  for (const target of targets) mount(page, target)
}

function mutate<Variables>(
  { client }: Page,
  // biome-ignore format: one line per type parameter says nothing
  options: MutationObserverOptions<ConformanceItem | undefined, DefaultError, Variables, { readonly clientId: string }>,
  variables: Variables,
): Promise<unknown> {
  return new MutationObserver(client, options).mutate(variables)
}

function settleFailed(client: QueryClient, how: 'retry' | 'discard'): void {
  const cache = client.getMutationCache()
  for (const mutation of cache.getAll()) {
    if (mutation.state.status !== 'error') continue
    if (how === 'discard') cache.remove(mutation)
    else mutation.execute(mutation.state.variables).catch(ignore)
  }
}
