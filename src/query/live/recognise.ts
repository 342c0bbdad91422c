/** Which of the events are what an optimistic op anticipated: they take its place, under its names. Pure. */
import type { LiveEvent } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Kind } from '../fold/kinds.ts'
import type { Op } from '../fold/op.ts'
import type { Anticipated } from '../optimistic/pendingMutations.ts'

/** A mutation that shows nothing any more, and the op that took its place. */
export interface Confirmed {
  readonly pending: Anticipated['pending']
  readonly of: LiveEvent | undefined
  readonly as: Op<unknown>
  /** It may be something else after all. */
  readonly isGuess: boolean
}

interface Recognised {
  readonly ops: readonly SequencedOp<unknown>[]
  readonly confirmed: readonly Confirmed[]
}

const NONE: readonly Confirmed[] = []

export function recognise(
  ops: readonly SequencedOp<unknown>[],
  anticipated: readonly Anticipated[],
  { confirms }: Kind,
): Recognised {
  if (anticipated.length === 0 || !confirms) return { ops, confirmed: NONE }
  const confirmed: Confirmed[] = []
  /** First what is sure, whichever it is; a guess only where nothing is. */
  const find = ({ op, of }: SequencedOp<unknown>, isGuess: boolean): Confirmed | undefined => {
    for (const { pending, op: foreseen, isGuessed } of anticipated) {
      const before = confirmed.findLast((each) => each.pending === pending)
      // What is sure takes the place of a guess.
      if (before ? isGuess || !before.isGuess : isGuess && isGuessed) continue
      const as = confirms(foreseen, op, isGuess)
      if (as) return { pending, of, as, isGuess }
    }
    return undefined
  }
  const named = ops.map((each) => {
    // Another query of the same data was told of it first.
    const found = each.isEcho ? undefined : (find(each, false) ?? find(each, true))
    if (!found) return each
    confirmed.push(found)
    return { ...each, op: found.as }
  })
  return { ops: named, confirmed }
}
