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
}

export interface TargetedOp {
  readonly target: string
  readonly op: Op<unknown>
}

export type OpsByTarget = ReadonlyMap<string, readonly Op<unknown>[]>

/** One definition with one set of parameters. */
export function targetOf(definition: string, params: Params): string {
  return hashKey([definition, params])
}

export function targeted({ definition, params, op }: Change): TargetedOp {
  return { target: targetOf(definition, params), op }
}

/** The same arrays as before where nothing has changed. */
export function opsByTarget(shown: readonly (readonly TargetedOp[])[], before: OpsByTarget): OpsByTarget {
  const next = new Map<string, Op<unknown>[]>()
  for (const { target, op } of shown.flat()) {
    const ops = next.get(target) ?? []
    next.set(target, ops)
    ops.push(op)
  }
  for (const [target, ops] of next) next.set(target, sameOr(before.get(target), ops))
  return next
}
