/** What lies over the data of a query: what others know better, and what is optimistic elsewhere. */
import { isId, patched, readable } from '../fold/items.ts'
import { NO_OPS, type Op } from '../fold/op.ts'
import { sameOr } from '../fold/sameOr.ts'
import { checkOp } from '../live/toOps.ts'
import type { AnyChange } from '../optimistic/targetedOp.ts'
import { definitionOf, doubt, type Holder, heldBy, type Known } from './holder.ts'

/** Shows a newer state than the data has, until it has that itself. */
export function layOver(holder: Holder, { id, version, item, schema }: Known): void {
  const { of, live, newer } = holder
  if ((newer.get(id)?.version ?? -Infinity) >= version) return
  const isWhole = schema === holder.schema
  const make = (current: unknown) => {
    if (Number(of.version(current)) >= version) return current
    return isWhole ? item : { ...(current as object), ...(item as object) }
  }
  const op = checkOp(live, { kind: 'patch', id, fields: {}, make })
  newer.set(id, { version, op })
  const { base } = live.state
  // It leaves its place, and what comes there only the server knows.
  if (op && heldBy(holder, id) !== undefined && live.kind.lacks?.(base, [{ op, seq: undefined }]))
    doubt(holder)
  live.client.coalescer.request(live)
}

/** Forgets what the data has by now, or holds no longer. */
export function prune(holder: Holder): void {
  const { of, newer, heard, live } = holder
  // What is on its way may bring the older one.
  if (live.state.arrival) return
  for (const [id, { version }] of newer) {
    const held = heldBy(holder, id)
    const isDone = held === undefined ? !heard.has(id) : Number(of.version(held)) >= version
    if (isDone) newer.delete(id)
  }
}

/** The ops that lie over its data, in order; the same array where they are the same. */
export function laidOver(holder: Holder): readonly Op<unknown>[] {
  const { live, newer } = holder
  const ops: Op<unknown>[] = []
  for (const { op } of newer.values()) if (op) ops.push(op)
  for (const { target, op, change } of live.client.pendingMutations.shown) {
    const own = target === live.target ? op : opElsewhere(holder, change)
    if (own) ops.push(own)
  }
  holder.laid = ops.length === 0 ? NO_OPS : sameOr(holder.laid, ops)
  return holder.laid
}

/** A change of other data, as it is for this one: where the item is held, and as far as it is no older. */
export function opElsewhere(holder: Holder, change: AnyChange): Op<unknown> | undefined {
  const { foreign, of, live } = holder
  const entity = change.entity ?? definitionOf(holder, change)?.options.entity
  if (entity !== of.link) return undefined
  const known = foreign.get(change.op)
  if (known) return known.op
  const op = patchOf(holder, change.op)
  const made = { op: op && checkOp(live, op) }
  foreign.set(change.op, made)
  return made.op
}

function patchOf({ of }: Holder, op: Op<unknown>): Op<unknown> | undefined {
  if (op.kind === 'reduce' || op.kind === 'remove') return undefined
  const id = readable(() => ('id' in op ? op.id : of.id('item' in op ? op.item : op.fields)))
  // Without one it is of whatever the other query holds.
  if (!isId(id)) return undefined
  if (!('item' in op)) return { kind: 'patch', id, fields: {}, make: (current) => patched(op, current) }
  const { item } = op
  const isOlder = (current: unknown) => Number(of.version(item)) < Number(of.version(current))
  const make = (current: unknown) =>
    isOlder(current) ? current : { ...(current as object), ...(item as object) }
  return { kind: 'patch', id, fields: {}, make }
}
