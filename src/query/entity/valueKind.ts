/** A value that is an item of an entity: it takes what is said of this item, and nothing older than it is. Pure. */
import { readable } from '../fold/items.ts'
import type { Kind } from '../fold/kinds.ts'
import type { Op } from '../fold/op.ts'

export interface Named {
  readonly id: (item: unknown) => unknown
  readonly version: (item: unknown) => unknown
}

export function entityValueKind(of: Named, kind: Kind): Kind {
  const isOf = (data: unknown, op: Op<unknown>) => op.kind === 'reduce' || isSame(of, data, op)
  const takes = (data: unknown, op: Op<unknown>) => isOf(data, op) && !isOlder(of, data, op)
  return {
    ...kind,
    fold: (data, ops, window) =>
      ops.reduce((value, each) => (takes(value, each.op) ? kind.fold(value, [each], window) : value), data),
    overlay: (data, ops) =>
      ops.reduce((value, op) => (takes(value, op) ? kind.overlay(value, [op]) : value), data),
    // What is left of it the server has to say.
    lacks: (data, ops) => ops.some(({ op }) => op.kind === 'remove' && isSame(of, data, op)),
  }
}

/** Fields without an id are its own. */
function isSame({ id }: Named, data: unknown, op: Exclude<Op<unknown>, { kind: 'reduce' }>): boolean {
  const named = 'id' in op ? op.id : readable(() => id('item' in op ? op.item : op.fields))
  return named === undefined || String(named) === String(id(data))
}

function isOlder({ version }: Named, data: unknown, op: Op<unknown>): boolean {
  const said = 'item' in op ? op.item : 'fields' in op ? op.fields : undefined
  // As `undefined` a version is no older than anything.
  return Number(readable(() => version(said))) < Number(version(data))
}
