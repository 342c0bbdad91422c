/** What an op says is checked before it meets data: nothing of a server gets past the schema, and no code stops a fold. */
import { LiveError } from '../../transport/errors.ts'
import { isId, patched } from './items.ts'
import type { Op } from './op.ts'

/** What is wrong with a value, if anything. */
export type FlawOf = (value: unknown) => LiveError | undefined

interface Checked {
  readonly name: string
  readonly options: { readonly id?: (item: unknown) => unknown }
}

interface Hears {
  readonly flawOf: FlawOf
  /** It is no data of this definition. */
  readonly flawed: (error: LiveError) => void
  /** The application's code threw. */
  readonly failed: (cause: unknown) => void
}

export function soundOp(
  { name, options: { id } }: Checked,
  op: Op<unknown>,
  { flawOf, flawed, failed }: Hears,
): Op<unknown> | undefined {
  const guarded =
    <Data>(make: (data: Data) => Data) =>
    (data: Data) => {
      try {
        return make(data)
      } catch (cause) {
        failed(cause)
        return data
      }
    }
  if (op.kind === 'reduce') return { ...op, apply: guarded(op.apply as (data: unknown) => unknown) }
  const isNamed = op.kind === 'remove' ? isId(op.id) : op.kind !== 'patch' || !id || isId(id(op.fields))
  const flaw = isNamed
    ? 'item' in op && flawOf(op.item)
    : new LiveError('invalid_frame', `A change of "${name}" has no id; select what \`id\` reads, too`)
  if (flaw) return void flawed(flaw)
  if (op.kind !== 'patch') return op
  const make = guarded((item: unknown) => {
    const next = patched(op, item)
    const flaw = next === item ? undefined : flawOf(next)
    if (flaw) flawed(flaw)
    return flaw ? item : next
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
