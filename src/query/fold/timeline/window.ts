/**
 * Refetching a history in one round trip. TanStack asks for every loaded page, one after another; the first of these
 * calls asks the server for the whole window and the others are served from the answer. Each page names the one that
 * follows it, and so does the page param made from it: what belongs to one fetch is never found by another, whatever
 * begins meanwhile (`query.promise` is the newest fetch's, also for the later calls of one that was superseded).
 */
import type { ItemSpec } from '../items.ts'
import type { PageRequest } from './pages.ts'
import { splitPage, type TimelineData, type TimelinePage, type TimelinePageParam } from './pages.ts'

/** Servers cap what they answer; past this the rest is asked for page by page. */
const MAX_WINDOW = 2_000

/** What comes after a page in the fetch that it is of. */
interface Rest {
  /** How many pages. TanStack would ask for one more than there were, and drop the newest for it. */
  readonly count: number
  /** The next one, if an answer holds it already. */
  readonly next: TimelinePage<unknown> | undefined
}

const rests = new WeakMap<object, Rest>()

/** What to ask for, and how many pages to cut the answer into. */
export interface WindowRequest extends PageRequest {
  readonly count: number
}

/** What is loaded; nothing for a first load, and where nobody meets the answer. */
interface LoadedWindow<Item> {
  readonly data: TimelineData<Item> | undefined
  readonly maxPages: number
}

/** The param of the page below this one; `undefined` where there is none, or where a refetch is complete. */
export function olderParam(page: TimelinePage<unknown> | undefined): TimelinePageParam | undefined {
  // What others wrote into the cache may be no page.
  const rest = page && rests.get(page)
  if (!page?.hasOlder || page.before === undefined || rest?.count === 0) return undefined
  const param = { before: page.before }
  if (rest) rests.set(param, rest)
  return param
}

export function newerParam(page: TimelinePage<unknown> | undefined): TimelinePageParam | undefined {
  return page?.hasNewer && page.after !== undefined ? { after: page.after } : undefined
}

/** What to ask the server for, or a page that an earlier answer of the same fetch holds already. */
export function nextRequest<Item>(
  { id }: ItemSpec<Item>,
  { data, maxPages }: LoadedWindow<Item>,
  { param, limit: pageSize }: PageRequest,
): WindowRequest | TimelinePage<Item> {
  const rest = rests.get(param)
  // Only a refetch begins with the very param that the newest page has; what that was asked with before is long past.
  if (data?.pageParams[0] !== param) {
    return (rest?.next as TimelinePage<Item>) ?? { param, limit: pageSize, count: rest?.count ?? 0 }
  }
  const { pages } = data
  const items = pages.flatMap((page) => page.items.toReversed())
  const limit = Math.min(MAX_WINDOW, Math.max(pageSize, items.length))
  const middle = items[items.length >> 1]
  const around = middle === undefined ? param : { around: id(middle) }
  // A window without an item may have begun anywhere; next to nothing there is nothing to ask for.
  const start = pages[0]?.hasNewer && 'around' in around ? around : {}
  return { param: start, limit, count: Math.min(pages.length, maxPages) }
}

export function isPage<Item>(next: WindowRequest | TimelinePage<Item>): next is TimelinePage<Item> {
  return 'items' in next
}

/** Cuts an answer into as many pages as are to come, newest first. All but the first are for the calls to come. */
export function cutPages<Item>(
  spec: ItemSpec<Item>,
  page: TimelinePage<Item>,
  { count, pageSize }: { readonly count: number; readonly pageSize: number },
): readonly TimelinePage<Item>[] {
  if (count === 0) return [page]
  const { length } = page.items
  const size = Math.max(pageSize, Math.ceil(length / count))
  const cuts: number[] = []
  for (let at = length - size; at > 0; at -= size) cuts.unshift(at)
  const pages = splitPage(spec, page, cuts)
  for (const [at, each] of pages.entries()) rests.set(each, { count: count - 1 - at, next: pages[at + 1] })
  return pages
}
