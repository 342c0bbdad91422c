/**
 * Optimistic rows over a timeline. The history underneath is never touched, so a rollback is simply an overlay that is
 * computed without the op. New rows come last: they have no place in the server's order yet. Pure.
 */
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
export function adoptTimeline<Item>(data: TimelineData<Item>): TimelineData<Item> {
  if (!data.pages.some((page) => page.pending)) return data
  const pages = data.pages.map((page) => {
    const { pending, ...rest } = page
    return pending ? { ...rest, items: page.items.slice(0, -pending) } : page
  })
  return { pages, pageParams: data.pageParams }
}

/** Its confirmed twin is in the history already: an event, a refetch or a reload brought it. */
function isConfirmed<Item>(spec: ItemSpec<Item>, pages: readonly TimelinePage<Item>[], row: Item): boolean {
  const { keys, items } = indexOf(spec, pages)
  const key = String(spec.key(row))
  return keys.has(key) || items.has(key)
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
