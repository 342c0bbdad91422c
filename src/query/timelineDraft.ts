/**
 * Ops into the pages of a timeline. The cost of an op does not depend on how much is loaded: an id → page index
 * finds the page, a binary search the place, and only touched pages are copied. Pure to its callers.
 */
import type { Id } from '../transport/port.ts'
import { type ItemSpec, patchItem, replaceItem, type SequencedOp } from './items.ts'
import {
  compareKeys,
  lowerBound,
  pageOf,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from './pages.ts'
import { indexOf, keepIndex, type TimelineIndex } from './timelineIndex.ts'

export interface TimelineDraft<Item> {
  readonly spec: ItemSpec<Item>
  readonly base: TimelineData<Item>
  readonly index: TimelineIndex
  /** Touched pages by position, their items copied. */
  readonly touched: Map<number, Item[]>
  /** Which pages take an op of this position; a page fetched after it has it already. */
  readonly accepts: (page: TimelinePage<Item>, seq: number | undefined) => boolean
  unseen: number
}

const AFTER_SNAPSHOT = <Item>(page: TimelinePage<Item>, seq: number | undefined): boolean =>
  seq === undefined || page.asOf === undefined || seq > page.asOf

export interface FoldOptions<Item> {
  readonly spec: ItemSpec<Item>
  readonly pageSize: number
  /** Live events make a window grow up to this; then its oldest pages go. */
  readonly maxPages: number
  /** Pages that take the ops; all of them where absent. */
  readonly only?: ReadonlySet<TimelinePage<Item>>
}

export function foldTimeline<Item>(
  options: FoldOptions<Item>,
  base: TimelineData<Item>,
  ops: readonly SequencedOp<Item>[],
): TimelineData<Item> {
  const { spec, only } = options
  const draft: TimelineDraft<Item> = {
    spec,
    base,
    index: indexOf(spec, base.pages),
    touched: new Map(),
    accepts: only ? (page, seq) => only.has(page) && AFTER_SNAPSHOT(page, seq) : AFTER_SNAPSHOT,
    unseen: base.pages[0]?.unseen ?? 0,
  }
  for (const { op, seq } of ops) applyOp(draft, op, seq)
  return finish(draft, options)
}

function applyOp<Item>(
  draft: TimelineDraft<Item>,
  op: SequencedOp<Item>['op'],
  seq: number | undefined,
): void {
  switch (op.kind) {
    case 'insert':
    case 'upsert':
      return place(draft, op.item, seq, op.kind === 'insert')
    case 'patch': {
      const id = draft.spec.id(op.fields as Item)
      return change(draft, id, seq, (item) => patchItem(draft.spec, item, op.fields))
    }
    case 'remove':
      return removeItem(draft, op.id, seq)
    case 'reduce':
      return reducePages(draft, op.apply as (items: readonly Item[]) => readonly Item[], seq)
  }
}

function place<Item>(draft: TimelineDraft<Item>, item: Item, seq: number | undefined, isNew: boolean): void {
  const { spec, index, base } = draft
  const id = spec.id(item)
  if (index.numberOf(id) !== undefined)
    return change(draft, id, seq, (current) => replaceItem(spec, current, item))
  // Without numbers nothing else tells a late duplicate of a removed item from a new one.
  if (seq === undefined && index.removed.has(String(id))) return
  const key = spec.order(item)
  const position = pageOf(base.pages, key)
  const page = position === undefined ? undefined : base.pages[position]
  if (position === undefined || !page || !draft.accepts(page, seq)) return
  const items = itemsOf(draft, position)
  const at = lowerBound(items, key, spec.order)
  if (position === 0 && page.hasNewer && (!page.high || compareKeys(key, page.high) > 0)) {
    // Beyond the loaded window: the gap between could hide items, so it is only counted.
    if (isNew) draft.unseen++
    return
  }
  touch(draft, position).splice(at, 0, item)
  index.set(id, index.head + position)
}

function change<Item>(
  draft: TimelineDraft<Item>,
  id: Id,
  seq: number | undefined,
  update: (item: Item) => Item,
): void {
  const found = find(draft, id, seq)
  if (!found) return
  const next = update(found.item)
  if (next === found.item) return
  const items = touch(draft, found.position)
  if (compareKeys(draft.spec.order(next), draft.spec.order(found.item)) === 0) {
    items[found.at] = next
    return
  }
  items.splice(found.at, 1)
  draft.index.delete(id)
  place(draft, next, undefined, false)
}

function removeItem<Item>(draft: TimelineDraft<Item>, id: Id, seq: number | undefined): void {
  const found = find(draft, id, seq)
  if (found) touch(draft, found.position).splice(found.at, 1)
  if (found || draft.index.numberOf(id) === undefined) draft.index.remove(id)
}

function reducePages<Item>(
  draft: TimelineDraft<Item>,
  apply: (items: readonly Item[]) => readonly Item[],
  seq: number | undefined,
): void {
  draft.base.pages.forEach((page, position) => {
    if (!draft.accepts(page, seq)) return
    const items = itemsOf(draft, position)
    const next = apply(items)
    if (next === items) return
    for (const item of items) draft.index.delete(draft.spec.id(item))
    for (const item of next) draft.index.set(draft.spec.id(item), draft.index.head + position)
    draft.touched.set(position, [...next])
  })
}

function find<Item>(draft: TimelineDraft<Item>, id: Id, seq: number | undefined) {
  const number = draft.index.numberOf(id)
  if (number === undefined) return undefined
  const position = number - draft.index.head
  const page = draft.base.pages[position]
  if (!page || !draft.accepts(page, seq)) return undefined
  const items = itemsOf(draft, position)
  const text = String(id)
  const at = items.findIndex((item) => String(draft.spec.id(item)) === text)
  const item = items[at]
  return item === undefined ? undefined : { position, at, item }
}

function itemsOf<Item>(draft: TimelineDraft<Item>, position: number): readonly Item[] {
  return draft.touched.get(position) ?? draft.base.pages[position]?.items ?? []
}

function touch<Item>(draft: TimelineDraft<Item>, position: number): Item[] {
  const items = draft.touched.get(position) ?? [...itemsOf(draft, position)]
  draft.touched.set(position, items)
  return items
}

function finish<Item>(
  draft: TimelineDraft<Item>,
  { pageSize, maxPages }: FoldOptions<Item>,
): TimelineData<Item> {
  const { base, touched, unseen, index } = draft
  const first = base.pages[0]
  if (!first || (touched.size === 0 && unseen === first.unseen)) return base
  const pages = base.pages.slice()
  const pageParams = base.pageParams.slice()
  for (const [position, items] of touched) {
    const page = pages[position]
    if (page) pages[position] = { ...page, items }
  }
  if (unseen !== first.unseen) pages[0] = { ...(pages[0] ?? first), unseen }
  while (sealOldHalf(draft, pages, pageParams, pageSize));
  for (const page of pages.splice(maxPages)) for (const item of page.items) index.delete(draft.spec.id(item))
  pageParams.splice(maxPages)
  keepIndex(pages, index)
  return { pages, pageParams }
}

/**
 * Cuts `pageSize` items off the old end of a head that live events grew past twice that size. Without sealing, every
 * event would copy all that ever streamed in (measured: 563 times the cost at 50 000 items).
 */
function sealOldHalf<Item>(
  draft: TimelineDraft<Item>,
  pages: TimelinePage<Item>[],
  pageParams: TimelinePageParam[],
  pageSize: number,
): boolean {
  const head = pages[0]
  const cut = head?.items[pageSize]
  if (!head || cut === undefined || head.items.length <= 2 * pageSize) return false
  const before = draft.spec.id(cut)
  const { after: _after, ...rest } = head
  pages[0] = {
    ...head,
    items: head.items.slice(pageSize),
    low: draft.spec.order(cut),
    before,
    hasOlder: true,
  }
  pages.splice(1, 0, { ...rest, items: head.items.slice(0, pageSize), hasNewer: false, unseen: 0 })
  pageParams.splice(1, 0, { before })
  draft.index.head--
  for (const item of pages[0].items) draft.index.set(draft.spec.id(item), draft.index.head)
  return true
}
