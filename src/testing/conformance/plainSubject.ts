/**
 * The usual code as a control: `setQueryData` for every event, a refetch after a reconnect. Correct line by line, and
 * inconsistent under the schedules that the query layer survives.
 */
import { type InfiniteData, InfiniteQueryObserver, QueryClient } from '../../query/tanstack.ts'
import type { LiveEvent, LivePort } from '../../transport/port.ts'
import type { ConformanceItem } from './backEnd.ts'
import { PAGE_SIZE } from './liveDefinitions.ts'
import type { Subject } from './subject.ts'

interface Page {
  readonly items: readonly ConformanceItem[]
  readonly has_older: boolean
  readonly has_newer: boolean
}

type Cursor = { readonly before?: number; readonly after?: number }

const KEY = ['items']
const ignore = () => undefined

export function createPlainSubject(port: LivePort): Subject {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime: Number.POSITIVE_INFINITY } },
  })
  const channel = port.open(
    { key: { room_id: 1 }, subscribe: true },
    {
      cursor: () => undefined,
      onSignal(signal) {
        if (signal.type === 'events') for (const event of signal.events) applyEvent(client, event)
        if (signal.type === 'live' && !signal.resumed)
          client.invalidateQueries({ queryKey: KEY }).catch(ignore)
      },
    },
  )
  const observer = new InfiniteQueryObserver(client, optionsFor(port))
  let unsubscribe: (() => void) | undefined

  return {
    targets: ['newest'],
    mount: () => {
      unsubscribe ??= observer.subscribe(ignore)
    },
    unmount: () => {
      unsubscribe?.()
      unsubscribe = undefined
    },
    isMounted: () => unsubscribe !== undefined,
    older: () => void observer.fetchNextPage({ cancelRefetch: false }).catch(ignore),
    newer: () => void observer.fetchPreviousPage({ cancelRefetch: false }).catch(ignore),
    invalidate: () => void client.invalidateQueries({ queryKey: KEY }).catch(ignore),
    cancel: () => void client.cancelQueries({ queryKey: KEY }).catch(ignore),
    shown: () => shownIn(client),
    save: () => '',
    reload: ignore,
    receive: ignore,
    stop() {
      unsubscribe?.()
      channel.close()
      client.clear()
    },
  }
}

function optionsFor(port: LivePort) {
  return {
    queryKey: KEY,
    queryFn: ({ pageParam }: { readonly pageParam: Cursor }) =>
      port.request('page', { ...pageParam, limit: PAGE_SIZE }, { idempotent: true }) as Promise<Page>,
    initialPageParam: {} as Cursor,
    getNextPageParam: ({ has_older, items: [oldest] }: Page) =>
      has_older && oldest ? { before: oldest.id } : undefined,
    getPreviousPageParam: ({ has_newer, items }: Page) => {
      const newest = items.at(-1)
      return has_newer && newest ? { after: newest.id } : undefined
    },
    staleTime: 0,
    networkMode: 'always' as const,
  }
}

function applyEvent(client: QueryClient, { type, payload }: LiveEvent): void {
  const item = payload as ConformanceItem
  client.setQueryData<InfiniteData<Page, Cursor>>(KEY, (data) => {
    if (!data || type === 'topic') return data
    const [head, ...rest] = data.pages
    if (type === 'created' && head) {
      const items = [...head.items.filter(({ id }) => id !== item.id), item]
      return { ...data, pages: [{ ...head, items: items.sort((a, b) => a.position - b.position) }, ...rest] }
    }
    const change = (items: readonly ConformanceItem[]) =>
      type === 'deleted'
        ? items.filter(({ id }) => id !== item.id)
        : items.map((each) =>
            each.id === item.id && item.version > each.version ? { ...each, ...item } : each,
          )
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: change(page.items) })) }
  })
}

function shownIn(client: QueryClient) {
  const state = client.getQueryState<InfiniteData<Page, Cursor>>(KEY)
  if (!state) return undefined
  const pages = state.data?.pages ?? []
  const oldest = pages.at(-1)?.items[0]
  return {
    status: state.status,
    fetchStatus: state.fetchStatus,
    hasOlder: pages.at(-1)?.has_older ?? false,
    hasNewer: pages[0]?.has_newer ?? false,
    low: oldest && [oldest.position, oldest.id],
    items: pages.toReversed().flatMap(({ items }) => items),
    topic: undefined,
  }
}
