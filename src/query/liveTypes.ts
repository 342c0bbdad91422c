/** What `createLive` offers. Nothing here runs. */
import type {
  EventName,
  EventPayload,
  Protocol,
  RequestName,
  RequestParams,
  RequestResult,
} from '../transport/index.ts'
import type { Id } from '../transport/port.ts'
import type { ListOptions, LiveList } from './define/list.ts'
import type { LiveMutation, MutationDefinitionOptions } from './define/mutation.ts'
import type { HoldsItems, IsValue, KeyIn, NoParams } from './define/sound.ts'
import type { LiveTimeline, TimelineOptions } from './define/timeline.ts'
import type { LiveValue, ValueOptions } from './define/value.ts'
import type { Op } from './fold/op.ts'
import type { TimelinePageParam } from './fold/timeline/pages.ts'
import type { Params } from './keys.ts'
import type { SnapshotSource } from './live/definition.ts'
import type { LiveState } from './live/records.ts'
import type { Requests } from './optimistic/beginSend.ts'
import type { Change } from './optimistic/targetedOp.ts'
import type { QueryClient } from './tanstack.ts'

/** Payloads by event type, as the manager's protocol declares them; any type with any payload where it declares none. */
export type EventsOf<P extends Protocol> = [EventName<P>] extends [never]
  ? Record<string, unknown>
  : { [T in EventName<P>]: EventPayload<P, T> }

/** Parameters and results by request type; any type where the protocol declares none. */
export type RequestsOf<P extends Protocol> = [RequestName<P>] extends [never]
  ? Requests
  : { readonly [T in RequestName<P>]: { params: RequestParams<P, T>; result: RequestResult<P, T> } }

/** One live layer over a manager: definitions in, plain TanStack options out. */
export interface Live<Events = Record<string, unknown>, R extends Requests = Requests> {
  /** A flat list, e.g. the rooms of a user. Returns `(params?) => queryOptions`. */
  list<
    Item,
    P = NoParams,
    K extends Id = Id,
    Source extends SnapshotSource<P, undefined, R> = SnapshotSource<P, undefined, R>,
  >(
    name: string,
    options: ListOptions<P, Events, Item, K, Source> & HoldsItems<Source, R, Item>,
  ): LiveList<P, Item, KeyIn<K, Item>>
  /** A history in pages, e.g. the messages of a room. Returns `(params, { around?, pageSize? }?) => infiniteQueryOptions`. */
  timeline<
    Item,
    P = NoParams,
    K extends Id = Id,
    Source extends SnapshotSource<P, TimelinePageParam, R> = SnapshotSource<P, TimelinePageParam, R>,
  >(
    name: string,
    options: TimelineOptions<P, Events, Item, K, Source> & HoldsItems<Source, R, Item>,
  ): LiveTimeline<P, Item, KeyIn<K, Item>>
  /** A single value. Returns `(params?) => queryOptions`. */
  value<
    Value,
    P = NoParams,
    Source extends SnapshotSource<P, undefined, R> = SnapshotSource<P, undefined, R>,
  >(
    name: string,
    options: ValueOptions<P, Events, Value, Source> & IsValue<Source, R, Value>,
  ): LiveValue<P, Value>
  /** A write with an optimistic overlay. Returns `(params?) => mutationOptions`. */
  mutation<Variables, Result = unknown, P = NoParams>(
    name: string,
    options: MutationDefinitionOptions<P, Variables, Result, R>,
  ): LiveMutation<P, Variables, Result>
  /**
   * Attaches to a QueryClient: from now on its live queries subscribe while they are used. Nothing connects before a
   * live query is fetched or observed. Returns the way back; calls may nest. @throws LiveError `misconfigured` where
   * another live with the same names is connected to it.
   */
  connect(queryClient: QueryClient): () => void
  /** Applies what the application itself knows, e.g. `live.apply([rooms.remove({}, id)])`, as if an event had said it. */
  apply(changes: readonly Change[]): void
  /** Asks for a new snapshot of the queries of a definition that are in use. */
  refresh(definition: string, params?: Params): void
  /** For signing out: forgets all live data, and what waits or failed of whoever is here; nothing of other users. */
  forget(): void
  /** The data of a definition's queries that are in use, where nothing is known to be missing. */
  current(definition: string, params?: Params): unknown[]
  /** Whether a query is current, and since when. */
  status(queryClient: QueryClient, queryKey: readonly unknown[]): LiveState
  /** What the application itself knows better than the server, for a while: lies over the data until it is held anew. */
  hold(queryClient: QueryClient, holder: object, changes: readonly Change[]): void
  /** Optimistic ops for a query, also before it has data to show them in. The same array while nothing changed. */
  optimistic(queryClient: QueryClient, queryKey: readonly unknown[]): readonly Op<unknown>[]
  /**
   * Calls back, once in a turn, when the status or the optimistic ops of some live query have changed. `queryHash`
   * (TanStack's `hashKey(queryKey)`): only when the status of that query has.
   */
  subscribe(queryClient: QueryClient, listener: () => void, queryHash?: string): () => void
}
