/** Which data an optimistic op is for. */
import type { Op } from '../fold/op.ts'
import { sameOr } from '../fold/sameOr.ts'
import type { Params } from '../keys.ts'
import { hashKey } from '../tanstack.ts'

/** An op for the data of one definition and one set of parameters. */
export interface Change {
  readonly definition: string
  readonly params: Params
  readonly op: Op<unknown>
  /** Patches of an entity are optimistic only. */
  readonly entity?: undefined
}

/** An op for one item, wherever it is held; the entity that made it knows where. */
export interface EntityPatch {
  readonly entity: object
  readonly definition: ''
  readonly params: Params
  readonly op: Op<unknown>
}

export type AnyChange = Change | EntityPatch

export interface TargetedOp {
  readonly target: string
  readonly op: Op<unknown>
  readonly change: AnyChange
}

export type OpsByTarget = ReadonlyMap<string, readonly Op<unknown>[]>

/** One definition with one set of parameters. */
export function targetOf(definition: string, params: Params): string {
  return hashKey([definition, params])
}

export function targeted(change: AnyChange): TargetedOp {
  return { target: targetOf(change.definition, change.params), op: change.op, change }
}

/** The same arrays as before where nothing has changed. */
export function opsByTarget(shown: readonly TargetedOp[], before: OpsByTarget): OpsByTarget {
  const next = new Map<string, Op<unknown>[]>()
  for (const { target, op } of shown) {
    const ops = next.get(target) ?? []
    next.set(target, ops)
    ops.push(op)
  }
  for (const [target, ops] of next) next.set(target, sameOr(before.get(target), ops))
  return next
}
