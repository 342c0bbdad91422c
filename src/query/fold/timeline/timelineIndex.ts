/**
 * id → item, kept beside the pages and handed from one version of them to the next. Where an item is, it says itself:
 * its order names the page and the place, so that sealing and dropping pages leave the index as it is.
 */
import type { Id } from '../../../transport/port.ts'
import type { ItemSpec } from '../items.ts'
import { pageOf, type TimelinePage } from './pages.ts'

export interface TimelineIndex {
  /** What it describes. */
  pages: readonly unknown[]
  readonly items: Map<string, unknown>
  /** By key, those that have another one than their id. */
  readonly keys: Map<string, unknown>
  /** What was removed lately: a late duplicate must not bring it back. */
  readonly removed: Set<string>
}

interface Place {
  readonly position: number
  readonly at: number
}

/** Removed ids remembered; bounds the memory of a room that lives for weeks. */
const MAX_REMOVED = 1_000

// By the identity of the pages array: data that came from elsewhere (hydrated, restored, set by hand) has no entry
// here and is simply indexed anew.
const indexes = new WeakMap<readonly unknown[], TimelineIndex>()

export function indexOf<Item>(
  spec: ItemSpec<Item>,
  pages: readonly TimelinePage<Item>[],
  before?: readonly TimelinePage<Item>[],
): TimelineIndex {
  const known = indexes.get(pages)
  if (known) return known
  const removed = (before && indexes.get(before)?.removed) ?? new Set()
  const index: TimelineIndex = { pages, items: new Map(), keys: new Map(), removed }
  for (const page of pages) for (const item of page.items) putIn(spec, index, item)
  keepIndex(pages, index)
  return index
}

/** The index describes `pages` from now on, and no earlier version of them. */
export function keepIndex(pages: readonly unknown[], index: TimelineIndex): void {
  indexes.delete(index.pages)
  indexes.set(pages, index)
  index.pages = pages
}

export function dropIndex(pages: readonly unknown[]): void {
  indexes.delete(pages)
}

export function putIn<Item>(spec: ItemSpec<Item>, { items, keys }: TimelineIndex, item: Item): void {
  const id = String(spec.id(item))
  items.set(id, item)
  if (spec.key === spec.id) return
  const key = String(spec.key(item))
  if (key !== id) keys.set(key, item)
}

export function takeOut<Item>(spec: ItemSpec<Item>, { items, keys }: TimelineIndex, item: Item): void {
  items.delete(String(spec.id(item)))
  keys.delete(String(spec.key(item)))
}

/** A late duplicate of what was removed must not bring it back. */
export function forget({ removed }: TimelineIndex, id: Id): void {
  const text = String(id)
  removed.add(text)
  if (removed.size <= MAX_REMOVED) return
  const [oldest = text] = removed
  removed.delete(oldest)
}

/** Where this very object is. `itemsOf`: the items of a page, where they differ from what the page itself holds. */
export function placeOf<Item>(
  spec: ItemSpec<Item>,
  pages: readonly TimelinePage<Item>[],
  { item, itemsOf }: { readonly item: Item; readonly itemsOf: (position: number) => readonly Item[] },
): Place | undefined {
  // By identity: of the items beside it nothing is read, and most of them are far from any cache.
  const owner = pageOf(pages, spec.order(item))
  // Outside the range of its page any may hold it; slow is better than wrong.
  for (let next = -1; next < pages.length; next++) {
    const position = next < 0 ? owner : next
    const at = itemsOf(position).indexOf(item)
    if (at >= 0) return { position, at }
  }
  return undefined
}
