/** `live.list`: a flat list of items that stays current. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../../transport/port.ts'
import { type Besides, besideOf } from '../cache/meta.ts'
import type { EntityOf } from '../entity/entity.ts'
import { type ItemSpec, unversioned } from '../fold/items.ts'
import { listKind } from '../fold/kinds.ts'
import { mergeList } from '../fold/list/foldList.ts'
import { type CommonOptions, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { baseOf } from '../live/liveQuery.ts'
import { isContinuous } from '../live/state.ts'
import { queryOptions } from '../tanstack.ts'
import { readSnapshot } from './answer.ts'
import type { Changes } from './changes.ts'
import { defineWhole } from './defineQuery.ts'
import { arriveWhole } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import type { Registry } from './registry.ts'
import type { Fields, Given, Having, KeyIn } from './sound.ts'

export interface ListOptions<P, Events, Item, R extends Id = Id, Source = SnapshotSource<P>>
  extends CommonOptions<P, Events, Item, readonly Readonly<NoInfer<Item>>[], Having<KeyIn<R, Item>>> {
  /** Checked for snapshots and events; what does not fit is reported and left out. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Fields<Item>) => R
  /** Keeps the list in this order. @default the server's order, new items last */
  readonly sort?: (a: Item, b: Item, params: NoInfer<P>) => number
  /**
   * The list holds only these: items come in and leave as they change. Pure, and of nothing but the two. Where a `patch` may
   * let in an item that is not in the list, a snapshot is asked for. @default all
   */
  readonly where?: (item: Item, params: NoInfer<P>) => boolean
  /**
   * For back ends that page by number: the list is read in pages of so many items, `prices(params, { offset: 100 })`, and
   * snapshots are asked for by `offset` and `limit`. What comes, goes or moves asks for one. @default it is one
   */
  readonly pageSize?: number
  /** Grows with every change; an older version never replaces a newer one. @default the entity's */
  readonly version?: (item: Item) => number | undefined
  /** What its items are, where other queries hold the same ones: `entity('ticker', …)`. */
  readonly entity?: EntityOf<NoInfer<Item>>
  /** What becomes of an item when another state of it arrives. @default the new one */
  readonly merge?: (current: Item, next: Item) => Item
  readonly snapshot: Source
}

/** Which page of a list, where its definition has a `pageSize`. */
export interface ListWindow {
  /** @default 0 */
  readonly offset?: number | undefined
  readonly pageSize?: number | undefined
}

/** `(params?, page?) => queryOptions`, and ops for its data. */
export interface LiveList<
  P,
  Item,
  Key extends PropertyKey = never,
  Beside = Readonly<Record<string, unknown>>,
> extends Changes<P, Item, Key> {
  (...params: [...Given<P>, page?: ListWindow]): LiveQueryOptions<readonly Item[], readonly Item[], Beside>
}

export function defineList<P, Events, Item, R extends Id, Source>(
  registry: Registry,
  name: string,
  options: ListOptions<P, Events, Item, R, Source>,
): LiveList<P, Item, KeyIn<R, Item>, never> {
  const id = options.id as (item: Item) => Id
  const { where, sort, pageSize } = options
  const all: ItemSpec<Item> = {
    id,
    key: id,
    order: () => [],
    sort: undefined,
    version: options.version ?? options.entity?.version ?? (() => undefined),
    merge: options.merge,
    isPage: pageSize !== undefined,
  }
  const specFor = ([, , params]: readonly unknown[]): ItemSpec<Item> => ({
    ...all,
    sort: sort && ((a, b) => sort(a, b, params as P)),
    where: where && ((item) => where(item, params as P)),
  })
  const flawOf = flawsBy(name, options.item, id)
  const kindFor = (queryKey: readonly unknown[]) => listKind(specFor(queryKey), flawOf)
  const given = {
    name,
    options,
    source: options.snapshot,
    kind: listKind(all, flawOf),
    kindFor,
    flawOf,
    pageSize,
  }
  const list = defineWhole<P, Item, readonly Item[]>(registry, given, (answer, { definition, context }) => {
    const { queryKey } = context
    const spec = specFor(queryKey)
    const { live } = answer.fetch ?? {}
    const before = live && (baseOf(live) as readonly Item[] | undefined)
    const how = live && isContinuous(live.state) ? spec : unversioned(spec)
    const { report } = registry.port
    const { items } = readSnapshot<Item>(definition, answer.body, { params: queryKey[2], report })
    return arriveWhole(answer, mergeList(how, before, spec.where ? items.filter(spec.where) : items))
  })
  return list as unknown as LiveList<P, Item, KeyIn<R, Item>, never>
}

/**
 * For `useQuery`: all that the snapshot of a list says but its items, as it was said last. `data` of the list stays the array.
 * Read it where the list is read: events change the list, and only its next snapshot changes this.
 *
 * @example
 * ```ts
 * const { data: rows } = useQuery(prices({ market }))
 * const { data: more } = useQuery(meta(prices({ market })))      // { total: 5 }
 * ```
 */
export function meta<Beside = Readonly<Record<string, unknown>>>(
  options: Besides<Beside> & { readonly initialPageParam?: never },
): LiveQueryOptions<Beside> {
  const beside = queryOptions({ ...besideOf(options), networkMode: 'always', staleTime: 0 })
  return beside as unknown as LiveQueryOptions<Beside>
}
