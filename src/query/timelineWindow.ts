/**
 * Refetching a history in one round trip. TanStack asks for every loaded page, one after another; the first of these
 * calls asks the server for the whole window and the others are served from the answer.
 */
import type { Query } from '@tanstack/react-query'
import type { ItemSpec } from './items.ts'
import { splitPage, type TimelineData, type TimelinePage } from './pages.ts'
import type { PageRequest } from './snapshot.ts'

/** Servers cap what they answer; past this the rest is asked for page by page. */
const MAX_WINDOW = 2_000

/** Pages of a refetch in flight that nobody has asked for yet, by TanStack's promise of it. */
const stashes = new WeakMap<object, TimelinePage<unknown>[]>()

/** What to ask the server for, or a page that an earlier answer of the same fetch holds already. */
export function nextRequest<Item>(
  spec: ItemSpec<Item>,
  query: Query | undefined,
  { param, limit: pageSize }: PageRequest,
): PageRequest | TimelinePage<Item> {
  const pages = (query?.state.data as TimelineData<Item> | undefined)?.pages
  const promise = query?.promise
  if (!pages || !promise || query.state.fetchMeta?.fetchMore) return { param, limit: pageSize }
  const stash = stashes.get(promise)
  if (stash) return (stash.shift() as TimelinePage<Item> | undefined) ?? { param, limit: pageSize }
  const items = pages.flatMap((page) => page.items.slice(0, page.items.length - (page.pending ?? 0)))
  const limit = Math.min(MAX_WINDOW, Math.max(pageSize, items.length))
  if (!pages[0]?.hasNewer) return { param: {}, limit }
  const middle = pages.flatMap((page) => page.items.toReversed())[items.length >> 1]
  return middle === undefined ? { param, limit: pageSize } : { param: { around: spec.id(middle) }, limit }
}

export function isPage<Item>(next: PageRequest | TimelinePage<Item>): next is TimelinePage<Item> {
  return 'items' in next
}

/** Cuts an answer into as many pages as there were, and keeps all but the newest for the calls to come. */
export function servePages<Item>(
  spec: ItemSpec<Item>,
  query: Query | undefined,
  { page, pageSize }: { readonly page: TimelinePage<Item>; readonly pageSize: number },
): readonly TimelinePage<Item>[] {
  const promise = query?.promise
  const loaded = (query?.state.data as TimelineData<Item> | undefined)?.pages.length
  if (!promise || !loaded || query.state.fetchMeta?.fetchMore) return [page]
  const count = Math.min(loaded, maxPagesOf(query))
  const pages = chunk(spec, page, Math.max(pageSize, Math.ceil(page.items.length / count)))
  const last = pages[count - 1]
  if (last) ends.add(last)
  stashes.set(promise, pages.slice(1) as TimelinePage<unknown>[])
  return pages
}

/** The refetch is complete with it. TanStack would ask for one more page, and drop the newest for it. */
export function endsWindow(page: object): boolean {
  return ends.has(page)
}

export function maxPagesOf(query: Query): number {
  const { maxPages } = query.options as { maxPages?: number }
  return maxPages || Number.POSITIVE_INFINITY
}

const ends = new WeakSet<object>()

/** Newest chunk first. */
function chunk<Item>(spec: ItemSpec<Item>, page: TimelinePage<Item>, size: number): TimelinePage<Item>[] {
  const excess = page.items.length - size
  if (excess <= 0) return [page]
  const [newer, older] = splitPage(spec, page, excess)
  return [newer, ...chunk(spec, older, size)]
}
