/** What the application itself knows of cached data, e.g. in mutations: `rooms.remove({}, id)`. */
import type { Op } from '../fold/op.ts'
import type { Params } from '../keys.ts'
import type { Change } from '../optimistic/targetedOp.ts'
import type { Patch } from './sound.ts'

/** Ops for the data of one definition, for use in mutations. */
export interface Changes<P, Item, Key extends PropertyKey = never> {
  insert(params: P, item: Item): Change
  upsert(params: P, item: Item): Change
  /** `by`: further fields, which follow from the item as it is. */
  patch(params: P, fields: Patch<Item, Key>, by?: (item: Item) => Partial<Item>): Change
  remove(params: P, id: string | number): Change
}

export function changesFor<P, Item>(definition: string): Changes<P, Item> {
  const change = (params: P, op: Op<Item>): Change => ({
    definition,
    params: params as Params,
    op: op as Op<unknown>,
  })
  return {
    insert: (params, item) => change(params, { kind: 'insert', item }),
    upsert: (params, item) => change(params, { kind: 'upsert', item }),
    patch: (params, fields, by) => {
      const make = by && ((item: Item) => ({ ...item, ...fields, ...by(item) }))
      return change(params, { kind: 'patch', fields, ...(make && { make }) })
    },
    remove: (params, id) => change(params, { kind: 'remove', id }),
  }
}
