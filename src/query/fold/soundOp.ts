/** What an op says is checked before it meets data: nothing of a server gets past the schema, and no code stops a fold. */
import { LiveError } from '../../transport/errors.ts'
import { isId, patched } from './items.ts'
import type { Op } from './op.ts'

/** What is wrong with a value, if anything. */
export type FlawOf = (value: unknown) => LiveError | undefined

/** Made once for each live query: it is asked for every event. */
export interface Check {
  readonly name: string
  readonly id: ((item: unknown) => unknown) | undefined
  readonly flawOf: FlawOf
  /** It is no data of this definition. `event`: the type of the one that says so. */
  flawed(error: LiveError, event: string | undefined): void
  /** The application's code threw. */
  failed(cause: unknown, event: string | undefined): void
}

export function soundOp(check: Check, op: Op<unknown>, event: string | undefined): Op<unknown> | undefined {
  if (op.kind === 'reduce') return { ...op, apply: guarded(check, event, op.apply as Make) }
  const flaw = flawIn(check, op)
  if (flaw) check.flawed(flaw, event)
  if (flaw || op.kind !== 'patch') return flaw ? undefined : op
  const make = guarded(check, event, (item) => {
    const next = patched(op, item)
    const found = next === item ? undefined : check.flawOf(next)
    if (found) check.flawed(found, event)
    return found ? item : next
  })
  return { ...op, make: once(make), isMade: op.make !== undefined }
}

/** Of the same item once: it is looked at before it is changed, and what is wrong with it is told one time. */
function once<T>(make: (item: T) => T): (item: T) => T {
  let known: { readonly item: T; readonly next: T } | undefined
  return (item) => {
    if (known?.item !== item) known = { item, next: make(item) }
    return known.next
  }
}

type Make = (data: unknown) => unknown

function guarded({ failed }: Check, event: string | undefined, make: Make): Make {
  return (data) => {
    try {
      return make(data)
    } catch (cause) {
      failed(cause, event)
      return data
    }
  }
}

function flawIn({ id, name, flawOf }: Check, op: Exclude<Op<unknown>, { kind: 'reduce' }>) {
  if (op.kind === 'insert' || op.kind === 'upsert') return flawOf(op.item)
  if (op.kind !== 'patch' && op.kind !== 'remove') throw new TypeError('No op; call upsert(…) or the like')
  const isNamed = op.kind === 'remove' ? isId(op.id) : !id || isId('id' in op ? op.id : id(op.fields))
  const message = `A change of "${name}" has no id; select what \`id\` reads, too`
  return isNamed ? undefined : new LiveError('invalid_frame', message)
}
