/** `live.value`: one value that stays current, with or without a snapshot to start from. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type QueryFunctionContext, queryOptions, replaceEqualDeep } from '@tanstack/react-query'
import { LiveError } from '../transport/errors.ts'
import { arrived } from './channelHub.ts'
import {
  type CommonOptions,
  channelSpec,
  itemCheck,
  LIVE_KEY,
  type Params,
  type SnapshotSource,
} from './definition.ts'
import { stored } from './entry.ts'
import { LIVE_QUERY_DEFAULTS, landWhole, takeSnapshot } from './fetchSnapshot.ts'
import { changesFor, defineQuery, type LiveCore } from './liveCore.ts'
import { positionOf } from './snapshot.ts'
import { valueStrategy } from './strategies.ts'

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
  const isValue = itemCheck(options.schema)
  defineQuery(core, {
    name,
    channelOf: (params) => channelSpec(params as P, options),
    reducers: options.events as Record<string, never>,
    isItem: isValue,
    strategy: valueStrategy(),
  })

  function initialOf(params: P): Value {
    const { initial } = options
    return typeof initial === 'function' ? (initial as (params: P) => Value)(params) : (initial as Value)
  }

  async function queryFn(context: QueryFunctionContext): Promise<Value> {
    const params = (context.queryKey[2] ?? {}) as P
    return takeSnapshot(core, context, {
      source: options.snapshot ?? (async () => initialOf(params)),
      channel: channelSpec(params, options),
      params: params as Params,
      pageParam: undefined,
      limit: 0,
      read(answer, fetch) {
        if (!isValue(answer)) {
          throw new LiveError('invalid_frame', `The snapshot of "${name}" does not fit its schema`)
        }
        const position = positionOf(answer)
        if (fetch) arrived(fetch.channel, position)
        const value = replaceEqualDeep(fetch && stored(fetch.entry), answer as Value)
        return landWhole(fetch, value, position) as Value
      },
    })
  }

  const factory = (params?: P) =>
    queryOptions({
      ...LIVE_QUERY_DEFAULTS,
      queryKey: [LIVE_KEY, name, params ?? ({} as P)] as const,
      queryFn,
    })
  return Object.assign(factory, changesFor<P, Value>(name))
}
