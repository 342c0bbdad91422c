/** The query layer as the subject of a conformance run: plain observers over live options. */
import {
  dehydrate,
  hydrate,
  InfiniteQueryObserver,
  MutationObserver,
  QueryClient,
  QueryObserver,
} from '@tanstack/react-query'
import { shouldDehydrateMutation } from '../../query/mutation.ts'
import type { TimelineData } from '../../query/pages.ts'
import type { LivePort } from '../../transport/port.ts'
import { defineLiveData, type EditVariables } from './liveDefinitions.ts'
import type { Level } from './modelNetwork.ts'
import type { ModelItem, ModelTopic } from './modelServer.ts'
import type { Shown, Subject, Target } from './subject.ts'

const ROOM = { roomId: 1 }

export interface LiveSubjectOptions {
  readonly port: LivePort
  readonly level: Level
  /** Where the window around an item starts. */
  readonly around: number
  /** Pages a timeline may hold; all of them where absent. */
  readonly maxPages?: number | undefined
}

export function createLiveSubject(options: LiveSubjectOptions): Subject {
  const data = defineLiveData(options.port, options.level)
  const { live } = data
  const mounted = new Map<Target, { observer: InfiniteQueryObserver | QueryObserver; stop(): void }>()
  let skew = 0
  let client = createClient()
  let disconnect = live.connect(client)

  const more = options.maxPages === undefined ? {} : { maxPages: options.maxPages }
  const optionsOf = {
    newest: () => ({ ...data.items(ROOM), ...more }),
    around: () => ({ ...data.items(ROOM, { around: options.around }), ...more }),
    list: () => data.list(ROOM),
    topic: () => data.topic(ROOM),
  }
  const keyOf = (target: Target) => optionsOf[target]().queryKey

  function observe(target: Target): InfiniteQueryObserver | QueryObserver {
    return target === 'newest' || target === 'around'
      ? (new InfiniteQueryObserver(client, optionsOf[target]()) as unknown as InfiniteQueryObserver)
      : (new QueryObserver(client, optionsOf[target]() as never) as unknown as QueryObserver)
  }

  function mount(target: Target): void {
    if (mounted.has(target)) return
    const observer = observe(target)
    mounted.set(target, { observer, stop: observer.subscribe(() => undefined) })
  }

  function unmount(target: Target): void {
    mounted.get(target)?.stop()
    mounted.delete(target)
  }

  function restart(next: QueryClient, prepare: () => void): void {
    const targets = [...mounted.keys()]
    for (const target of targets) unmount(target)
    disconnect()
    client.clear()
    client = next
    prepare()
    disconnect = live.connect(client)
    for (const target of targets) mount(target)
  }

  const mutate = (options: unknown, variables: unknown) =>
    new MutationObserver(client, client.defaultMutationOptions(options as never)).mutate(variables as never)

  return {
    targets: options.level === 0 ? ['newest'] : ['newest', 'around', 'list', 'topic'],
    client: () => client,
    mount,
    unmount,
    isMounted: (target) => mounted.has(target),
    older: (target) => void page(mounted.get(target)?.observer, 'fetchNextPage'),
    newer: (target) => void page(mounted.get(target)?.observer, 'fetchPreviousPage'),
    invalidate: (target) =>
      void client.invalidateQueries({ queryKey: keyOf(target), exact: true }).catch(ignore),
    cancel: (target) => void client.cancelQueries({ queryKey: keyOf(target), exact: true }).catch(ignore),
    shown: (target) => shownIn(client.getQueryCache().find({ queryKey: keyOf(target), exact: true })?.state),
    send: (text) => mutate(data.send(ROOM), text),
    edit: (id, text) => mutate(data.edit(ROOM), { id, text } satisfies EditVariables),
    settleFailed(how) {
      for (const mutation of client.getMutationCache().getAll()) {
        if (mutation.state.status !== 'error') continue
        if (how === 'discard') client.getMutationCache().remove(mutation)
        else mutation.execute(mutation.state.variables as never).catch(ignore)
      }
    },
    save: () => JSON.stringify(dehydrate(client, { shouldDehydrateMutation })),
    reload: (saved) =>
      restart(createClient(), () => hydrate(client, saved === undefined ? {} : JSON.parse(saved))),
    receive(saved) {
      const state = JSON.parse(saved)
      skew += 1_000_000
      for (const query of state.queries) query.state.dataUpdatedAt += skew
      hydrate(client, { queries: state.queries })
    },
    stop() {
      for (const target of [...mounted.keys()]) unmount(target)
      disconnect()
      client.clear()
    },
  }
}

const ignore = () => undefined

function createClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } } })
}

function page(observer: unknown, how: 'fetchNextPage' | 'fetchPreviousPage'): void {
  if (observer instanceof InfiniteQueryObserver) observer[how]({ cancelRefetch: false }).catch(ignore)
}

interface State {
  readonly status: string
  readonly fetchStatus: string
  readonly data: unknown
}

function shownIn(state: State | undefined): Shown | undefined {
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
  if (Array.isArray(data)) return { ...base, items: data as ModelItem[] }
  if (!('pages' in (data as object))) return { ...base, topic: data as ModelTopic }
  const { pages } = data as TimelineData<ModelItem>
  const oldest = pages.at(-1)
  return {
    ...base,
    hasOlder: oldest?.hasOlder ?? false,
    hasNewer: pages[0]?.hasNewer ?? false,
    low: oldest?.low,
    items: pages.toReversed().flatMap(({ items }) => items),
  }
}
