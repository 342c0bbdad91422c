/**
 * Ops into a flat list, sorted or in server order. Pure. Ops are collected by id first, so that a burst costs one copy
 * of the list however many of its items move.
 */
import { type ItemSpec, patchItem, replaceItem, type SequencedOp } from './items.ts'
import { indexList, keepListIndex, type ListIndex, positionIn, upperBound } from './listIndex.ts'
import type { Op } from './ops.ts'

type Sort<Item> = (a: Item, b: Item) => number

interface ListDraft<Item> {
  readonly spec: ItemSpec<Item>
  items: readonly Item[]
  index: ListIndex<Item>
  /** What became of items; `undefined`: removed. */
  readonly changes: Map<string, Item | undefined>
}

export function foldList<Item>(
  spec: ItemSpec<Item>,
  data: readonly Item[],
  ops: readonly SequencedOp<Item>[],
): readonly Item[] {
  const draft: ListDraft<Item> = { spec, ...indexList(spec, data), changes: new Map() }
  for (const { op } of ops) applyOp(draft, op)
  commit(draft)
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
    ops.map((op) => ({ op, seq: undefined })),
  )
  return shown === copy ? data : shown
}

/** A snapshot against what is there: an item that did not change stays the same object. */
export function landList<Item>(
  spec: ItemSpec<Item>,
  current: readonly Item[] | undefined,
  items: readonly Item[],
): readonly Item[] {
  const known = new Map((current ?? []).map((item) => [String(spec.id(item)), item]))
  const next = items.map((item) => {
    const before = known.get(String(spec.id(item)))
    return before === undefined ? item : replaceItem(spec, before, item)
  })
  if (spec.sort) next.sort(spec.sort)
  const isSame = current?.length === next.length && next.every((item, at) => item === current[at])
  return isSame ? current : next
}

function applyOp<Item>(draft: ListDraft<Item>, op: Op<Item>): void {
  const { spec } = draft
  switch (op.kind) {
    case 'insert':
    case 'upsert':
      return put(draft, String(spec.id(op.item)), op.item)
    case 'patch': {
      const id = String(spec.id(op.fields as Item))
      const current = itemOf(draft, id)
      if (current !== undefined) change(draft, id, { from: current, to: patchItem(spec, current, op.fields) })
      return
    }
    case 'remove': {
      const id = String(op.id)
      const current = itemOf(draft, id)
      if (current !== undefined) change(draft, id, { from: current, to: undefined })
      return
    }
    case 'reduce':
      commit(draft)
      Object.assign(draft, reduced(draft, op.apply as (items: readonly Item[]) => readonly Item[]))
  }
}

function itemOf<Item>({ changes, index, items }: ListDraft<Item>, id: string): Item | undefined {
  if (changes.has(id)) return changes.get(id)
  return index.kind === 'sorted' ? index.byId.get(id) : items[index.byId.get(id) ?? -1]
}

function put<Item>(draft: ListDraft<Item>, id: string, item: Item): void {
  const current = itemOf(draft, id)
  if (current !== undefined) {
    return change(draft, id, { from: current, to: replaceItem(draft.spec, current, item) })
  }
  // Removed and back again in one burst: it comes last, like every new one.
  if (draft.changes.has(id)) commit(draft)
  draft.changes.set(id, item)
}

function change<Item>(
  { changes }: ListDraft<Item>,
  id: string,
  { from, to }: { readonly from: Item; readonly to: Item | undefined },
): void {
  if (from !== to) changes.set(id, to)
}

function reduced<Item>(
  { spec, items }: ListDraft<Item>,
  apply: (items: readonly Item[]) => readonly Item[],
): Pick<ListDraft<Item>, 'items' | 'index'> | undefined {
  const next = apply(items)
  return next === items ? undefined : indexList(spec, next)
}

/** Brings the changes so far into the items, which are copied once. */
function commit<Item>(draft: ListDraft<Item>): void {
  const { changes, index, items } = draft
  if (changes.size === 0) return
  draft.items = index.kind === 'sorted' ? moved(draft, index.byId, index.sort) : replaced(draft, index.byId)
  keepListIndex(draft.items, index, items)
  changes.clear()
}

/** In the order of the server: changed in place, new ones last. */
function replaced<Item>(
  { spec, items, changes }: ListDraft<Item>,
  byId: Map<string, number>,
): readonly Item[] {
  const next = items.slice()
  const gone = new Set<number>()
  for (const [id, item] of changes) {
    const at = byId.get(id)
    if (item === undefined) gone.add(at ?? -1)
    else if (at === undefined) byId.set(id, next.push(item) - 1)
    else next[at] = item
  }
  if (gone.size === 0) return next
  const left = next.filter((_, at) => !gone.has(at))
  // What follows a removed item has moved.
  byId.clear()
  for (const [at, item] of left.entries()) byId.set(String(spec.id(item)), at)
  return left
}

/** A place between the items where one leaves or one comes in. */
interface Cut<Item> {
  readonly at: number
  readonly added: readonly Item[]
  readonly removed: 0 | 1
}

/** Sorted: an item leaves its old place and enters its new one; the stretches between are copied whole. */
function moved<Item>(
  { items, changes }: ListDraft<Item>,
  byId: Map<string, Item>,
  sort: Sort<Item>,
): readonly Item[] {
  const next = items.slice()
  const leaving: Cut<Item>[] = []
  const entering: Item[] = []
  for (const [id, item] of changes) {
    const before = byId.get(id)
    if (item === undefined) byId.delete(id)
    else byId.set(id, item)
    const at = before === undefined ? -1 : positionIn(items, before, sort)
    if (at >= 0 && item !== undefined && before !== undefined && sort(before, item) === 0) {
      next[at] = item
      continue
    }
    if (at >= 0) leaving.push({ at, added: [], removed: 1 })
    if (item !== undefined) entering.push(item)
  }
  if (leaving.length === 0 && entering.length === 0) return next
  const cuts = entering
    .sort(sort)
    .map((item): Cut<Item> => ({ at: upperBound(items, item, sort), added: [item], removed: 0 }))
    .concat(leaving)
    .sort((a, b) => a.at - b.at)
  const parts: (readonly Item[])[] = []
  let from = 0
  for (const { at, added, removed } of cuts) {
    parts.push(next.slice(from, at), added)
    from = at + removed
  }
  return ([] as Item[]).concat(...parts, next.slice(from))
}
