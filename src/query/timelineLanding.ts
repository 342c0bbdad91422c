/**
 * A fetch result meets the cache. TanStack hands back the pages it captured when the fetch began and would write them
 * over everything that happened since (TanStack/query#3579); here only the pages that were really fetched are taken
 * from it, and the events that came in meanwhile are folded into those. Pure.
 */
import { type ItemSpec, replaceItem, type SequencedOp } from './items.ts'
import type { TimelineData, TimelinePage } from './pages.ts'
import { foldTimeline } from './timelineDraft.ts'
import { indexOf } from './timelineIndex.ts'

export interface FreshPage<Item> {
  /** Events since the page was asked for, up to now. */
  readonly ops: () => readonly SequencedOp<Item>[]
  /** Pages that were loaded when it was asked for. */
  readonly loaded: number
  readonly partial: boolean
}

export interface Landing<Item> {
  readonly spec: ItemSpec<Item>
  readonly pageSize: number
  /** The cached data with every event applied, without optimistic rows. */
  readonly current: TimelineData<Item> | undefined
  readonly result: TimelineData<Item>
  readonly fresh: ReadonlyMap<TimelinePage<Item>, FreshPage<Item>>
}

export function landTimeline<Item>(landing: Landing<Item>): TimelineData<Item> {
  const { result, fresh, current } = landing
  const first = result.pages[0]
  const last = result.pages.at(-1)
  if (!first || !last) return current ?? result
  if (result.pages.every((page) => fresh.has(page))) return landAll(landing)
  if (!current) return result
  if (fresh.has(last)) return landOlder(landing, current, last)
  if (fresh.has(first)) return landNewer(landing, current, first)
  return current
}

/** First load or refetch: every page is new, but an item that did not change stays the same object. */
function landAll<Item>(landing: Landing<Item>): TimelineData<Item> {
  const { spec, current, result, fresh } = landing
  if (current && result.pages.every((page) => fresh.get(page)?.partial)) return current
  const known = new Map<string, Item>()
  for (const page of current?.pages ?? [])
    for (const item of page.items) known.set(String(spec.id(item)), item)
  const seen = new Set<string>()
  const pages = result.pages.map((page) => {
    const items: Item[] = []
    for (const item of page.items) {
      const id = String(spec.id(item))
      // Pages are asked for one after another; an item that moved between them would show up twice.
      if (seen.has(id)) continue
      seen.add(id)
      const before = known.get(id)
      items.push(before === undefined ? item : replaceItem(spec, before, item))
    }
    return { ...page, items }
  })
  const infos = result.pages.map((page) => fresh.get(page))
  let data: TimelineData<Item> = { pages, pageParams: result.pageParams }
  // From the old end, so that sealing a grown head does not move the pages still to come.
  for (let position = pages.length - 1; position >= 0; position--) {
    data = foldInto(landing, data, position, infos[position])
  }
  return data
}

function landOlder<Item>(landing: Landing<Item>, current: TimelineData<Item>, page: TimelinePage<Item>) {
  const info = landing.fresh.get(page)
  const dropped = Math.max(0, (info?.loaded ?? 0) + 1 - landing.result.pages.length)
  const data: TimelineData<Item> = {
    pages: [...current.pages, withoutLoaded(landing, current, page)].slice(dropped),
    pageParams: [...current.pageParams, landing.result.pageParams.at(-1) ?? {}].slice(dropped),
  }
  return foldInto(landing, dropped > 0 ? detached(landing.spec, data) : data, data.pages.length - 1, info)
}

function landNewer<Item>(landing: Landing<Item>, current: TimelineData<Item>, page: TimelinePage<Item>) {
  const info = landing.fresh.get(page)
  const added = withoutLoaded(landing, current, page)
  if (added.items.length === 0 && current.pages[0]) {
    const head = {
      ...current.pages[0],
      hasNewer: page.hasNewer,
      unseen: page.hasNewer ? current.pages[0].unseen : 0,
    }
    return foldInto(landing, { ...current, pages: [head, ...current.pages.slice(1)] }, 0, info)
  }
  const dropped = Math.max(0, (info?.loaded ?? 0) + 1 - landing.result.pages.length)
  const pages = current.pages.slice(0, Math.max(1, current.pages.length - dropped))
  const data: TimelineData<Item> = {
    pages: [added, ...pages],
    pageParams: [landing.result.pageParams[0] ?? {}, ...current.pageParams.slice(0, pages.length)],
  }
  return foldInto(landing, data, 0, info)
}

/** A window cap dropped the newest pages: what is left no longer touches the live edge. */
function detached<Item>(spec: ItemSpec<Item>, data: TimelineData<Item>): TimelineData<Item> {
  const [head, ...rest] = data.pages
  const newest = head?.items.at(-1)
  if (!head || newest === undefined) return data
  return { ...data, pages: [{ ...head, hasNewer: true, after: spec.id(newest) }, ...rest] }
}

function withoutLoaded<Item>(landing: Landing<Item>, current: TimelineData<Item>, page: TimelinePage<Item>) {
  const index = indexOf(landing.spec, current.pages)
  return { ...page, items: page.items.filter((item) => index.numberOf(landing.spec.id(item)) === undefined) }
}

function foldInto<Item>(
  landing: Landing<Item>,
  data: TimelineData<Item>,
  position: number,
  info: FreshPage<Item> | undefined,
): TimelineData<Item> {
  const page = data.pages[position]
  const ops = info?.ops() ?? []
  if (!page || ops.length === 0) return data
  return foldTimeline(landing.spec, data, ops, { pageSize: landing.pageSize, only: new Set([page]) })
}
