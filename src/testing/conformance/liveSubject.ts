/** The query layer as the subject of a conformance run: plain observers over live options. */
import {
  type DefaultError,
  dehydrate,
  hydrate,
  InfiniteQueryObserver,
  MutationObserver,
  type MutationObserverOptions,
  QueryClient,
  QueryObserver,
  type QueryState,
} from '@tanstack/react-query'
import { shouldDehydrateMutation } from '../../query/mutation.ts'
import type { TimelineData } from '../../query/pages.ts'
import type { LivePort } from '../../transport/port.ts'
import type { ConformanceItem, ConformanceLevel, ConformanceTopic } from './backEnd.ts'
import { defineLiveData } from './liveDefinitions.ts'
import type { Shown, Subject, Target } from './subject.ts'

const ROOM = { roomId: 1 }
const ignore = () => undefined

export interface LiveSubjectOptions {
  readonly port: LivePort
  readonly level: ConformanceLevel
  /** Where the window around an item starts. */
  readonly around: number
  /** Pages a timeline may hold; all of them where absent. */
  readonly maxPages?: number | undefined
}

interface Observed {
  readonly stop: () => void
  readonly page: (how: 'fetchNextPage' | 'fetchPreviousPage') => void
}

interface Page {
  readonly data: ReturnType<typeof defineLiveData>
  readonly options: LiveSubjectOptions
  readonly mounted: Map<Target, Observed>
  client: QueryClient
  disconnect: () => void
  /** How much newer than everything here the next foreign cache pretends to be. */
  skew: number
}

export function createLiveSubject(options: LiveSubjectOptions): Subject {
  const data = defineLiveData(options.port, options.level)
  const client = createClient()
  const page: Page = {
    data,
    options,
    mounted: new Map(),
    client,
    disconnect: data.live.connect(client),
    skew: 0,
  }
  const one = (target: Target) => ({ queryKey: keyOf(page, target), exact: true })
  return {
    targets: options.level === 0 ? ['newest'] : ['newest', 'around', 'list', 'topic'],
    mount: (target) => mount(page, target),
    unmount: (target) => unmount(page, target),
    older: (target) => page.mounted.get(target)?.page('fetchNextPage'),
    newer: (target) => page.mounted.get(target)?.page('fetchPreviousPage'),
    invalidate: (target) => void page.client.invalidateQueries(one(target)).catch(ignore),
    cancel: (target) => void page.client.cancelQueries(one(target)).catch(ignore),
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

function createClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } } })
}

function timelineOptions({ data, options: { around, maxPages } }: Page, target: 'newest' | 'around') {
  const options = data.items(ROOM, target === 'around' ? { around } : {})
  return maxPages === undefined ? options : { ...options, maxPages }
}

function keyOf(page: Page, target: Target): readonly unknown[] {
  if (target === 'list') return page.data.list(ROOM).queryKey
  return target === 'topic' ? page.data.topic(ROOM).queryKey : timelineOptions(page, target).queryKey
}

function mount(page: Page, target: Target): void {
  const { mounted } = page
  if (!mounted.has(target)) mounted.set(target, observe(page, target))
}

function observe(page: Page, target: Target): Observed {
  const { client, data } = page
  if (target === 'newest' || target === 'around') {
    const observer = new InfiniteQueryObserver(client, timelineOptions(page, target))
    return {
      stop: observer.subscribe(ignore),
      page: (how) => void observer[how]({ cancelRefetch: false }).catch(ignore),
    }
  }
  const observer =
    target === 'list'
      ? new QueryObserver(client, data.list(ROOM))
      : new QueryObserver(client, data.topic(ROOM))
  return { stop: observer.subscribe(ignore), page: ignore }
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
  page.client = createClient()
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

function shownIn(state: QueryState | undefined): Shown | undefined {
  if (!state) return undefined
  const { status, fetchStatus, data } = state
  const base = {
    status,
    fetchStatus,
    hasOlder: false,
    hasNewer: false,
    low: undefined,
    items: [],
    topic: undefined,
  }
  if (data === undefined) return base
  if (Array.isArray(data)) return { ...base, items: data as ConformanceItem[] }
  if (!('pages' in (data as object))) return { ...base, topic: data as ConformanceTopic }
  const { pages } = data as TimelineData<ConformanceItem>
  const oldest = pages.at(-1)
  return {
    ...base,
    hasOlder: oldest?.hasOlder ?? false,
    hasNewer: pages[0]?.hasNewer ?? false,
    low: oldest?.low,
    items: pages.toReversed().flatMap(({ items }) => items),
  }
}
