/** What an event does to cached data, as plain data that any fold can apply, skip or replay. */
import type { Id } from '../../transport/port.ts'

export type Op<Item> =
  /** A new item. Where the loaded window ends before it, it is counted as unseen instead of placed. */
  | { readonly kind: 'insert'; readonly item: Item }
  /** An item as it is now: replaces the one of the same id, or is placed where it belongs. */
  | { readonly kind: 'upsert'; readonly item: Item }
  /** Some fields of an item that is there; nothing happens when it is not. The id is read from `fields`. */
  | {
      readonly kind: 'patch'
      readonly fields: Partial<Item>
      /** What becomes of the item. @default the fields over it */
      make?(item: Item): Item
      /** It becomes more than the fields say. */
      readonly isMade?: boolean
      /** Where the fields do not name it. Such a patch says nothing of an item that is not there. */
      readonly id?: Id
      /** Of a text that grows: kept beside the data, with the op as it was checked, for the item that is still to come. */
      readonly piece?: { keep(op: Op<Item>): void }
    }
  | { readonly kind: 'remove'; readonly id: Id }
  | { readonly kind: 'reduce'; readonly apply: (data: never) => unknown }

/** One array for "none", so that nothing changes by its being made anew. */
export const NO_OPS: readonly Op<unknown>[] = []

export interface ReducerContext<Params = unknown> {
  readonly type: string
  readonly params: Params
  readonly seq: number | undefined
}

declare const OF: unique symbol

/** `Data`: what a `reduce` gets; `Has`: the fields that a `patch` names. */
export interface Reducer<Payload, Item, P = unknown, Data = unknown, Has = never> {
  (payload: Payload, context: ReducerContext<P>, kind?: object): Op<Item> | undefined
  /** For the compiler only; there is none. */
  [OF]?(data: Data): Has
}
