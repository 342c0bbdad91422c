/**
 * id → item or place, handed from one version of a list to the next. A sorted list needs no places: the item itself
 * says where it is.
 */
import type { ItemSpec } from './items.ts'

type Sort<Item> = (a: Item, b: Item) => number

export interface SortedIndex<Item> {
  readonly sort: Sort<Item>
  readonly byId: Map<string, Item>
}

export interface PlacedIndex {
  readonly sort: undefined
  readonly byId: Map<string, number>
}

export type ListIndex<Item> = SortedIndex<Item> | PlacedIndex

// By the identity of the list: one that came from elsewhere (hydrated, set by hand) is simply indexed anew.
const known = new WeakMap<readonly unknown[], ListIndex<unknown>>()

export function indexList<Item>(
  { id, sort }: ItemSpec<Item>,
  items: readonly Item[],
): { readonly items: readonly Item[]; readonly index: ListIndex<Item> } {
  const index = known.get(items)
  if (index) return { items, index: index as ListIndex<Item> }
  if (!sort) {
    const byId = new Map(items.map((item, at) => [String(id(item)), at]))
    return { items, index: { sort, byId } }
  }
  const byId = new Map(items.map((item) => [String(id(item)), item]))
  const isSorted = items.every((item, at) => at === 0 || sort(items[at - 1] as Item, item) <= 0)
  return { items: isSorted ? items : items.toSorted(sort), index: { sort, byId } }
}

/** The index describes `items` from now on, and no earlier version of them. */
export function keepListIndex<Item>(
  items: readonly Item[],
  index: ListIndex<Item> | undefined,
  previous: readonly Item[],
): void {
  known.delete(previous)
  if (index) known.set(items, index as ListIndex<unknown>)
}

/** Past so many at once, walking over equal ones for each of them costs more than counting once. */
const MANY = 16

/** Where exactly an object is, or -1. */
export function placesIn<Item>(
  items: readonly Item[],
  sort: Sort<Item>,
  count: number,
): (item: Item) => number {
  if (count < MANY) return (item) => positionIn(items, item, sort)
  const places = new Map(items.map((item, at) => [item, at]))
  return (item) => places.get(item) ?? -1
}

function positionIn<Item>(items: readonly Item[], item: Item, sort: Sort<Item>): number {
  for (let at = upperBound(items, item, sort) - 1; at >= 0; at--) {
    const other = items[at] as Item
    if (other === item) return at
    if (sort(other, item) !== 0) break
  }
  // A comparator that contradicts itself; slow is better than wrong.
  return items.indexOf(item)
}

/** First index whose item sorts after `item`. */
export function upperBound<Item>(items: readonly Item[], item: Item, sort: Sort<Item>): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sort(items[middle] as Item, item) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
