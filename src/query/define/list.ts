/** `live.list`: a flat list of items that stays current. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../../transport/port.ts'
import { type ItemSpec, unversioned } from '../fold/items.ts'
import { listKind } from '../fold/kinds.ts'
import { mergeList } from '../fold/list/foldList.ts'
import { type CommonOptions, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { baseOf } from '../live/liveQuery.ts'
import { isContinuous } from '../live/state.ts'
import { readSnapshot } from './answer.ts'
import type { Changes } from './changes.ts'
import { defineWhole } from './defineQuery.ts'
import { arriveWhole } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import type { Registry } from './registry.ts'
import type { Fields, Given, Having, KeyIn } from './sound.ts'

export interface ListOptions<P, Events, Item, R extends Id = Id, Source = SnapshotSource<P>>
  extends CommonOptions<P, Events, Item, readonly NoInfer<Item>[], Having<KeyIn<R, Item>>> {
  /** Checked for snapshots and events; what does not fit is reported and left out. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Fields<Item>) => R
  /** Keeps the list in this order. @default the server's order, new items last */
  readonly sort?: (a: Item, b: Item) => number
  /** Grows with every change; an older version never replaces a newer one. */
  readonly version?: (item: Item) => number | undefined
  /** What becomes of an item when another state of it arrives. @default the new one */
  readonly merge?: (current: Item, next: Item) => Item
  readonly snapshot: Source
}

/** `(params?) => queryOptions`, and ops for its data. */
export interface LiveList<P, Item, Key extends PropertyKey = never> extends Changes<P, Item, Key> {
  (...params: Given<P>): LiveQueryOptions<readonly Item[]>
}

export function defineList<P, Events, Item, R extends Id, Source>(
  registry: Registry,
  name: string,
  options: ListOptions<P, Events, Item, R, Source>,
): LiveList<P, Item, KeyIn<R, Item>> {
  const id = options.id as (item: Item) => Id
  const spec: ItemSpec<Item> = {
    id,
    key: id,
    order: () => [],
    sort: options.sort,
    version: options.version ?? (() => undefined),
    merge: options.merge,
  }
  const flawOf = flawsBy(name, options.item, id)
  const given = { name, options, source: options.snapshot, kind: listKind(spec, flawOf), flawOf }
  return defineWhole<P, Item, readonly Item[]>(registry, given, (answer, { definition, context }) => {
    const { live } = answer.fetch ?? {}
    const before = live && (baseOf(live) as readonly Item[] | undefined)
    const how = live && isContinuous(live.state) ? spec : unversioned(spec)
    const { report } = registry.port
    const { items } = readSnapshot<Item>(definition, answer.body, { params: context.queryKey[2], report })
    return arriveWhole(answer, mergeList(how, before, items))
  })
}
