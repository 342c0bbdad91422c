/** One live query that holds items of an entity: what is in it, and what lies over it because others know better. */
import { reportMistake } from '../../transport/port.ts'
import { type ItemSpec, idOf, isId, readable } from '../fold/items.ts'
import { draftOf, itemOf } from '../fold/list/foldList.ts'
import { indexList, keepListIndex } from '../fold/list/listIndex.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import type { TimelineData } from '../fold/timeline/pages.ts'
import { indexOf } from '../fold/timeline/timelineIndex.ts'
import { keyName } from '../keys.ts'
import { type Definition, type EntityLink, flawFor } from '../live/definition.ts'
import { tell } from '../live/driver.ts'
import type { LiveClient, LiveQuery } from '../live/records.ts'
import type { AnyChange } from '../optimistic/targetedOp.ts'
import type { Named } from './valueKind.ts'

/** An entity, as its queries share it. */
export interface Shared extends Named {
  readonly name: string
  readonly link: EntityLink
  readonly stores: WeakMap<LiveClient, Store>
  /** It was told that an item has no version. */
  isTold?: boolean
}

/** A state of an item, and the schema by which it is all of one. */
export interface Known {
  readonly id: string
  readonly version: number
  readonly item: unknown
  readonly schema: unknown
  /** Whose data it was in. */
  readonly by: Holder
  /** How many states had been learned by then. */
  readonly at: number
  /** Which history of that channel it is part of, where the server says. */
  readonly epoch: string | undefined
}

/** Of one QueryClient. */
export interface Store {
  /** Every item that some query holds, in the newest state that one of them was told. */
  readonly newest: Map<string, Known>
  readonly holders: Set<Holder>
  /** How many states were learned. */
  learned: number
  /** So many items, and it is looked which of them are held still. */
  sweepAt: number
}

export interface Holder {
  readonly of: Shared
  readonly store: Store
  readonly live: LiveQuery
  /** How items change, whether this query shows them or not. */
  readonly spec: ItemSpec<unknown>
  readonly where: ItemSpec<unknown>['where']
  readonly schema: unknown
  /** What lies over items that others know better. */
  readonly newer: Map<string, { readonly version: number; readonly op: Op<unknown> | undefined }>
  /** What items become by ops that have not been folded. */
  readonly heard: Map<string, unknown>
  /** Optimistic ops of other data, as they are for this one. */
  readonly foreign: WeakMap<Op<unknown>, { readonly op: Op<unknown> | undefined }>
  /** Rows that have been looked at, and whether all were told of them. */
  scanned: WeakMap<readonly unknown[], boolean>
  /** Ops did what nobody can see, until they are folded. */
  isUnsure: boolean
  /** It lacked something when it was last asked for: how many states had been learned by then. */
  askedAt: number | undefined
  /** As they were last laid over it. */
  laid: readonly Op<unknown>[]
}

export function createHolder(of: Shared, live: LiveQuery): Holder {
  const { client, kind, definition } = live
  const store: Store = of.stores.get(client) ?? {
    newest: new Map(),
    holders: new Set(),
    learned: 0,
    sweepAt: 100,
  }
  of.stores.set(client, store)
  const id = of.id as ItemSpec<unknown>['id']
  const version = of.version as ItemSpec<unknown>['version']
  const alone = { id, key: id, order: () => [], sort: undefined, version, merge: undefined }
  const spec: ItemSpec<unknown> = kind.spec ?? alone
  const holder: Holder = {
    of,
    store,
    live,
    spec: { ...spec, where: undefined, isPage: false },
    where: spec.where,
    schema: schemaIn(definition),
    newer: new Map(),
    heard: new Map(),
    foreign: new WeakMap(),
    scanned: new WeakMap(),
    isUnsure: false,
    askedAt: undefined,
    laid: NO_OPS,
  }
  store.holders.add(holder)
  return holder
}

function schemaIn({ options }: Definition): unknown {
  const { item, schema } = options as { readonly item?: unknown; readonly schema?: unknown }
  return item ?? schema
}

export function definitionOf({ live }: Holder, { definition }: AnyChange): Definition | undefined {
  const { declarations } = live.client
  return declarations.definitions.get(keyName(declarations, definition))
}

/** By which the item of a change is all of one. */
export function schemaOf(holder: Holder, change: AnyChange): unknown {
  const definition = definitionOf(holder, change)
  return definition && schemaIn(definition)
}

/** What its data holds of this item, less what lies over it. */
export function heldBy({ live, of, spec }: Holder, id: string): unknown {
  const { base } = live.state
  if (base === undefined) return undefined
  if (!live.kind.spec) return String(of.id(base)) === id ? base : undefined
  if (!Array.isArray(base)) return indexOf(spec, (base as TimelineData<unknown>).pages).items.get(id)
  const { items, index } = indexList(spec, base)
  // One that has just come would be counted again for every item.
  if (items === base) keepListIndex(base, index, base)
  return itemOf(draftOf(spec, base), id)
}

/** The same with what waits to be folded. */
export function newestIn(holder: Holder, id: string): unknown {
  return holder.heard.has(id) ? holder.heard.get(id) : heldBy(holder, id)
}

/** The rows of data, page by page. */
export function rowsOf({ live: { kind } }: Holder, data: unknown): readonly (readonly unknown[])[] {
  if (data === undefined) return []
  if (!kind.spec) return [[data]]
  return Array.isArray(data) ? [data] : (data as TimelineData<unknown>).pages.map(({ items }) => items)
}

export const epochOf = ({ live }: Holder) => live.channel?.sequencer.cursor?.epoch

export function doubt({ live }: Holder): void {
  if (live.state.base !== undefined) tell(live, { type: 'doubted' })
}

/** Whether it has come to be one of the items of a filtered list that does not hold it. */
export function enters({ live, where }: Holder, before: unknown, item: unknown): boolean {
  if (!where) return false
  const flawOf = flawFor(live.definition, live.params)
  const fits = (each: unknown) => flawOf(each) === undefined && where(each)
  return fits(item) && !fits(before)
}

/** Whom an op is about. */
export function idIn({ live, of, spec }: Holder, op: Exclude<Op<unknown>, { kind: 'reduce' }>): string {
  if (live.kind.spec) return idOf(spec, op)
  const named = readable(() => ('id' in op ? op.id : of.id('item' in op ? op.item : op.fields)))
  return String(named ?? (live.state.base && of.id(live.state.base)))
}

/** Which item, and how new. What cannot be told apart, or compared, is nobody else's business. */
export function nameOf(
  { of, live }: Holder,
  item: unknown,
): { readonly id: string; readonly version: number } | undefined {
  const id = readable(() => of.id(item))
  const version = readable(() => of.version(item))
  if (isId(id) && typeof version === 'number' && Number.isFinite(version)) return { id: String(id), version }
  if (of.isTold) return undefined
  of.isTold = true
  const { port } = live.client.declarations
  const lack = isId(id) ? 'version' : 'id'
  reportMistake(port, `An item of "${of.name}" has no ${lack}; select what \`${lack}\` of the entity returns`)
  return undefined
}
