/**
 * Refetching a history in one round trip. TanStack asks for every loaded page, one after another; the first of these
 * calls asks the server for the whole window and the others are served from the answer.
 */
import type { Query } from '@tanstack/react-query'
import type { ItemSpec } from './items.ts'
import type { TimelineData, TimelinePage, TimelinePageParam } from './pages.ts'

export interface TimelineWindowFetch<Item> {
  /** Items to ask for. */
  readonly limit: number
  /** A page that an earlier answer of the same fetch already holds. */
  next(): TimelinePage<Item> | undefined
  split(spec: ItemSpec<Item>, page: TimelinePage<Item>): readonly TimelinePage<Item>[]
  /** Keeps all but the newest for the calls to come. */
  serve(pages: readonly TimelinePage<Item>[]): TimelinePage<Item>
}

/** Servers cap what they answer; past this the rest is asked for page by page. */
const MAX_WINDOW = 2_000

// Left over pages of the refetch in flight, by the query's state object when it began: a new fetch has another one.
const stashes = new WeakMap<object, TimelinePage<unknown>[]>()

export function createWindow<Item>(
  query: Query | undefined,
  param: TimelinePageParam,
  pageSize: number,
): TimelineWindowFetch<Item> {
  const data = query?.state.data as TimelineData<Item> | undefined
  const isRefetch = query !== undefined && data !== undefined && !query.state.fetchMeta?.fetchMore
  const loaded = data?.pages.reduce((count, page) => count + page.items.length, 0) ?? 0
  const isFirst = Object.keys(param).length === 0
  // A detached window starts elsewhere and is fetched page by page; what an abandoned refetch left is not for it.
  if (query && !('before' in param)) stashes.delete(query)
  const size = Math.max(pageSize, Math.ceil(loaded / (data?.pages.length ?? 1)))
  return {
    limit: isRefetch && isFirst ? Math.min(MAX_WINDOW, Math.max(pageSize, loaded)) : pageSize,
    next() {
      const stash =
        isRefetch && !isFirst ? (stashes.get(query) as TimelinePage<Item>[] | undefined) : undefined
      const [page] = stash ?? []
      if (page === undefined || !('before' in param) || !isNext(page, param.before)) return undefined
      stash?.shift()
      return page
    },
    split: (spec, page) => (page.items.length > pageSize ? chunk(spec, page, size) : [page]),
    serve(pages) {
      const [first, ...rest] = pages
      if (query) stashes.set(query, rest as TimelinePage<unknown>[])
      return first as TimelinePage<Item>
    },
  }
}

// A left over page, and the cursor that asks for it.
const cursors = new WeakMap<object, string>()

function isNext(page: object, before: string | number): boolean {
  return cursors.get(page) === String(before)
}

/** Newest chunk first; each but the last has the next one below it. */
function chunk<Item>(spec: ItemSpec<Item>, page: TimelinePage<Item>, size: number): TimelinePage<Item>[] {
  const { after, ...rest } = page
  const chunks: TimelinePage<Item>[] = []
  for (let end = page.items.length; end > 0; end -= size) {
    const items = page.items.slice(Math.max(0, end - size), end)
    const [oldest] = items
    const above = chunks.at(-1)
    const next: TimelinePage<Item> = {
      ...rest,
      items,
      ...(end > size &&
        oldest !== undefined && { hasOlder: true, before: spec.id(oldest), low: spec.order(oldest) }),
      ...(above ? { hasNewer: false } : after !== undefined && { after }),
    }
    if (above?.before !== undefined) cursors.set(next, String(above.before))
    chunks.push(next)
  }
  return chunks
}
