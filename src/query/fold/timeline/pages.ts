/**
 * What a timeline keeps in the cache: pages that own ranges of one total order. Pure vocabulary and look-ups.
 */

import type { Cursor, Id } from '../../../transport/port.ts'
import type { InfiniteData } from '../../tanstack.ts'
import { countWhile } from '../countWhile.ts'

/** Compared element by element: numbers by value, everything else as text. */
export type OrderKey = readonly (string | number | undefined)[]

/** One page of a timeline. `pages[0]` is the newest; `items` are oldest first. */
export interface TimelinePage<Item> {
  readonly items: readonly Item[]
  /** Older items exist on the server; asked for with `before`. */
  readonly hasOlder: boolean
  /** Newer items exist that are not loaded: the window is detached from the live edge. */
  readonly hasNewer: boolean
  /** Cursors of the fetch, not of the items: deleting or editing an item never moves them. */
  readonly before?: Id | undefined
  readonly after?: Id | undefined
  /** Lower end of the range this page owns; absent where it reaches down to the beginning. */
  readonly low?: OrderKey | undefined
  /** Upper end of the range, while `hasNewer`. */
  readonly high?: OrderKey | undefined
  /** Snapshot position: numbered events up to it are already in. */
  readonly asOf?: number | undefined
  readonly epoch?: string | undefined
  /** Newer items that arrived while detached. */
  readonly unseen: number
  /** Trailing rows of an optimistic overlay in `items`; they are no part of the history. */
  readonly pending?: number | undefined
}

/** JSON only, so that pages survive dehydration. `{}` is the newest page. */
export type TimelinePageParam =
  | { readonly before: Id }
  | { readonly after: Id }
  | { readonly around: Id }
  | Readonly<Record<never, never>>

export interface PageRequest {
  readonly param: TimelinePageParam
  readonly limit: number
}

export type TimelineData<Item> = InfiniteData<TimelinePage<Item>, TimelinePageParam>

/** Compares two places as a timeline does that is in this order; negative where `a` comes first. */
export function compareKeys(a: OrderKey, b: OrderKey): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i]
    const y = b[i]
    if (x === y) continue
    if (typeof x === 'number' && typeof y === 'number') return x - y
    return String(x) < String(y) ? -1 : 1
  }
  return 0
}

/** Index of the page that owns `key`; -1 where the range is not loaded. */
export function pageOf<Item>(pages: readonly TimelinePage<Item>[], key: OrderKey): number {
  const [newest] = pages
  if (newest && aboveLow(newest, key) >= 0) return 0
  const at = countWhile(pages, (page) => aboveLow(page, key) < 0)
  if (at < pages.length) return at
  return pages.at(-1)?.hasOlder ? -1 : at - 1
}

/** Whether a place is above the lower end of a page, below it (negative), or at it (0). */
export function aboveLow(page: TimelinePage<unknown> | undefined, key: OrderKey): number {
  return page?.low ? compareKeys(key, page.low) : 1
}

/** Several pages out of one, newest first: it is cut before the items at these places, which ascend. */
export function splitPage<Item>(
  { id, order }: { readonly id: (item: Item) => Id; readonly order: (item: Item) => OrderKey },
  page: TimelinePage<Item>,
  cuts: readonly number[],
): TimelinePage<Item>[] {
  const { items } = page
  if (cuts.length === 0) return [page]
  const below = { hasNewer: false, after: undefined, high: undefined, unseen: 0 }
  return [0, ...cuts]
    .map((from, at) => {
      const oldest = items[from] as Item
      const edge = from > 0 && { hasOlder: true, before: id(oldest), low: order(oldest) }
      return { ...page, ...(at < cuts.length && below), ...edge, items: items.slice(from, cuts[at]) }
    })
    .reverse()
}

export function positionOfPage({ asOf, epoch }: TimelinePage<unknown>): Cursor | undefined {
  return asOf === undefined ? undefined : { seq: asOf, epoch }
}

/** The earliest of them: the pages were taken one after another, and all are complete from there on. */
export function positionOfPages(pages: readonly TimelinePage<unknown>[]): Cursor | undefined {
  const epoch = pages[0]?.epoch
  const seq = Math.min(...pages.map(({ asOf }) => asOf ?? NaN))
  const isOneHistory = pages.every((page) => page.epoch === epoch)
  return isOneHistory && Number.isFinite(seq) ? { seq, epoch } : undefined
}

/**
 * For `serializeData` of `dehydrate` and the persisters: stores the newest pages of every timeline. Older ones are
 * loaded again when somebody scrolls there; data of other kinds is stored as it is.
 *
 * @example
 * ```ts
 * persistQueryClient({
 *   queryClient,
 *   persister,
 *   dehydrateOptions: { shouldDehydrateMutation, serializeData: newestPages(1) },
 * })
 * ```
 */
export function newestPages(count: number): (data: unknown) => unknown {
  return (data) => {
    const { pages, pageParams }: Partial<TimelineData<unknown>> = Object(data)
    const isTimeline = Array.isArray(pages) && pages[0]?.unseen !== undefined
    return isTimeline ? { pages: pages.slice(0, count), pageParams: pageParams?.slice(0, count) } : data
  }
}
