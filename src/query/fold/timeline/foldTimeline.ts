/**
 * Ops into the pages of a timeline. The cost of an op does not depend on how much is loaded: an
 * index finds the item, its order the page and the place, and only touched pages are copied. Pure to its callers.
 */
import type { Id } from '../../../transport/port.ts'
import { countWhile } from '../countWhile.ts'
import { changeItem, type ItemSpec, idOf, type SequencedOp } from '../items.ts'
import type { Op } from '../op.ts'
import {
  aboveLow,
  compareKeys,
  type OrderKey,
  pageOf,
  splitPage,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from './pages.ts'
import {
  dropIndex,
  forget,
  indexOf,
  keepIndex,
  placeOf,
  putIn,
  type TimelineIndex,
  takeOut,
} from './timelineIndex.ts'

export interface FoldOptions<Item> {
  readonly spec: ItemSpec<Item>
  readonly pageSize: number
  /** Live events make a window grow up to this; then its oldest pages go. */
  readonly maxPages: number
  /** Pages that take the ops; all of them where absent. */
  readonly only?: ReadonlySet<TimelinePage<Item>>
}

interface Draft<Item> extends FoldOptions<Item> {
  readonly base: TimelineData<Item>
  readonly index: TimelineIndex
  /** Touched pages by position, their items copied. */
  readonly touched: Map<number, Item[]>
  /** Of the op at hand. */
  seq?: number | undefined
  unseen: number
  /** Where the newest one of the live edge was put. */
  end: End<Item> | undefined
}

interface End<Item> {
  readonly page: TimelinePage<Item>
  readonly items: Item[]
  key: OrderKey
}

export function foldTimeline<Item>(
  options: FoldOptions<Item>,
  base: TimelineData<Item>,
  ops: readonly SequencedOp<Item>[],
): TimelineData<Item> {
  const draft: Draft<Item> = {
    ...options,
    base,
    index: indexOf(options.spec, base.pages),
    touched: new Map(),
    seq: undefined,
    end: undefined,
    unseen: base.pages[0]?.unseen ?? 0,
  }
  try {
    for (const { op, seq } of ops) {
      draft.seq = seq
      applyOp(draft, op)
    }
    return finish(draft)
  } catch (error) {
    // Half of it may be in the index.
    dropIndex(base.pages)
    throw error
  }
}

function applyOp<Item>(draft: Draft<Item>, op: Op<Item>): void {
  const { spec, index, seq } = draft
  if (op.kind === 'reduce') return reducePages(draft, op.apply as (items: readonly Item[]) => readonly Item[])
  const id = idOf(spec, op)
  const current = index.items.get(id) as Item | undefined
  const next = changeItem(spec, op, current)
  if (current !== undefined) change(draft, current, next)
  else if (op.kind === 'remove') forget(index, id)
  // Without numbers nothing else tells a late duplicate of a removed item from a new one.
  else if (next !== undefined && (seq !== undefined || !index.removed.has(id))) {
    const isNew = op.kind === 'insert'
    if (isNew || !isBelow(draft, next)) place(draft, next, isNew)
  }
}

/** It is not loaded, and not new: of those that its order does not tell from the oldest loaded one it is an older one. */
function isBelow<Item>({ spec, base: { pages } }: Draft<Item>, item: Item): boolean {
  const key = spec.order(item)
  return aboveLow(pages[pageOf(pages, key)], key) === 0
}

/** A page that was fetched after the event has it already. */
function takes<Item>({ only, seq }: Draft<Item>, page: TimelinePage<Item>): boolean {
  return (!only || only.has(page)) && (seq === undefined || page.asOf === undefined || seq > page.asOf)
}

function place<Item>(draft: Draft<Item>, item: Item, isNew: boolean): void {
  const { spec, index, base } = draft
  const key = spec.order(item)
  const { end } = draft
  // One after the other, as nearly all come: nothing has to be looked up.
  if (end && takes(draft, end.page) && compareKeys(end.key, key) <= 0) {
    end.key = key
    end.items.push(item)
    return putIn(spec, index, item)
  }
  const position = pageOf(base.pages, key)
  const page = base.pages[position]
  if (!page || !takes(draft, page)) return
  if (position === 0 && page.hasNewer && (!page.high || compareKeys(key, page.high) >= 0)) {
    // Beyond the loaded window: the gap between could hide items, so it is only counted.
    if (isNew) draft.unseen++
    return
  }
  const items = touch(draft, position)
  // Of equal ones the server told of this one last.
  const at = countWhile(items, (other) => compareKeys(spec.order(other), key) <= 0)
  draft.end = position === 0 && at === items.length && !page.hasNewer ? { page, items, key } : undefined
  if (at === items.length) items.push(item)
  else items.splice(at, 0, item)
  putIn(spec, index, item)
}

function change<Item>(draft: Draft<Item>, item: Item, next: Item | undefined): void {
  if (next === item) return
  const { spec, index, base } = draft
  const found = placeOf(spec, base.pages, { item, itemsOf: (position) => itemsOf(draft, position) })
  const page = found && base.pages[found.position]
  if (!page || !takes(draft, page)) return
  const items = touch(draft, found.position)
  takeOut(spec, index, item)
  if (next !== undefined && compareKeys(spec.order(next), spec.order(item)) === 0) {
    items[found.at] = next
    return putIn(spec, index, next)
  }
  items.splice(found.at, 1)
  if (next === undefined) return forget(index, spec.id(item))
  draft.seq = undefined
  place(draft, next, false)
}

function reducePages<Item>(draft: Draft<Item>, apply: (items: readonly Item[]) => readonly Item[]): void {
  const { spec, index, base, touched } = draft
  draft.end = undefined
  for (const [position, page] of base.pages.entries()) {
    if (!takes(draft, page)) continue
    const items = itemsOf(draft, position)
    const next = apply(items)
    if (next === items) continue
    for (const item of items) takeOut(spec, index, item)
    for (const item of next) putIn(spec, index, item)
    touched.set(position, [...next])
  }
}

function itemsOf<Item>({ touched, base }: Draft<Item>, position: number): readonly Item[] {
  return touched.get(position) ?? base.pages[position]?.items ?? []
}

function touch<Item>(draft: Draft<Item>, position: number): Item[] {
  const items = draft.touched.get(position) ?? itemsOf(draft, position).slice()
  draft.touched.set(position, items)
  return items
}

function finish<Item>(draft: Draft<Item>): TimelineData<Item> {
  const { base, touched, unseen, index, spec, maxPages } = draft
  const first = base.pages[0]
  if (!first || (touched.size === 0 && unseen === first.unseen)) return base
  const folded = base.pages.slice()
  for (const [position, items] of touched) folded[position] = { ...(folded[position] ?? first), items }
  const [head = first] = folded
  const parts = sealOldHalf(draft, unseen === head.unseen ? head : { ...head, unseen })
  const pages = parts.concat(folded.slice(1))
  for (const page of pages.splice(maxPages)) for (const item of page.items) takeOut(spec, index, item)
  keepIndex(pages, index)
  // A copy of what nearly never changes would be a good part of the cost of an event.
  const { pageParams } = base
  if (parts.length === 1 && pages.length === base.pages.length) return { pages, pageParams }
  const sealed = parts.slice(0, -1).map(({ before }): TimelinePageParam => ({ before: before as Id }))
  const params = pageParams.slice(0, 1).concat(sealed, pageParams.slice(1))
  return { pages, pageParams: params.slice(0, maxPages) }
}

/**
 * Cuts pages of `pageSize` items off the old end of a head that live events grew past twice that size. Without sealing,
 * every event would copy all that ever streamed in (measured: 563 times the cost at 50 000 items).
 */
function sealOldHalf<Item>({ spec, pageSize }: Draft<Item>, head: TimelinePage<Item>): TimelinePage<Item>[] {
  const cuts: number[] = []
  for (let at = pageSize; head.items.length - at > pageSize; at += pageSize) cuts.push(at)
  return splitPage(spec, head, cuts)
}
