/**
 * Optimistic rows over a timeline. The history underneath is never touched, so a rollback is simply an overlay that is
 * computed without the op. New rows come last: they have no place in the server's order yet. Pure.
 */

import { changeItem, type ItemSpec, idOf } from '../items.ts'
import type { Op } from '../op.ts'
import { sameOr } from '../sameOr.ts'
import type { FlawOf } from '../soundOp.ts'
import type { TimelineData, TimelinePage } from './pages.ts'
import { indexOf, placeOf } from './timelineIndex.ts'

export function overlayTimeline<Item>(
  spec: ItemSpec<Item>,
  base: TimelineData<Item>,
  ops: readonly Op<Item>[],
): TimelineData<Item> {
  const pages = base.pages.slice()
  let rows: Item[] = []
  for (const op of ops) {
    if ('item' in op) rows.push(op.item)
    if ('item' in op || op.kind === 'reduce') continue
    // The key names one that has no id yet, also when it has one by now.
    const id = idOf(spec, op)
    const isIt = (item: Item) => String(spec.id(item)) === id || String(spec.key(item)) === id
    const change = (item: Item) => (isIt(item) ? changeItem(spec, op, item) : item)
    rows = mapItems(rows, change)
    const position = positionOf(spec, base, id)
    const page = pages[position]
    // Stored as it is, the page could not be told from the history; without a position it is loaded again.
    if (page) pages[position] = { ...page, items: mapItems(page.items, change), asOf: undefined }
  }
  const head = pages[0]
  const shown = head && !head.hasNewer ? rows.filter((row) => !isConfirmed(spec, base.pages, row)) : []
  if (head && shown.length > 0)
    pages[0] = { ...head, items: [...head.items, ...shown], pending: shown.length }
  return sameOr(base.pages, pages) === pages ? { pages, pageParams: base.pageParams } : base
}

/** Pages from elsewhere may have been stored with optimistic rows in them; those are no history. */
export function adoptTimeline<Item>(
  { id }: ItemSpec<Item>,
  data: unknown,
  { flawOf, ops }: { readonly flawOf: FlawOf; readonly ops: readonly Op<Item>[] },
): TimelineData<Item> | undefined {
  const { pages, pageParams }: Partial<TimelineData<Item>> = Object(data)
  if (!Array.isArray(pages) || !Array.isArray(pageParams)) return undefined
  if (!pages.every((page) => Array.isArray(page?.items))) return undefined
  const own = new Set(ops.flatMap((op) => ('item' in op ? [String(id(op.item))] : [])))
  const adopted = pages.map((page) => {
    const { pending = 0, ...rest } = page
    const items = page.items.filter((item) => !flawOf(item))
    if (pending === 0 && items.length === page.items.length) return page
    return { ...rest, items: withoutPending(items, pending, (item) => own.has(String(id(item)))) }
  })
  return sameOr(pages, adopted) === adopted ? { pages: adopted, pageParams } : (data as TimelineData<Item>)
}

/** Own ones by their ids, as others may have added rows below; without their mutations, those at the end. */
function withoutPending<Item>(items: readonly Item[], count: number, isOwn: (item: Item) => boolean) {
  let left = count
  const kept = items.toReversed().filter((item) => {
    const goes = left > 0 && isOwn(item)
    if (goes) left--
    return !goes
  })
  return kept.slice(left).toReversed()
}

/** Its confirmed twin is in the history already: an event, a refetch or a reload brought it. */
function isConfirmed<Item>(spec: ItemSpec<Item>, pages: readonly TimelinePage<Item>[], row: Item): boolean {
  return named(spec, pages, String(spec.key(row))) !== undefined
}

function positionOf<Item>(spec: ItemSpec<Item>, { pages }: TimelineData<Item>, name: string): number {
  const item = named(spec, pages, name)
  const itemsOf = (position: number) => pages[position]?.items ?? []
  return (item === undefined ? undefined : placeOf(spec, pages, { item, itemsOf }))?.position ?? -1
}

/** By its id, or its key. */
function named<Item>(spec: ItemSpec<Item>, pages: readonly TimelinePage<Item>[], name: string) {
  const { items, keys } = indexOf(spec, pages)
  return (items.get(name) ?? keys.get(name)) as Item | undefined
}

function mapItems<Item>(items: readonly Item[], change: (item: Item) => Item | undefined): Item[] {
  return items.map(change).filter((item) => item !== undefined) as Item[]
}
