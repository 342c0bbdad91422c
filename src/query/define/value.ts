/** `live.value`: one value that stays current, with or without a snapshot to start from. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { valueStrategy } from '../fold/kinds.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { type CommonOptions, type Definition, flawsBy, type SnapshotSource } from '../live/definition.ts'
import { stored } from '../live/liveQuery.ts'
import { type QueryFunctionContext, queryOptions, replaceEqualDeep } from '../tanstack.ts'
import { LIVE_QUERY_DEFAULTS, landWhole, takeSnapshot } from './queryFunction.ts'
import type { LiveQueryOptions } from './queryOptions.ts'
import { changesFor, defineQuery, type LiveCore } from './registry.ts'

export type ValueOptions<P, Events, Value> = CommonOptions<P, Events, Value> & {
  readonly schema: StandardSchemaV1<unknown, Value>
} & (
    | { readonly snapshot: SnapshotSource<P>; readonly initial?: never }
    /** Without a snapshot the value is what the events make of `initial`, from the moment somebody reads it. */
    | { readonly snapshot?: never; readonly initial: Value | ((params: P) => Value) }
  )

export function defineValue<P, Events, Value>(
  core: LiveCore,
  name: string,
  options: ValueOptions<P, Events, Value>,
) {
  const { initial } = options
  const flawOf = flawsBy(name, options.schema)
  const definition = defineQuery(core, {
    name,
    options: options as unknown as Definition['options'],
    source:
      (options.snapshot as Definition['source'] | undefined) ??
      (async ({ params }) =>
        typeof initial === 'function' ? (initial as (params: P) => Value)(params as P) : initial),
    flawOf,
    strategy: valueStrategy(flawOf),
  })
  const queryFn = (context: QueryFunctionContext) =>
    takeSnapshot({ core, definition, context }, (answer) => {
      const flaw = definition.flawOf(answer.body)
      if (flaw) throw flaw
      const value = replaceEqualDeep(answer.fetch && stored(answer.fetch.entry), answer.body)
      return landWhole(answer, value) as Value
    })

  const factory = (params?: P): LiveQueryOptions<Value> =>
    queryOptions({
      ...LIVE_QUERY_DEFAULTS,
      queryKey: [LIVE_KEY, keyName(core, name), params ?? ({} as P)] as const,
      queryFn,
    })
  return Object.assign(factory, changesFor<P, Value>(name))
}
