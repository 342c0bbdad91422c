/** `live.timeline`: a history in pages that stays current, whatever is being fetched meanwhile. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { infiniteQueryOptions, type QueryFunctionContext } from '@tanstack/react-query'
import type { Id } from '../transport/port.ts'
import { type CommonOptions, channelSpec, itemCheck, type Params, type SnapshotSource } from './definition.ts'
import { liveQueryDefaults, type SnapshotLanding, takeSnapshot } from './fetchSnapshot.ts'
import type { ItemSpec } from './items.ts'
import { LIVE_KEY } from './liveClient.ts'
import { changesFor, type LiveCore } from './liveCore.ts'
import type { OrderKey, TimelineData, TimelinePage, TimelinePageParam } from './pages.ts'
import { readSnapshot, toPage } from './snapshot.ts'
import { type MatchPending, timelineStrategy } from './strategies.ts'
import { type FreshPage, landTimeline } from './timelineLanding.ts'
import { createWindow } from './timelineWindow.ts'

export interface TimelineOptions<P, Events, Item> extends CommonOptions<P, Events, Item> {
  /** Checked for snapshots and events; what does not fit is reported and left out. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Item) => Id
  /** Same for the optimistic row and the confirmed one; use it as React key. @default id */
  readonly key?: (item: Item) => Id
  /** Total order, oldest first, compared element by element. End with the id, so that no two items are equal. */
  readonly order: (item: Item) => OrderKey
  /** Grows with every change; an older version never replaces a newer one. */
  readonly version?: (item: Item) => number | undefined
  readonly merge?: (current: Item, next: Item) => Item
  /** For servers that do not echo a key: the item to keep if `confirmed` is what became of `pending`. */
  readonly matches?: MatchPending<Item>
  /** Gets `before`, `after` or `around` (an id, none for the newest page) and `limit`. */
  readonly snapshot: SnapshotSource<P, TimelinePageParam>
  /** @default 50 */
  readonly pageSize?: number
}

export interface TimelineWindow {
  /** Start at this item instead of at the live edge. */
  readonly around?: Id | undefined
  readonly pageSize?: number | undefined
}

const NEWEST: TimelinePageParam = {}

export function defineTimeline<P, Events, Item>(
  core: LiveCore,
  name: string,
  options: TimelineOptions<P, Events, Item>,
) {
  const defaultPageSize = options.pageSize ?? 50
  const spec: ItemSpec<Item> = {
    id: options.id,
    key: options.key ?? options.id,
    order: options.order,
    sort: undefined,
    version: options.version ?? (() => undefined),
    merge: options.merge,
  }
  const check = itemCheck(options.item)
  const isItem = (item: unknown): item is Item => check(item)
  core.define({
    name,
    channelOf: (params) => channelSpec(params as P, options),
    reducers: options.events as Record<string, never>,
    isItem,
    strategy: timelineStrategy(spec, defaultPageSize, options.matches),
  })

  async function fetchPage(context: PageContext, pageSize: number): Promise<TimelinePage<Item>> {
    const params = (context.queryKey[2] ?? {}) as P
    const query = context.client.getQueryCache().find({ queryKey: context.queryKey, exact: true })
    const window = createWindow<Item>(query, context.pageParam, pageSize)
    const ready = window.next()
    if (ready) return ready
    return takeSnapshot(core, context, {
      source: options.snapshot,
      channel: channelSpec(params, options),
      params: params as Params,
      pageParam: context.pageParam,
      limit: window.limit,
      read(answer, landing) {
        const snapshot = readSnapshot(name, answer, isItem)
        landing?.fetch.arrived(snapshot.position)
        const pages = window.split(
          spec,
          toPage(spec, snapshot, { param: context.pageParam, limit: window.limit }),
        )
        if (landing) for (const page of pages) announce(landing, page, pageSize, snapshot.partial)
        return window.serve(pages)
      },
    })
  }

  function announce(
    landing: SnapshotLanding,
    page: TimelinePage<Item>,
    pageSize: number,
    partial: boolean,
  ): void {
    const { entry, fetch } = landing
    const position = page.asOf === undefined ? undefined : { seq: page.asOf }
    const fresh: FreshPage<unknown> = {
      ops: () => fetch.since(position),
      loaded: (entry.query.state.data as TimelineData<Item> | undefined)?.pages.length ?? 0,
      partial,
    }
    core.share.fetched(page as TimelinePage<unknown>, {
      fresh,
      land(result, inFlight) {
        const data = landTimeline<unknown>({
          spec: spec as unknown as ItemSpec<unknown>,
          pageSize,
          current: entry.current() as TimelineData<unknown> | undefined,
          result,
          fresh: inFlight,
        })
        if (result.pages.every((each) => inFlight.has(each))) fetch.complete()
        return entry.settle(data)
      },
    })
  }

  const factory = (params: P, window: TimelineWindow = {}) => {
    const pageSize = window.pageSize ?? defaultPageSize
    return infiniteQueryOptions({
      ...liveQueryDefaults(core),
      queryKey: [LIVE_KEY, name, params, keyOf(window)] as const,
      queryFn: (context) => fetchPage(context as PageContext, pageSize),
      initialPageParam: window.around === undefined ? NEWEST : { around: window.around },
      getNextPageParam: (page: TimelinePage<Item>): TimelinePageParam | undefined =>
        page.hasOlder && page.before !== undefined ? { before: page.before } : undefined,
      getPreviousPageParam: (page: TimelinePage<Item>): TimelinePageParam | undefined =>
        page.hasNewer && page.after !== undefined ? { after: page.after } : undefined,
    })
  }
  return Object.assign(factory, changesFor<P, Item>(name))
}

type PageContext = QueryFunctionContext<readonly unknown[], TimelinePageParam>

function keyOf(window: TimelineWindow): TimelineWindow {
  return {
    ...(window.around !== undefined && { around: window.around }),
    ...(window.pageSize !== undefined && { pageSize: window.pageSize }),
  }
}
