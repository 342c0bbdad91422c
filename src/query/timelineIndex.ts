/**
 * id → page, kept beside the pages and handed from one version of them to the next. Pages are numbered so that a new
 * head (number one less) leaves all other entries valid.
 */
import type { Id } from '../transport/port.ts'
import type { ItemSpec } from './items.ts'
import type { TimelinePage } from './pages.ts'

export interface TimelineIndex {
  /** Number of `pages[0]`; the position of a page is its number less this. */
  head: number
  numberOf(id: Id): number | undefined
  set(id: Id, number: number): void
  delete(id: Id): void
  /** Deletes, and remembers that it did. */
  remove(id: Id): void
  /** What was removed lately. */
  readonly removed: Set<string>
}

/** Removed ids remembered; bounds the memory of a room that lives for weeks. */
const MAX_REMOVED = 1_000

// By the identity of the pages array: data that came from elsewhere (hydrated, restored, set by hand) has no entry
// here and is simply indexed anew.
const indexes = new WeakMap<readonly unknown[], TimelineIndex>()
const owners = new WeakMap<TimelineIndex, readonly unknown[]>()

export function indexOf<Item>(
  spec: ItemSpec<Item>,
  pages: readonly TimelinePage<Item>[],
  before?: readonly TimelinePage<Item>[],
): TimelineIndex {
  const known = indexes.get(pages)
  if (known) return known
  const index = createIndex(before && indexes.get(before)?.removed)
  pages.forEach((page, position) => {
    for (const item of page.items) index.set(spec.id(item), position)
  })
  keepIndex(pages, index)
  return index
}

/** The index describes `pages` from now on, and no earlier version of them. */
export function keepIndex(pages: readonly unknown[], index: TimelineIndex): void {
  const previous = owners.get(index)
  if (previous) indexes.delete(previous)
  indexes.set(pages, index)
  owners.set(index, pages)
}

function createIndex(removed = new Set<string>()): TimelineIndex {
  const numbers = new Map<string, number>()
  return {
    head: 0,
    numberOf: (id) => numbers.get(String(id)),
    set: (id, number) => void numbers.set(String(id), number),
    delete: (id) => void numbers.delete(String(id)),
    remove(id) {
      const text = String(id)
      numbers.delete(text)
      removed.add(text)
      if (removed.size > MAX_REMOVED) removed.delete(removed.values().next().value ?? text)
    },
    removed,
  }
}
