/** `live.list`: a flat list of items that stays current. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type QueryFunctionContext, queryOptions } from '@tanstack/react-query'
import type { Id } from '../transport/port.ts'
import {
  type CommonOptions,
  type Definition,
  flawsBy,
  keyName,
  LIVE_KEY,
  type SnapshotSource,
} from './definition.ts'
import { stored } from './entry.ts'
import { isContinuous } from './entryState.ts'
import { LIVE_QUERY_DEFAULTS, landWhole, takeSnapshot } from './fetchSnapshot.ts'
import { landList } from './foldList.ts'
import { type ItemSpec, unversioned } from './items.ts'
import { changesFor, defineQuery, type LiveCore } from './liveCore.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import { readSnapshot } from './snapshot.ts'
import { listStrategy } from './strategies.ts'

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
