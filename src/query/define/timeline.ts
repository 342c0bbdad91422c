/** `live.timeline`: a history in pages that stays current, whatever is being fetched meanwhile. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { LiveError } from '../../transport/errors.ts'
import type { Id } from '../../transport/port.ts'
import { markFetched } from '../cache/structuralSharing.ts'
import type { EntityOf } from '../entity/entity.ts'
import { type ItemSpec, isId } from '../fold/items.ts'
import { type MatchAnticipated, timelineKind } from '../fold/kinds.ts'
import { type FreshPage, isWhole, mergeTimeline } from '../fold/timeline/mergeTimeline.ts'
import {
  type OrderKey,
  positionOfPage,
  positionOfPages,
  type TimelineData,
  type TimelinePage,
  type TimelinePageParam,
} from '../fold/timeline/pages.ts'
import { cutPages, isPage, newerParam, nextRequest, olderParam } from '../fold/timeline/window.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { liveQueryFor } from '../live/client.ts'
import { type CommonOptions, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { completeFetch, mergeWith, missedBy } from '../live/fetch.ts'
import { baseOf, dataOf } from '../live/liveQuery.ts'
import type { Fetch } from '../live/records.ts'
import { isContinuous } from '../live/state.ts'
import { infiniteQueryOptions, type QueryFunctionContext } from '../tanstack.ts'
import { readSnapshot, type Snapshot, toPage } from './answer.ts'
import type { Changes } from './changes.ts'
import { defineQuery } from './defineQuery.ts'
import { LIVE_QUERY_DEFAULTS, type SnapshotCall, takeSnapshot } from './queryFunction.ts'
import type { LiveInfiniteQueryOptions } from './queryOptions.ts'
import { clientOf, type Registry } from './registry.ts'
import type { Fields, Given, Having, KeyIn } from './sound.ts'

export interface TimelineOptions<
  P,
  Events,
  Item,
  R extends Id = Id,
  Source = SnapshotSource<P, TimelinePageParam>,
> extends CommonOptions<P, Events, Item, readonly Readonly<NoInfer<Item>>[], Having<KeyIn<R, Item>>> {
  /** Checked for snapshots and events; what does not fit is reported and left out. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Fields<Item>) => R
  /** Same for the optimistic row and the confirmed one; use it as React key. @default id */
  readonly key?: (item: Item) => Id
  /** Total order, oldest first, compared element by element. End with the id, so that no two items are equal. */
  readonly order: (item: Item) => OrderKey
  /** Grows with every change; an older version never replaces a newer one. @default the entity's */
  readonly version?: (item: Item) => number | undefined
  /** What its items are, where other queries hold the same ones: `entity('ticker', …)`. */
  readonly entity?: EntityOf<NoInfer<Item>>
  readonly merge?: (current: Item, next: Item) => Item
  /** For servers that do not echo a key: the item to keep if `confirmed` is what became of `pending`. `isLast`: it was asked of all that are pending, and none was it. */
  readonly matches?: MatchAnticipated<Item>
  /** Gets `before`, `after` or `around` (an id, none for the newest page) and `limit`. */
  readonly snapshot: Source
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

export function defineTimeline<P, Events, Item, R extends Id, Source>(
  registry: Registry,
  name: string,
  options: TimelineOptions<P, Events, Item, R, Source>,
): LiveTimeline<P, Item, KeyIn<R, Item>> {
  const id = options.id as (item: Item) => Id
  const spec: ItemSpec<Item> = {
    id,
    key: options.key ?? id,
    order: options.order,
    sort: undefined,
    version: options.version ?? options.entity?.version ?? (() => undefined),
    merge: options.merge,
  }
  // All that the folds will read of it.
  const flawOf = flawsBy(name, options.item, (item: Item) => {
    const isPlaced = isId(spec.key(item)) && spec.order(item).every((part) => typeof (part ?? 0) !== 'object')
    return isPlaced ? spec.id(item) : undefined
  })
  const { pageSize: defaultPageSize = 50, snapshot: source, matches } = options
  const kind = timelineKind(spec, flawOf, matches)
  const given = { name, options, source, kind, flawOf, pageSize: defaultPageSize }
  const factory = defineQuery<P, Item, TimelineFactory<P, Item>>(
    registry,
    given,
    (definition) =>
      (params = {} as P, { around, pageSize } = {}) =>
        infiniteQueryOptions({
          ...LIVE_QUERY_DEFAULTS,
          queryKey: [
            LIVE_KEY,
            keyName(registry, name),
            params,
            { around, pageSize } as TimelineWindow,
          ] as const,
          queryFn: (context) =>
            fetchPage(
              spec,
              { registry, definition, context: context as PageContext },
              pageSize ?? defaultPageSize,
            ),
          initialPageParam: around === undefined ? NEWEST : { around },
          getNextPageParam: (page: TimelinePage<Item>) => olderParam(page),
          getPreviousPageParam: (page: TimelinePage<Item>) => newerParam(page),
        }),
  )
  return factory as unknown as LiveTimeline<P, Item, KeyIn<R, Item>>
}

/** `(params, window?) => infiniteQueryOptions`, and ops for its data. */
export interface LiveTimeline<P, Item, Key extends PropertyKey = never> extends Changes<P, Item, Key> {
  (
    ...params: readonly [...Given<P>, window?: TimelineWindow]
  ): LiveInfiniteQueryOptions<TimelinePage<Item>, TimelinePageParam, TimelineKey<P>>
}

type TimelineFactory<P, Item> = (
  params?: P,
  window?: TimelineWindow,
) => LiveInfiniteQueryOptions<TimelinePage<Item>, TimelinePageParam, TimelineKey<P>>

async function fetchPage<Item>(
  spec: ItemSpec<Item>,
  call: SnapshotCall & { readonly context: PageContext },
  pageSize: number,
): Promise<TimelinePage<Item>> {
  const { registry, context, definition } = call
  if (!context.pageParam) {
    const message = `"${definition.name}" is a timeline: read it with useInfiniteQuery`
    throw new LiveError('misconfigured', message)
  }
  const client = clientOf(registry, context.client)
  const live = client && liveQueryFor(client, context.queryKey)
  const loaded = {
    data: live && (baseOf(live) as TimelineData<Item> | undefined),
    maxPages: live ? live.state.use.maxPages : 1,
  }
  const next = nextRequest(spec, loaded, { param: context.pageParam, limit: pageSize })
  if (isPage(next)) return next
  return takeSnapshot({ ...call, page: next }, ({ body, position, fetch }) => {
    const { report } = registry.port
    const snapshot = readSnapshot<Item>(definition, body, { params: context.queryKey[2], report })
    const page = toPage(spec, snapshot, { ...next, position })
    const isStart = !('before' in next.param || 'after' in next.param)
    const pages = cutPages(spec, page, { count: next.count, pageSize })
    for (const page of fetch ? pages : []) {
      markFetched(page, freshPage(spec, fetch as Fetch, { page, isStart, snapshot }))
    }
    return pages[0] as TimelinePage<Item>
  })
}

interface Fetched<Item> {
  readonly page: TimelinePage<Item>
  readonly isStart: boolean
  readonly snapshot: Snapshot<Item>
}

function freshPage<Item>(
  spec: ItemSpec<Item>,
  fetch: Fetch,
  { page, isStart, snapshot }: Fetched<Item>,
): FreshPage {
  const { live } = fetch
  const position = positionOfPage(page)
  return {
    missed: () => missedBy(fetch, position, snapshot.partial),
    partial: snapshot.partial,
    isStart,
    merge(result, fresh) {
      const current = dataOf(live) as TimelineData<Item> | undefined
      const merge = {
        ...live.state.use,
        spec,
        isTrusted: isContinuous(live.state),
        current,
        result: result as TimelineData<Item>,
        fresh,
      }
      const whole = isWhole(merge)
      completeFetch(fetch, whole ? positionOfPages(result.pages) : position, whole)
      return mergeWith(live, mergeTimeline(merge))
    },
  }
}

type PageContext = QueryFunctionContext<readonly unknown[], TimelinePageParam>
