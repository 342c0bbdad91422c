/**
 * id → item or place, handed from one version of a list to the next. A sorted list needs no places: the item itself
 * says where it is.
 */
import { countWhile } from '../countWhile.ts'
import type { ItemSpec } from '../items.ts'

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
  const before = known.get(items)
  if (before) return { items, index: before as ListIndex<Item> }
  const byId = new Map(items.map((item, at) => [String(id(item)), sort ? item : at]))
  const isSorted = !sort || items.every((item, at) => at === 0 || sort(items[at - 1] as Item, item) <= 0)
  return { items: isSorted ? items : items.toSorted(sort), index: { sort, byId } as ListIndex<Item> }
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

/** So many equal ones are walked over; beyond, counting all of them once is cheaper than walking for each. */
const MAX_WALK = 32

/** Where exactly an object is, or -1. */
export function placesIn<Item>(items: readonly Item[], sort: Sort<Item>): (item: Item) => number {
  let places: Map<Item, number> | undefined
  return (item) => {
    const from = upperBound(items, item, sort) - 1
    for (let at = from; at >= 0 && at > from - MAX_WALK; at--) if (items[at] === item) return at
    // Among many equal ones, or a comparator that contradicts itself.
    places ??= new Map(items.map((other, at) => [other, at]))
    return places.get(item) ?? -1
  }
}

/** First index whose item sorts after `item`. */
export function upperBound<Item>(items: readonly Item[], item: Item, sort: Sort<Item>): number {
  return countWhile(items, (other) => sort(other, item) <= 0)
}
