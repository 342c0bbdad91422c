/** `live.timeline`: a history in pages that stays current, whatever is being fetched meanwhile. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../../transport/port.ts'
import { markFetched } from '../cache/structuralSharing.ts'
import { type ItemSpec, isId } from '../fold/items.ts'
import { type MatchPending, timelineStrategy, windowOf } from '../fold/kinds.ts'
import { type FreshPage, isWhole, landTimeline } from '../fold/timeline/mergeTimeline.ts'
import {
  type OrderKey,
  positionOfPage,
  positionOfPages,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from '../fold/timeline/pages.ts'
import { cutPages, isPage, maxPagesOf, newerParam, nextRequest, olderParam } from '../fold/timeline/window.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { entryFor } from '../live/client.ts'
import { type CommonOptions, type Definition, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { complete, missedBy } from '../live/fetch.ts'
import { current, settle, stored } from '../live/liveQuery.ts'
import { type Fetch, isContinuous } from '../live/state.ts'
import { infiniteQueryOptions, type QueryFunctionContext } from '../tanstack.ts'
import { readSnapshot, type Snapshot, toPage } from './answer.ts'
import { LIVE_QUERY_DEFAULTS, type SnapshotCall, takeSnapshot } from './queryFunction.ts'
import type { LiveInfiniteQueryOptions } from './queryOptions.ts'
import { changesFor, clientOf, defineQuery, type LiveCore } from './registry.ts'

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
  /** For servers that do not echo a key: the item to keep if `confirmed` is what became of `pending`. `isLast`: it was asked of all that are pending, and none was it. */
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

type TimelineKey<P> = readonly [typeof LIVE_KEY, string, P, TimelineWindow]

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
  // All that the folds will read of it.
  const flawOf = flawsBy(name, options.item, (item: Item) => {
    const isPlaced = isId(spec.key(item)) && spec.order(item).every((part) => typeof (part ?? 0) !== 'object')
    return isPlaced ? spec.id(item) : undefined
  })
  const definition = defineQuery(core, {
    name,
    options: options as unknown as Definition['options'],
    source: options.snapshot as Definition['source'],
    flawOf,
    strategy: timelineStrategy({ spec, flawOf, pageSize: defaultPageSize, matches: options.matches }),
  })

  const factory = (
    params: P,
    { around, pageSize }: TimelineWindow = {},
  ): LiveInfiniteQueryOptions<TimelinePage<Item>, TimelinePageParam, TimelineKey<P>> => {
    const size = pageSize ?? defaultPageSize
    return infiniteQueryOptions({
      ...LIVE_QUERY_DEFAULTS,
      queryKey: [LIVE_KEY, keyName(core, name), params, { around, pageSize } as TimelineWindow] as const,
      queryFn: (context) => fetchPage(spec, { core, definition, context: context as PageContext }, size),
      initialPageParam: around === undefined ? NEWEST : { around },
      getNextPageParam: (page: TimelinePage<Item>) => olderParam(page),
      getPreviousPageParam: (page: TimelinePage<Item>) => newerParam(page),
    })
  }
  return Object.assign(factory, changesFor<P, Item>(name))
}

async function fetchPage<Item>(
  spec: ItemSpec<Item>,
  call: SnapshotCall & { readonly context: PageContext },
  pageSize: number,
): Promise<TimelinePage<Item>> {
  const { core, context, definition } = call
  const client = clientOf(core, context.client)
  const entry = client && entryFor(client, context.queryKey)
  const loaded = {
    data: entry && (stored(entry) as TimelineData<Item> | undefined),
    maxPages: entry ? maxPagesOf(entry.query) : 1,
  }
  const next = nextRequest(spec, loaded, { param: context.pageParam, limit: pageSize })
  if (isPage(next)) return next
  return takeSnapshot({ ...call, page: next }, ({ body, position, fetch }) => {
    const snapshot = readSnapshot<Item>(definition, body, {
      params: context.queryKey[2],
      report: core.port.report,
    })
    const page = toPage(spec, snapshot, { ...next, position })
    const isStart = !('before' in next.param || 'after' in next.param)
    const pages = cutPages(spec, page, { count: next.count, pageSize })
    for (const page of fetch ? pages : []) {
      markFetched(page, freshPage(spec, fetch as Fetch, { page, pageSize, isStart, snapshot }))
    }
    return pages[0] as TimelinePage<Item>
  })
}

interface Fetched<Item> {
  readonly page: TimelinePage<Item>
  readonly pageSize: number
  readonly isStart: boolean
  readonly snapshot: Snapshot<Item>
}

function freshPage<Item>(
  spec: ItemSpec<Item>,
  fetch: Fetch,
  { page, pageSize, isStart, snapshot }: Fetched<Item>,
): FreshPage {
  const { entry } = fetch
  const position = positionOfPage(page)
  return {
    missed: () => missedBy(fetch, position, snapshot.partial),
    partial: snapshot.partial,
    isStart,
    land(result, fresh) {
      const landing = {
        ...windowOf(entry.query, pageSize),
        spec,
        isTrusted: isContinuous(entry),
        current: current(entry) as TimelineData<Item> | undefined,
        result: result as TimelineData<Item>,
        fresh,
      }
      const whole = isWhole(landing)
      complete(fetch, whole ? positionOfPages(result.pages) : position, whole)
      return settle(entry, landTimeline(landing))
    },
  }
}

type PageContext = QueryFunctionContext<readonly unknown[], TimelinePageParam>
