/**
 * Optimistic rows over a timeline. The history underneath is never touched, so a rollback is simply an overlay that is
 * computed without the op. New rows come last: they have no place in the server's order yet. Pure.
 */
import type { FlawOf } from './definition.ts'
import { changeItem, type ItemSpec, idOf } from './items.ts'
import type { Op } from './ops.ts'
import type { TimelineData, TimelinePage } from './pages.ts'
import { indexOf, placeOf } from './timelineIndex.ts'

export function overlayTimeline<Item>(
  spec: ItemSpec<Item>,
  base: TimelineData<Item>,
  ops: readonly Op<Item>[],
): TimelineData<Item> {
  const pages = base.pages.slice()
  for (const op of ops) {
    if (op.kind !== 'patch' && op.kind !== 'remove') continue
    const id = idOf(spec, op)
    const position = positionOf(spec, base, id)
    const page = pages[position]
    if (page)
      pages[position] = changed(page, (item) =>
        String(spec.id(item)) === id ? changeItem(spec, op, item) : item,
      )
  }
  const rows = ops.flatMap((op) => (op.kind === 'insert' || op.kind === 'upsert' ? [op.item] : []))
  const head = pages[0]
  const shown = head && !head.hasNewer ? rows.filter((row) => !isConfirmed(spec, base.pages, row)) : []
  if (head && shown.length > 0)
    pages[0] = { ...head, items: [...head.items, ...shown], pending: shown.length }
  const isSame = pages.every((page, at) => page === base.pages[at])
  return isSame ? base : { pages, pageParams: base.pageParams }
}

/** Pages from elsewhere may have been stored with optimistic rows in them; those are no history. */
export function adoptTimeline<Item>(
  { id }: ItemSpec<Item>,
  data: unknown,
  { flawOf, ops }: { readonly flawOf: FlawOf; readonly ops: readonly Op<Item>[] },
): TimelineData<Item> | undefined {
  const { pages, pageParams } = (data ?? {}) as Partial<TimelineData<Item>>
  const isTimeline = Array.isArray(pageParams) && pages?.every?.((page) => Array.isArray(page?.items))
  if (!pages || !pageParams || !isTimeline) return undefined
  const own = new Set(ops.flatMap((op) => ('item' in op ? [String(id(op.item))] : [])))
  const adopted = pages.map((page) => {
    const { pending = 0, ...rest } = page
    const items = page.items.filter((item) => !flawOf(item))
    if (pending === 0 && items.length === page.items.length) return page
    return { ...rest, items: withoutPending(items, pending, (item) => own.has(String(id(item)))) }
  })
  return adopted.every((page, at) => page === pages[at])
    ? (data as TimelineData<Item>)
    : { pages: adopted, pageParams }
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

/**
 * Rows that a history was found not to hold. What comes into it later comes by an event, and that event ends the row;
 * so one look at all of it is enough, as long as its index is the same.
 */
const absent = new WeakMap<object, Set<string>>()

/** Its confirmed twin is in the history already: a refetch or a reload brought it. */
function isConfirmed<Item>(spec: ItemSpec<Item>, pages: readonly TimelinePage<Item>[], row: Item): boolean {
  const index = indexOf(spec, pages)
  const known = absent.get(index) ?? new Set()
  absent.set(index, known)
  const key = String(spec.key(row))
  if (known.has(key)) return false
  const isThere = pages.some((page) => page.items.some((item) => String(spec.key(item)) === key))
  if (!isThere) known.add(key)
  return isThere
}

function positionOf<Item>(spec: ItemSpec<Item>, { pages }: TimelineData<Item>, id: string): number {
  const item = indexOf(spec, pages).items.get(id) as Item | undefined
  const itemsOf = (position: number) => pages[position]?.items ?? []
  return (item === undefined ? undefined : placeOf(spec, pages, { item, itemsOf }))?.position ?? -1
}

function changed<Item>(
  page: TimelinePage<Item>,
  change: (item: Item) => Item | undefined,
): TimelinePage<Item> {
  const items = page.items.map(change).filter((item) => item !== undefined) as Item[]
  // Stored as it is, the page could not be told from the history; without a position it is loaded again.
  return { ...page, items, asOf: undefined }
}
