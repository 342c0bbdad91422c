/** Definitions: what users declare about live data, and what the engine makes of it. Types and plain look-ups only. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { inWords, LiveError } from '../../transport/errors.ts'
import { type ChannelSpec, type Id, isTooDeep } from '../../transport/port.ts'
import { isId } from '../fold/items.ts'
import type { Kind, KindMaker } from '../fold/kinds.ts'
import type { Op, Reducer } from '../fold/op.ts'
import type { FlawOf } from '../fold/soundOp.ts'
import type { Params } from '../keys.ts'
import type { Ask, Requests } from '../optimistic/beginSend.ts'
import type { AnyChange } from '../optimistic/targetedOp.ts'
import type { Input, Ops } from './inputs.ts'

/** A schema that only carries a type: `params: type<{ roomId: Id }>()`. It validates nothing. */
export function type<T>(): StandardSchemaV1<T, T> {
  return { '~standard': { version: 1, vendor: 'querywire', validate: (value) => ({ value: value as T }) } }
}

export interface SnapshotContext<P, PageParam = undefined, R extends Requests = Requests> {
  readonly params: P
  /** Timelines: what to load, `{}` for the newest page. */
  readonly pageParam: PageParam
  /** How many items; 0 where the data is whole. */
  readonly limit: number
  /** Lists in pages: behind how many others. */
  readonly offset: number
  /** What is cached now, events included; `undefined` at the first fetch. */
  readonly current: () => unknown
  readonly request: Ask<R>
  /** Reading it makes the fetch stop when nobody is interested any more. */
  readonly signal: AbortSignal
}

/** A request frame's type, or any function: HTTP works as well. */
export type SnapshotSource<P, PageParam = undefined, R extends Requests = Requests> =
  | (keyof R & string)
  | ((context: SnapshotContext<P, PageParam, R>) => Promise<unknown>)

/** What all kinds of definitions share. `Data`: what `reduce` gets; `Has`: what every `patch` names. */
export interface CommonOptions<P, Events, Item, Data = never, Has = unknown> {
  readonly params?: StandardSchemaV1<P>
  /**
   * Which connection. A function of the parameters means an endpoint per channel: being connected is then the
   * subscription, and no subscribe frame is sent. @default the manager's endpoint
   */
  readonly endpoint?: string | ((params: P) => string)
  /** Which events of the endpoint, e.g. `({ roomId }) => ({ room_id: roomId })`. @default all of them */
  readonly channel?: (params: P) => Readonly<Record<string, Id>>
  readonly events: { readonly [T in keyof Events]?: Reducer<Events[T], NoInfer<Item>, NoInfer<P>, Data, Has> }
  /** Whether an item is one of these parameters', wherever it comes from. One that is not is left out and reported. @default it is */
  readonly belongs?: (item: NoInfer<Item>, params: P) => boolean
}

/** Tells the other queries of an entity what one learns of its items, and that one what they have learned. */
export interface Follower {
  /** The query has been told this. */
  met(input: Input): void
  /** With what others know better, and what is optimistic elsewhere. `landing`: data that takes the place of all there is. */
  over(ops: Ops, landing: unknown): Ops
  /** What a change of other data is for this one, if anything. `isNews`: the server has said it. */
  elsewhere(change: AnyChange, isNews: boolean): Op<unknown> | undefined
}

/** What the engine asks of an entity. */
export interface EntityLink {
  /** `live`: one that has such items. */
  follow(live: unknown): Follower
  /** Of a value that is one: it takes what is said of it, and nothing older. */
  valueKind(kind: Kind): Kind
}

/** A definition as the engine sees it. */
export interface Definition {
  readonly name: string
  readonly options: CommonOptions<Params, Record<string, unknown>, unknown> & {
    readonly id?: (item: unknown) => unknown
    readonly where?: (item: unknown, params: Params) => unknown
    readonly entity?: EntityLink
  }
  readonly source: SnapshotSource<Params, unknown>
  /** Why something is no item of this definition. */
  readonly flawOf: FlawOf
  readonly kind: Kind
  /** Where it depends on the key of a query. */
  readonly kindFor?: (queryKey: readonly unknown[]) => Kind
  /** An event of its own has come, and a patch has met an item; or it was told that none does. */
  isHeard?: boolean
  isMet?: boolean
  /** How many items, where the query does not say; nothing where the data is whole. */
  readonly pageSize?: number | undefined
}

/** How a query of this key takes ops. */
export function kindFor({ kind, kindFor, options }: Definition, queryKey: readonly unknown[]): Kind {
  const own = kindFor?.(queryKey) ?? kind
  const makers = Object.values(options.events) as (KindMaker | undefined)[]
  return makers.find((each) => each?.kindOf)?.kindOf?.(own, options) ?? own
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

/** What is wrong with a value, if anything; the schema's copy of it is never kept. */
export function flawsBy<Item>(
  name: string,
  schema: StandardSchemaV1 | undefined,
  id?: (item: Item) => unknown,
): FlawOf {
  return (value) => {
    let flaw: string | undefined
    try {
      flaw = isTooDeep(value) ? 'is nested too deep' : misfit(schema, value)
      if (!flaw && id && !isId(id(value as Item))) flaw = 'has no id'
    } catch (cause) {
      flaw = `cannot be read: ${inWords(() => cause)}`
    }
    return flaw ? flawed(name, flaw) : undefined
  }
}

/** The same, and why it is none of these parameters'. */
export function flawFor({ name, flawOf, options }: Definition, params: Params): FlawOf {
  const { belongs, where } = options
  if (!belongs && !where) return flawOf
  const foreign = (value: unknown) => {
    if (belongs && !belongs(value, params)) return flawed(name, 'is of another one')
    try {
      where?.(value, params)
    } catch (cause) {
      return flawed(name, `makes \`where\` throw: ${inWords(() => cause)}`)
    }
    return undefined
  }
  return (value) => flawOf(value) ?? foreign(value)
}

function flawed(name: string, flaw: string): LiveError {
  return new LiveError('invalid_frame', `An item of "${name}" ${flaw}`)
}

function misfit(schema: StandardSchemaV1 | undefined, value: unknown): string | undefined {
  const result = schema?.['~standard'].validate(value)
  if (result instanceof Promise) return 'has an asynchronous schema; use a synchronous one'
  const [issue] = result?.issues ?? []
  if (!issue) return undefined
  const path = issue.path?.map((part) => (typeof part === 'object' ? part.key : part)).join('.')
  return `does not fit its schema${path ? ` at "${path}"` : ''}: ${issue.message}`
}
