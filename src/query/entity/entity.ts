/** `entity`: items that several queries hold. What one learns of an item, the others show, where it is newer than theirs. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../../transport/port.ts'
import type { EntityLink } from '../live/definition.ts'
import type { EntityPatch } from '../optimistic/targetedOp.ts'
import { followerOf } from './follower.ts'
import { entityValueKind } from './valueKind.ts'

export interface EntityOptions<Item> {
  /** An item in full. A definition with another schema holds some of its fields. */
  readonly item: StandardSchemaV1<unknown, Item>
  readonly id: (item: Item) => Id
  /** Grows with every change. Without one nobody could tell which of two states is the newer one. */
  readonly version: (item: Item) => number
}

/** What a definition whose items have all that these have can name as its `entity`. */
export interface EntityOf<Item> extends EntityLink {
  readonly id: (item: Item) => Id
  readonly version: (item: Item) => number
}

export interface Entity<Item> extends EntityOf<Item> {
  readonly name: string
  /**
   * For `optimistic` of a mutation: lies over the item wherever it is held, until the mutation is done or has failed. `by`
   * returns what changes. It is asked again for every newer state of the item, which may have the change already.
   *
   * @example
   * ```ts
   * optimistic: ({ symbol }) => [ticker.patch(symbol, () => ({ isWatched: true }))]
   * ```
   */
  patch(id: Id, by: (item: Item) => Partial<Item>): EntityPatch
}

/**
 * Names what lists, timelines and values hold in common: `entity: ticker` on their definitions. An event, a snapshot or an
 * optimistic change of one of them shows in all that hold the item. Elsewhere than on its own channel only a newer version
 * does, nothing comes into a list, and what is removed from one is asked for by the others.
 *
 * @example
 * ```ts
 * const ticker = entity('ticker', { item: Ticker, id: (item) => item.symbol, version: (item) => item.version })
 * const tickers = live.list('tickers', { entity: ticker, item: Ticker, id: (item) => item.symbol, … })
 * const detail = live.value('detail', { entity: ticker, schema: Ticker, params: type<{ symbol: string }>(), … })
 * ```
 */
export function entity<Item extends object>(name: string, options: EntityOptions<Item>): Entity<Item> {
  const { id, version } = options
  const made: Entity<Item> = {
    name,
    id,
    version,
    patch: (of, by) => ({
      entity: made,
      definition: '',
      params: {},
      op: {
        kind: 'patch',
        id: of,
        fields: {},
        make: (item) => ({ ...(item as Item), ...by(item as Item) }),
      },
    }),
    follow: (live) => followerOf(of, live),
    valueKind: (kind) => entityValueKind(of, kind),
  }
  const of = { name, link: made, stores: new WeakMap(), ...(options as EntityOptions<unknown>) }
  return made
}
