/** What the folds need to know about one kind of item, and the identity rule every write goes through. */

import type { Id, LiveEvent } from '../../transport/port.ts'
import { replaceEqualDeep } from '../tanstack.ts'
import type { Op } from './op.ts'
import type { OrderKey } from './timeline/pages.ts'

export interface ItemSpec<Item> {
  readonly id: (item: Item) => Id
  /** Identity across the optimistic row and the confirmed one; the id where absent. */
  readonly key: (item: Item) => Id
  readonly order: (item: Item) => OrderKey
  readonly sort: ((a: Item, b: Item) => number) | undefined
  readonly version: (item: Item) => number | undefined
  readonly merge: ((current: Item, next: Item) => Item) | undefined
  /** Lists: only such items. */
  readonly where?: ((item: Item) => boolean) | undefined
  /** Lists: a part of a longer one; what is not in it is placed by the server. */
  readonly isPage?: boolean
}

export function isId(value: unknown): value is Id {
  return typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value))
}

/** What the application's code makes of a row that may be anything. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // It expects the row to be what it is not; that is told where the row is left out.
    return undefined
  }
}

/** An op, the position of the event that caused it, and the event, where it is one's. */
export interface SequencedOp<Item> {
  readonly op: Op<Item>
  readonly seq: number | undefined
  readonly of?: LiveEvent
  /** It has been recognised as what a mutation anticipated, by another query of the same data. */
  readonly isEcho?: boolean
}

/** The item to keep: never an older version, and the same reference while nothing about it changed. */
export function replaceItem<Item>(spec: ItemSpec<Item>, current: Item, next: Item): Item {
  const currentVersion = spec.version(current)
  const nextVersion = spec.version(next)
  if (currentVersion !== undefined && nextVersion !== undefined && nextVersion < currentVersion)
    return current
  return replaceEqualDeep(current, spec.merge ? spec.merge(current, next) : next)
}

/** An op that is about one item. */
export type ItemOp<Item> = Exclude<Op<Item>, { kind: 'reduce' }>

export function idOf<Item>({ id }: ItemSpec<Item>, op: ItemOp<Item>): string {
  if ('id' in op) return String(op.id)
  return String(id(op.kind === 'patch' ? (op.fields as Item) : op.item))
}

/** What becomes of an item; `undefined` where there is none before or after. The item itself if nothing changes. */
export function changeItem<Item>(
  spec: ItemSpec<Item>,
  op: ItemOp<Item>,
  current: Item | undefined,
): Item | undefined {
  if (op.kind === 'remove') return undefined
  if (current === undefined) return op.kind === 'patch' || spec.isPage ? undefined : within(spec, op.item)
  return within(spec, replaceItem(spec, current, op.kind === 'patch' ? patched(op, current) : op.item))
}

function within<Item>({ where }: ItemSpec<Item>, item: Item): Item | undefined {
  return !where || where(item) ? item : undefined
}

export function patched<Item>({ fields, make }: Extract<Op<Item>, { kind: 'patch' }>, item: Item): Item {
  return make ? make(item) : { ...item, ...fields }
}

/**
 * For a snapshot over data that may have missed events: there a version says nothing, a partial change may have put it
 * on an old item.
 */
export function unversioned<Item>(spec: ItemSpec<Item>): ItemSpec<Item> {
  return { ...spec, version: () => undefined }
}
