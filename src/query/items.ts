/** What the folds need to know about one kind of item, and the identity rule every write goes through. */
import { replaceEqualDeep } from '@tanstack/react-query'
import type { Id } from '../transport/port.ts'
import type { Op } from './ops.ts'
import type { OrderKey } from './pages.ts'

export interface ItemSpec<Item> {
  readonly id: (item: Item) => Id
  /** Identity across the optimistic row and the confirmed one; the id where absent. */
  readonly key: (item: Item) => Id
  readonly order: (item: Item) => OrderKey
  readonly sort: ((a: Item, b: Item) => number) | undefined
  readonly version: (item: Item) => number | undefined
  readonly merge: ((current: Item, next: Item) => Item) | undefined
}

/** An op and the position of the event that caused it. */
export interface SequencedOp<Item> {
  readonly op: Op<Item>
  readonly seq: number | undefined
}

/** The item to keep: never an older version, and the same reference while nothing about it changed. */
export function replaceItem<Item>(spec: ItemSpec<Item>, current: Item, next: Item): Item {
  const currentVersion = spec.version(current)
  const nextVersion = spec.version(next)
  if (currentVersion !== undefined && nextVersion !== undefined && nextVersion < currentVersion)
    return current
  return replaceEqualDeep(current, spec.merge ? spec.merge(current, next) : next)
}

/** `current` with `fields` on top, or `current` itself when they say nothing new. */
export function patchItem<Item>(spec: ItemSpec<Item>, current: Item, fields: Partial<Item>): Item {
  return replaceItem(spec, current, { ...current, ...fields })
}

/**
 * For a snapshot over data that may have missed events: there a version says nothing, a partial change may have put it
 * on an old item.
 */
export function unversioned<Item>(spec: ItemSpec<Item>): ItemSpec<Item> {
  return { ...spec, version: () => undefined }
}
