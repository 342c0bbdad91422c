/** Definitions: what users declare about live data, and what the engine makes of it. Types and plain look-ups only. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { LiveError } from '../../transport/errors.ts'
import { type ChannelSpec, type Id, isTooDeep, type LiveEvent, type LivePort } from '../../transport/port.ts'
import { isId, type SequencedOp } from '../fold/items.ts'
import type { Strategy } from '../fold/kinds.ts'
import type { Op, Reducer } from '../fold/op.ts'
import type { FlawOf } from '../fold/soundOp.ts'
import { soundOp } from '../fold/soundOp.ts'
import type { Params } from '../keys.ts'
import type { AskOptions } from '../optimistic/deliver.ts'

/** A schema that only carries a type: `params: type<{ roomId: Id }>()`. It validates nothing. */
export function type<T>(): StandardSchemaV1<T, T> {
  return { '~standard': { version: 1, vendor: 'querywire', validate: (value) => ({ value: value as T }) } }
}

export interface SnapshotContext<P, PageParam = undefined> {
  readonly params: P
  /** Timelines: what to load, `{}` for the newest page. */
  readonly pageParam: PageParam
  /** Timelines: how many items. */
  readonly limit: number
  /** What is cached now, events included; `undefined` at the first fetch. */
  readonly current: () => unknown
  readonly request: (type: string, data: unknown, how?: AskOptions) => Promise<unknown>
  /** Reading it makes the fetch stop when nobody is interested any more. */
  readonly signal: AbortSignal
}

/** A request frame's type, or any function: HTTP works as well. */
export type SnapshotSource<P, PageParam = undefined> =
  | string
  | ((context: SnapshotContext<P, PageParam>) => Promise<unknown>)

/** What all kinds of definitions share. */
export interface CommonOptions<P, Events, Item> {
  readonly params?: StandardSchemaV1<P>
  /**
   * Which connection. A function of the parameters means an endpoint per channel: being connected is then the
   * subscription, and no subscribe frame is sent. @default the manager's endpoint
   */
  readonly endpoint?: string | ((params: P) => string)
  /** Which events of the endpoint, e.g. `({ roomId }) => ({ room_id: roomId })`. @default all of them */
  readonly channel?: (params: P) => Readonly<Record<string, Id>>
  readonly events: { readonly [T in keyof Events]?: Reducer<Events[T], NoInfer<Item>> }
  /** Whether an item is one of these parameters', wherever it comes from. One that is not is left out and reported. @default it is */
  readonly belongs?: (item: NoInfer<Item>, params: P) => boolean
}

/** A definition as the engine sees it. */
export interface Definition {
  readonly name: string
  readonly options: CommonOptions<Params, Record<string, unknown>, unknown> & {
    readonly id?: (item: unknown) => unknown
  }
  readonly source: SnapshotSource<Params, unknown>
  /** Why something is no item of this definition. */
  readonly flawOf: FlawOf
  readonly strategy: Strategy
}

export function channelSpec<P>(
  params: P,
  options: Pick<CommonOptions<P, unknown, unknown>, 'endpoint' | 'channel'>,
): ChannelSpec {
  const { endpoint, channel } = options
  const perChannel = typeof endpoint === 'function'
  return {
    endpoint: perChannel ? endpoint(params) : endpoint,
    key: channel?.(params) ?? {},
    subscribe: channel !== undefined && !perChannel,
  }
}

interface OpContext {
  readonly params: Params
  readonly report: LivePort['report']
  /** What an event has become already, where that is not what its reducer says. */
  readonly known: (event: LiveEvent) => Op<unknown> | undefined
}

export function toOps(
  definition: Definition,
  context: OpContext,
  events: readonly LiveEvent[],
): SequencedOp<unknown>[] {
  const ops: SequencedOp<unknown>[] = []
  // Runs for every event; an array or a function per event would be a good part of its cost.
  for (const event of events) {
    const op = context.known(event) ?? toOp(definition, context, event)
    if (op) ops.push({ op, seq: event.seq, of: event })
  }
  return ops
}

function toOp(definition: Definition, context: OpContext, event: LiveEvent): Op<unknown> | undefined {
  const { type, payload, seq } = event
  const { name, options } = definition
  // A name from the wire may be one that every object has, such as `constructor`.
  const reducer = Object.hasOwn(options.events, type) ? options.events[type] : undefined
  if (!reducer) return undefined
  const { params, report } = context
  const failed = (cause: unknown) => {
    const error = new LiveError('misconfigured', `"${name}" threw at "${type}": ${cause}`, {
      cause,
    })
    report({ type: 'reducer-error', definition: name, event: type, cause, error })
  }
  // Reducers are the user's code. One event they cannot take must not cost the events behind it.
  try {
    const op = reducer(payload, { type, params, seq })
    const flawed = (error: LiveError) => report({ type: 'quarantine', definition: name, event: type, error })
    return op && soundOp(definition, op, { flawOf: flawFor(definition, params), flawed, failed })
  } catch (cause) {
    failed(cause)
  }
  return undefined
}

/** What is wrong with a value, if anything; the schema's copy of it is never kept. */
export function flawsBy<Item>(
  name: string,
  schema: StandardSchemaV1 | undefined,
  id?: (item: Item) => unknown,
): FlawOf {
  return (value) => {
    let flaw: string | undefined
    try {
      if (isTooDeep(value)) flaw = 'is nested too deep'
      else flaw = misfit(schema, value)
      if (!flaw && id && !isId(id(value as Item))) flaw = 'has no id'
    } catch (cause) {
      flaw = `cannot be read: ${cause}`
    }
    return flaw === undefined ? flaw : new LiveError('invalid_frame', `An item of "${name}" ${flaw}`)
  }
}

/** The same, and why it is none of these parameters'. */
export function flawFor({ name, flawOf, options: { belongs } }: Definition, params: Params): FlawOf {
  if (!belongs) return flawOf
  return (value) =>
    flawOf(value) ??
    (belongs(value, params)
      ? undefined
      : new LiveError('invalid_frame', `An item of "${name}" is of another one`))
}

function misfit(schema: StandardSchemaV1 | undefined, value: unknown): string | undefined {
  const result = schema?.['~standard'].validate(value)
  if (result instanceof Promise) return 'has an asynchronous schema'
  const [issue] = result?.issues ?? []
  if (!issue) return undefined
  const path = issue.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return `does not fit its schema${path ? ` at "${path}"` : ''}: ${issue.message}`
}
