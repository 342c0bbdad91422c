/** `live.list`: a flat list of items that stays current. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../../transport/port.ts'
import { type ItemSpec, unversioned } from '../fold/items.ts'
import { listStrategy } from '../fold/kinds.ts'
import { landList } from '../fold/list/foldList.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { type CommonOptions, type Definition, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { stored } from '../live/liveQuery.ts'
import { isContinuous } from '../live/state.ts'
import { type QueryFunctionContext, queryOptions } from '../tanstack.ts'
import { readSnapshot } from './answer.ts'
import { LIVE_QUERY_DEFAULTS, landWhole, takeSnapshot } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import { changesFor, defineQuery, type LiveCore } from './registry.ts'

export interface ListOptions<P, Events, Item> extends CommonOptions<P, Events, Item> {
  /** Checked for snapshots and events; what does not fit is reported and left out. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Item) => Id
  /** Keeps the list in this order. @default the server's order, new items last */
  readonly sort?: (a: Item, b: Item) => number
  /** Grows with every change; an older version never replaces a newer one. */
  readonly version?: (item: Item) => number | undefined
  /** What becomes of an item when another state of it arrives. @default the new one */
  readonly merge?: (current: Item, next: Item) => Item
  readonly snapshot: SnapshotSource<P>
}

export function defineList<P, Events, Item>(
  core: LiveCore,
  name: string,
  options: ListOptions<P, Events, Item>,
) {
  const spec: ItemSpec<Item> = {
    id: options.id,
    key: options.id,
    order: () => [],
    sort: options.sort,
    version: options.version ?? (() => undefined),
    merge: options.merge,
  }
  const flawOf = flawsBy(name, options.item, options.id)
  const definition = defineQuery(core, {
    name,
    options: options as unknown as Definition['options'],
    source: options.snapshot as Definition['source'],
    flawOf,
    strategy: listStrategy(spec, flawOf),
  })
  const queryFn = (context: QueryFunctionContext) =>
    takeSnapshot({ core, definition, context }, (answer) => {
      const { entry } = answer.fetch ?? {}
      const before = entry && (stored(entry) as readonly Item[] | undefined)
      const how = entry && isContinuous(entry) ? spec : unversioned(spec)
      const { report } = core.port
      const { items } = readSnapshot<Item>(definition, answer.body, { params: context.queryKey[2], report })
      return landWhole(answer, landList(how, before, items)) as readonly Item[]
    })

  const factory = (params?: P): LiveQueryOptions<readonly Item[]> =>
    queryOptions({
      ...LIVE_QUERY_DEFAULTS,
      queryKey: [LIVE_KEY, keyName(core, name), params ?? ({} as P)] as const,
      queryFn,
    })
  return Object.assign(factory, changesFor<P, Item>(name))
}
