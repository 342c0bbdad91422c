/**
 * A fetch result meets the cache. TanStack hands back the pages it captured when the fetch began and would write them
 * over everything that happened since (TanStack/query#3579); here only the pages that were really fetched are taken
 * from it, and the events that came in meanwhile are folded into those. Pure.
 */
import { type ItemSpec, replaceItem, type SequencedOp, unversioned } from '../items.ts'
import { foldTimeline } from './foldTimeline.ts'
import { aboveLow, type TimelineData, type TimelinePage, type TimelinePageParam } from './pages.ts'
import { indexOf } from './timelineIndex.ts'

/** A page that comes out of a queryFn and has not met the cache yet. */
export interface FreshPage {
  /** Events that the page lacks, up to now. */
  readonly missed: () => readonly SequencedOp<unknown>[]
  /** The server keeps no history: what is loaded stays, and this adds nothing. */
  readonly partial: boolean
  /** It was not asked for next to another one. */
  readonly isStart: boolean
  readonly merge: (result: TimelineData<unknown>, fresh: FreshPages) => unknown
}

/** What is known of the pages that come out of a queryFn. */
export interface FreshPages {
  get(page: object | undefined): FreshPage | undefined
}

export interface Merge<Item> {
  readonly spec: ItemSpec<Item>
  readonly pageSize: number
  readonly maxPages: number
  /** Whether `current` has missed nothing so far. */
  readonly isTrusted: boolean
  /** The cached data with every event applied, without optimistic rows. */
  readonly current: TimelineData<Item> | undefined
  readonly result: TimelineData<Item>
  readonly fresh: FreshPages
}

/** A first load or a refetch, or there is nothing that it could be next to. */
export function isWhole({
  result,
  fresh,
  current,
}: Pick<Merge<unknown>, 'result' | 'fresh' | 'current'>): boolean {
  return !current || fresh.get(result.pages[0])?.isStart === true
}

export function mergeTimeline<Item>(merge: Merge<Item>): TimelineData<Item> {
  const { result, fresh, current } = merge
  const { pages, pageParams } = result
  if (!current || isWhole(merge)) return mergeAll(merge)
  // Beside a window that was replaced meanwhile the page would leave a hole, or lie over it.
  const older = fresh.get(pages.at(-1))
  if (older && isNextTo(pageParams.at(-1), 'before', current.pages.at(-1)?.before)) {
    return older.partial ? endedAt(current) : addOlder(merge, current)
  }
  const isNewer = fresh.get(pages[0]) && isNextTo(pageParams[0], 'after', current.pages[0]?.after)
  return isNewer ? addNewer(merge, current) : current
}

/** How many pages from the newest on were each asked for below the one above. */
function joined({ pages, pageParams }: TimelineData<unknown>): number {
  const gap = pages.findIndex(
    (_page, at) => at > 0 && !isNextTo(pageParams[at], 'before', pages[at - 1]?.before),
  )
  return gap < 0 ? pages.length : gap
}

function isNextTo(param: TimelinePageParam | undefined, side: 'before' | 'after', cursor: unknown): boolean {
  return cursor !== undefined && (param as Partial<Record<typeof side, unknown>>)?.[side] === cursor
}

/** First load or refetch: every page is new, but an item that did not change stays the same object. */
function mergeAll<Item>(merge: Merge<Item>): TimelineData<Item> {
  const { current, result, fresh, isTrusted } = merge
  const spec = isTrusted ? merge.spec : unversioned(merge.spec)
  if (current && result.pages.every((page) => fresh.get(page)?.partial)) return current
  const known = indexOf(spec, current?.pages ?? []).items
  const seen = new Set<string>()
  const keep = (item: Item): readonly Item[] => {
    const id = String(spec.id(item))
    // Pages are asked for one after another; an item that moved between them would show up twice.
    if (seen.has(id)) return []
    seen.add(id)
    const before = known.get(id) as Item | undefined
    return [before === undefined ? item : replaceItem(spec, before, item)]
  }
  const count = joined(result)
  const pages = result.pages.slice(0, count).map((page) => ({ ...page, items: page.items.flatMap(keep) }))
  // What was removed stays known: an acknowledgement that comes late must not bring it back.
  indexOf(spec, pages, current?.pages)
  let data: TimelineData<Item> = { pages, pageParams: result.pageParams.slice(0, count) }
  // From the old end, so that sealing a grown head does not move the pages still to come.
  for (let position = pages.length - 1; position >= 0; position--) {
    data = foldMissed(merge, { data, position, fetched: result.pages[position] })
  }
  // More pages than may be held: the newest of them are gone.
  return fresh.get(result.pages[0])?.isStart === false ? detached(spec, data) : data
}

/** There may be older items, and nobody can be asked for them. */
function endedAt<Item>({ pages, pageParams }: TimelineData<Item>): TimelineData<Item> {
  return { pages: pages.with(-1, { ...(pages.at(-1) as TimelinePage<Item>), before: undefined }), pageParams }
}

function addOlder<Item>(merge: Merge<Item>, current: TimelineData<Item>) {
  const { maxPages, result, spec } = merge
  const page = result.pages.at(-1) as TimelinePage<Item>
  // Without a row that tells where it ends, it owns nothing but what it was asked for.
  const low = page.hasOlder ? (page.low ?? current.pages.at(-1)?.low) : undefined
  const pages = [...current.pages, { ...withoutLoaded(merge, current, page), low }].slice(-maxPages)
  const pageParams = [...current.pageParams, result.pageParams.at(-1) as TimelinePageParam].slice(-maxPages)
  const isCut = pages.length === current.pages.length
  const data = isCut ? detached(spec, { pages, pageParams }) : { pages, pageParams }
  return foldMissed(merge, { data, position: pages.length - 1, fetched: page })
}

function addNewer<Item>(merge: Merge<Item>, current: TimelineData<Item>) {
  const { maxPages, result } = merge
  const page = result.pages[0] as TimelinePage<Item>
  const added = withoutLoaded(merge, current, page)
  const [head] = current.pages
  if (head && added.items.length === 0) {
    // Nothing new up there: the head itself reaches as far as the answer did.
    const { hasNewer, after, high } = page
    // An answer from a replica that lags: what it lacks is the head's to take.
    const asOf = head.asOf === undefined ? undefined : Math.min(page.asOf ?? head.asOf, head.asOf)
    const reached = { ...head, hasNewer, after, high, asOf, unseen: hasNewer ? head.unseen : 0 }
    const data = { ...current, pages: current.pages.with(0, reached) }
    return foldMissed(merge, { data, position: 0, fetched: page })
  }
  // It was asked for after the head's end, so it owns all from there on, and not only from its first item.
  const page0 = { ...added, low: head?.high ?? added.low }
  const data: TimelineData<Item> = {
    pages: [page0, ...current.pages].slice(0, maxPages),
    pageParams: [result.pageParams[0] as TimelinePageParam, ...current.pageParams].slice(0, maxPages),
  }
  return foldMissed(merge, { data, position: 0, fetched: page })
}

/** A window cap dropped the newest pages: what is left no longer touches the live edge. */
function detached<Item>(spec: ItemSpec<Item>, data: TimelineData<Item>): TimelineData<Item> {
  const [head] = data.pages
  const newest = head?.items.at(-1)
  if (!head || newest === undefined) return data
  const edge = { hasNewer: true, after: spec.id(newest), high: spec.order(newest) }
  return { ...data, pages: data.pages.with(0, { ...head, ...edge }) }
}

function withoutLoaded<Item>(merge: Merge<Item>, current: TimelineData<Item>, page: TimelinePage<Item>) {
  const index = indexOf(merge.spec, current.pages)
  return { ...page, items: page.items.filter((item) => !index.items.has(String(merge.spec.id(item)))) }
}

interface Merged<Item> {
  readonly data: TimelineData<Item>
  readonly position: number
  readonly fetched: TimelinePage<Item> | undefined
}

function foldMissed<Item>(merge: Merge<Item>, { data, position, fetched }: Merged<Item>): TimelineData<Item> {
  const page = data.pages[position]
  const ops = merge.fresh.get(fetched)?.missed() as readonly SequencedOp<Item>[] | undefined
  if (!page || !ops?.length) return data
  return foldTimeline({ ...merge, only: new Set([page]) }, data, withoutOlder(merge.spec, page, ops))
}

/**
 * Where the order does not tell a new item from the oldest one of the page, the stream does: what came before an item
 * that the answer has, and is not in it, is older than the page.
 */
function withoutOlder<Item>(
  spec: ItemSpec<Item>,
  page: TimelinePage<Item>,
  ops: readonly SequencedOp<Item>[],
): readonly SequencedOp<Item>[] {
  const isTied = ({ op }: SequencedOp<Item>) =>
    op.kind === 'insert' && aboveLow(page, spec.order(op.item)) === 0
  if (!ops.some(isTied)) return ops
  const ids = new Set(page.items.map((item) => String(spec.id(item))))
  const isThere = ({ op }: SequencedOp<Item>) => op.kind === 'insert' && ids.has(String(spec.id(op.item)))
  const last = ops.findLastIndex(isThere)
  return ops.filter((each, at) => at >= last || !isTied(each) || isThere(each))
}
