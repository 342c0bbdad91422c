/** `live.value`: one value that stays current, with or without a snapshot to start from. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EntityOf } from '../entity/entity.ts'
import { valueKind } from '../fold/kinds.ts'
import { type CommonOptions, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { baseOf } from '../live/liveQuery.ts'
import { replaceEqualDeep } from '../tanstack.ts'
import type { Changes } from './changes.ts'
import { defineWhole } from './defineQuery.ts'
import { arriveWhole } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import type { Registry } from './registry.ts'
import type { Given } from './sound.ts'

export type ValueOptions<P, Events, Value, Source = SnapshotSource<P>> = CommonOptions<
  P,
  Events,
  Value,
  Readonly<NoInfer<Value>>
> & {
  readonly schema: StandardSchemaV1<unknown, Value>
  /** What the value is an item of, where other queries hold it, too: `entity('ticker', …)`. */
  readonly entity?: EntityOf<NoInfer<Value>>
} & (
    | { readonly snapshot: Source; readonly initial?: never }
    /** Without a snapshot the value is what the events make of `initial`, from the moment somebody reads it. */
    | { readonly snapshot?: never; readonly initial: Value | ((params: P) => Value) }
  )

/** `(params?) => queryOptions`, and ops for its data. */
export interface LiveValue<P, Value> extends Changes<P, Value> {
  (...params: Given<P>): LiveQueryOptions<Value>
}

export function defineValue<P, Events, Value, Source>(
  registry: Registry,
  name: string,
  options: ValueOptions<P, Events, Value, Source>,
): LiveValue<P, Value> {
  const { initial, snapshot } = options
  const begin: SnapshotSource<P> = async ({ params }) =>
    typeof initial === 'function' ? (initial as (params: P) => Value)(params) : initial
  const flawOf = flawsBy(name, options.schema, options.entity?.id)
  const plain = valueKind(flawOf)
  const kind = options.entity?.valueKind(plain) ?? plain
  const given = { name, options, source: snapshot ?? begin, kind, flawOf }
  return defineWhole<P, Value, Value>(registry, given, (answer) => {
    const flaw = flawOf(answer.body)
    if (flaw) throw flaw
    return arriveWhole(answer, replaceEqualDeep(answer.fetch && baseOf(answer.fetch.live), answer.body))
  })
}
