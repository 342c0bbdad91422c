/** Ops into a flat list, sorted or in server order. Pure. */
import { type ItemSpec, patchItem, replaceItem, type SequencedOp } from './items.ts'
import type { Op } from './ops.ts'

export function foldList<Item>(
  spec: ItemSpec<Item>,
  data: readonly Item[],
  ops: readonly SequencedOp<Item>[],
): readonly Item[] {
  const draft = createListDraft(spec, data)
  for (const { op } of ops) draft.apply(op)
  return draft.finish()
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

function createListDraft<Item>(spec: ItemSpec<Item>, data: readonly Item[]) {
  let items = data
  const positions = positionsOf(spec, data)
  let isCopy = false
  let needsSort = false
  /** Positions are right up to here; a removal shifts what follows it. */
  let positionsHold = true

  function writable(): Item[] {
    if (!isCopy) items = items.slice()
    isCopy = true
    return items as Item[]
  }

  function positionOf(id: string): number | undefined {
    if (!positionsHold) {
      positions.clear()
      items.forEach((item, at) => positions.set(String(spec.id(item)), at))
      positionsHold = true
    }
    return positions.get(id)
  }

  function put(at: number, next: Item): void {
    const before = items[at]
    if (next === before) return
    writable()[at] = next
    needsSort ||= spec.sort !== undefined && before !== undefined && !isInPlace(spec.sort, items, at)
  }

  function apply(op: Op<Item>): void {
    if (op.kind === 'reduce')
      return replaceAll((op.apply as (items: readonly Item[]) => readonly Item[])(items))
    const id = String(
      op.kind === 'remove' ? op.id : spec.id(op.kind === 'patch' ? (op.fields as Item) : op.item),
    )
    const at = positionOf(id)
    const current = at === undefined ? undefined : items[at]
    if (at !== undefined && current !== undefined) {
      if (op.kind === 'patch') return put(at, patchItem(spec, current, op.fields))
      if (op.kind !== 'remove') return put(at, replaceItem(spec, current, op.item))
      writable().splice(at, 1)
      positionsHold = false
    } else if (op.kind === 'insert' || op.kind === 'upsert') {
      positions.set(id, writable().push(op.item) - 1)
      needsSort ||= spec.sort !== undefined
    }
  }

  function replaceAll(next: readonly Item[]): void {
    if (next === items) return
    items = next
    isCopy = false
    needsSort ||= spec.sort !== undefined
    positionsHold = false
  }

  return {
    apply,
    finish(): readonly Item[] {
      if (needsSort && spec.sort) writable().sort(spec.sort)
      if (needsSort || !positionsHold) return items
      if (items !== data) keepPositions(items, positions, data)
      return items
    },
  }
}

function isInPlace<Item>(sort: (a: Item, b: Item) => number, items: readonly Item[], at: number): boolean {
  const item = items[at] as Item
  const before = items[at - 1]
  const after = items[at + 1]
  return (before === undefined || sort(before, item) <= 0) && (after === undefined || sort(item, after) <= 0)
}

// id → position, handed from one version of a list to the next while no item moves.
const known = new WeakMap<readonly unknown[], Map<string, number>>()

function positionsOf<Item>(spec: ItemSpec<Item>, items: readonly Item[]): Map<string, number> {
  const positions = known.get(items)
  known.delete(items)
  return positions ?? new Map(items.map((item, at) => [String(spec.id(item)), at]))
}

function keepPositions(
  items: readonly unknown[],
  positions: Map<string, number>,
  previous: readonly unknown[],
): void {
  known.delete(previous)
  known.set(items, positions)
}
