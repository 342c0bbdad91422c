/**
 * Ops into a flat list, sorted or in server order. Pure. Ops are collected by id first, so that a burst costs one copy
 * of the list however many of its items move.
 */
import { changeItem, type ItemSpec, idOf, replaceItem, type SequencedOp } from '../items.ts'
import type { Op } from '../op.ts'
import { sameOr } from '../sameOr.ts'
import {
  indexList,
  keepListIndex,
  type ListIndex,
  type PlacedIndex,
  placesIn,
  type SortedIndex,
  upperBound,
} from './listIndex.ts'

interface ListDraft<Item> {
  readonly spec: ItemSpec<Item>
  items: readonly Item[]
  index: ListIndex<Item>
  /** What became of items; `undefined`: removed. */
  readonly changes: Map<string, Item | undefined>
  /** Removed meanwhile, and there again. */
  readonly returned: Set<string>
}

export function foldList<Item>(
  spec: ItemSpec<Item>,
  data: readonly Item[],
  ops: readonly Pick<SequencedOp<Item>, 'op'>[],
): readonly Item[] {
  const draft = draftOf(spec, data)
  try {
    for (const { op } of ops) applyOp(draft, op)
    commit(draft)
  } catch (error) {
    // Half of it may be in the index.
    keepListIndex(data, undefined, data)
    throw error
  }
  return draft.items
}

/** Optimistic ops on top of the list; the list itself where they change nothing. Its index stays with it. */
export function overlayList<Item>(
  spec: ItemSpec<Item>,
  data: readonly Item[],
  ops: readonly Op<Item>[],
): readonly Item[] {
  const copy = data.slice()
  const shown = foldList(
    spec,
    copy,
    ops.map((op) => ({ op })),
  )
  return shown === copy ? data : shown
}

/** A snapshot against what is there: an item that did not change stays the same object. */
export function mergeList<Item>(
  spec: ItemSpec<Item>,
  current: readonly Item[] | undefined,
  items: readonly Item[],
): readonly Item[] {
  const known = new Map(current?.map((item) => [String(spec.id(item)), item]))
  const next = items.map((item) => {
    const before = known.get(String(spec.id(item)))
    return before === undefined ? item : replaceItem(spec, before, item)
  })
  if (spec.sort) next.sort(spec.sort)
  return sameOr(current, next)
}

function applyOp<Item>(draft: ListDraft<Item>, op: Op<Item>): void {
  const { spec, changes } = draft
  if (op.kind === 'reduce') {
    commit(draft)
    const next = (op.apply as (items: readonly Item[]) => readonly Item[])(draft.items)
    if (next !== draft.items) Object.assign(draft, indexList(spec, next))
    return
  }
  const id = idOf(spec, op)
  const current = itemOf(draft, id)
  const next = changeItem(spec, op, current)
  if (next === current) return
  // Removed and back again in one burst: it comes last, like every new one.
  if (current === undefined && changes.delete(id)) draft.returned.add(id)
  changes.set(id, next)
}

export function draftOf<Item>(spec: ItemSpec<Item>, data: readonly Item[]): ListDraft<Item> {
  return { spec, ...indexList(spec, data), changes: new Map(), returned: new Set() }
}

export function itemOf<Item>({ changes, index, items }: ListDraft<Item>, id: string): Item | undefined {
  if (changes.has(id)) return changes.get(id)
  return index.sort ? index.byId.get(id) : items[index.byId.get(id) ?? -1]
}

/** Brings the changes so far into the items, which are copied once. */
function commit<Item>(draft: ListDraft<Item>): void {
  const { spec, changes, returned, index, items } = draft
  if (changes.size === 0) return
  const next = index.sort ? moved(draft, index) : replaced(draft, index)
  // Removing moves what follows, and then only counting again tells the places.
  const isShifted = !index.sort && (next.length < index.byId.size || returned.size > 0)
  changes.clear()
  returned.clear()
  keepListIndex(next, isShifted ? undefined : index, items)
  Object.assign(draft, indexList(spec, next))
}

/** In the order of the server: changed in place, new ones last. */
function replaced<Item>(
  { items, changes, returned }: ListDraft<Item>,
  { byId }: PlacedIndex,
): readonly Item[] {
  const next: (Item | undefined)[] = items.slice()
  let hasGone = returned.size > 0
  for (const [id, item] of changes) {
    let at = byId.get(id) ?? next.length
    if (returned.has(id)) {
      next[at] = undefined
      at = next.length
    }
    next[at] = item
    byId.set(id, at)
    hasGone ||= item === undefined
  }
  return (hasGone ? next.filter((item) => item !== undefined) : next) as Item[]
}

/** At one place of a sorted list: an item leaves, comes in, or both. */
interface Edit<Item> {
  readonly at: number
  readonly removes: 0 | 1
  readonly items: readonly Item[]
}

/** Sorted: an item whose rank changed leaves its old place and enters its new one; what lies between is copied whole. */
function moved<Item>(
  { items, changes, returned }: ListDraft<Item>,
  { byId, sort }: SortedIndex<Item>,
): readonly Item[] {
  const placeOf = placesIn(items, sort)
  const edits: Edit<Item>[] = []
  const entering: Item[] = []
  for (const [id, item] of changes) {
    const before = byId.get(id)
    const at = before === undefined ? -1 : placeOf(before)
    // Its rank is what it was.
    const stays = at >= 0 && item !== undefined && !returned.has(id) && sort(before as Item, item) === 0
    if (at >= 0) edits.push({ at, removes: 1, items: stays ? [item] : [] })
    if (item === undefined) {
      byId.delete(id)
      continue
    }
    byId.set(id, item)
    if (!stays) entering.push(item)
  }
  const added = entering
    .sort(sort)
    .map((item): Edit<Item> => ({ at: upperBound(items, item, sort), removes: 0, items: [item] }))
  return edited(
    items,
    added.concat(edits).sort((a, b) => a.at - b.at),
  )
}

/** So many are made one after another in a copy, which moves what follows each; more of them in one pass. */
const FEW_EDITS = 8

function edited<Item>(items: readonly Item[], edits: readonly Edit<Item>[]): readonly Item[] {
  const next = edits.length > FEW_EDITS ? [] : items.slice()
  // From the end, where none moves the place of another.
  for (const { at, removes, items: here } of next.length > 0 ? edits.toReversed() : [])
    next.splice(at, removes, ...here)
  if (next.length > 0) return next
  let from = 0
  for (const { at, removes, items: here } of [...edits, { at: items.length, removes: 0, items: [] }]) {
    while (from < at) next.push(items[from++] as Item)
    next.push(...here)
    from += removes
  }
  return next
}
