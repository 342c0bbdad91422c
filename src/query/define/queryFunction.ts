/** The queryFn of every live query: subscribe first, then ask for the snapshot, then add what it lacks. */
import { type Cursor, positionOf } from '../../transport/port.ts'
import { keepSharing, structuralSharing } from '../cache/structuralSharing.ts'
import { answers } from '../cache/writer.ts'
import type { Params } from '../keys.ts'
import { liveQueryFor } from '../live/client.ts'
import { channelSpec, type Definition } from '../live/definition.ts'
import {
  arriveWith,
  beginFetch,
  completeFetch,
  endFetch,
  isCurrent,
  missedBy,
  readyToAsk,
} from '../live/fetch.ts'
import { baseOf, liveQueryBehind } from '../live/liveQuery.ts'
import type { Fetch } from '../live/records.ts'
import { isContinuous } from '../live/state.ts'
import type { AskOptions } from '../optimistic/beginSend.ts'
import { snapshotArrived } from '../stream/channelHub.ts'
import type { QueryFunctionContext } from '../tanstack.ts'
import { clientOf, type Registry } from './registry.ts'
import { markFailed, retry } from './retry.ts'

/** One call of a queryFn. */
export interface SnapshotCall {
  readonly registry: Registry
  readonly definition: Definition
  readonly context: QueryFunctionContext
  /** Timelines: what to load, and how many items. */
  readonly page?: { readonly param: unknown; readonly limit: number } | undefined
}

/** An answer, and where it meets the cache; nowhere if the QueryClient is not connected (server rendering). */
export interface Answer {
  readonly body: unknown
  readonly position: Cursor | undefined
  readonly fetch: Fetch | undefined
}

/** HTTP does not need the socket. It waits this long for the subscription, then loads all the same. Milliseconds. */
const HTTP_PATIENCE_MS = 2_000

export async function takeSnapshot<Result>(
  call: SnapshotCall,
  read: (answer: Answer) => Result,
): Promise<Result> {
  const { registry, definition, context } = call
  let fetch: Fetch | undefined
  try {
    const client = clientOf(registry, context.client)
    const live = client && liveQueryFor(client, context.queryKey)
    fetch = live && beginFetch(live)
    const patienceMs = typeof definition.source === 'string' ? undefined : HTTP_PATIENCE_MS
    // Suspense calls this while it renders: nothing is asked for before that is over.
    await (fetch && readyToAsk(fetch, patienceMs))
    const { body, position } = await ask(call, () => live && baseOf(live))
    if (fetch) snapshotArrived(fetch.channel, position)
    if (live) keepSharing(live.query, definition, registry.port.report)
    const result = read({ body, position, fetch })
    // Superseded, or its query was removed: nobody will take the result, and nothing more is to be kept for it.
    if (fetch && !isCurrent(fetch)) endFetch(fetch)
    else answers.heard?.(context.client, context.queryKey, body)
    return result
  } catch (error) {
    if (fetch) endFetch(fetch)
    const told = registry.port.clean?.(error) ?? error
    markFailed(told, context.client)
    throw told
  }
}

/** Whole data at the end of a queryFn: what the answer lacks is folded in, the result is what to return. */
export function arriveWhole({ fetch, position }: Answer, data: unknown): unknown {
  if (!fetch || !isCurrent(fetch)) return data
  completeFetch(fetch, position)
  return arriveWith(fetch, data, missedBy(fetch, position))
}

/**
 * Nothing has been missed since the data of this query was taken. Data that was restored with its position is believed
 * until the server has been asked for what came since.
 */
function isFreshQuery(query: object): boolean {
  const live = liveQueryBehind(query)
  if (!live?.channel || !isContinuous(live.state)) return false
  return live.channel.live || live.channel.sessions === 0
}

/** Options every live query starts from; all of them can be overridden where the options are used. */
export const LIVE_QUERY_DEFAULTS = {
  structuralSharing,
  // Fresh exactly while nothing can have been missed; never by its date, which a cache from elsewhere may have ahead of us.
  staleTime: (query: object) => (isFreshQuery(query) ? Infinity : -Infinity),
  // The queryFn waits for the socket itself; the browser's idea of "online" says nothing about it.
  networkMode: 'always' as const,
  retry,
}

async function ask(
  { registry, definition, context, page }: SnapshotCall,
  current: () => unknown,
): Promise<Pick<Answer, 'body' | 'position'>> {
  const { source, options } = definition
  const params = (context.queryKey[2] ?? {}) as Params
  const { endpoint, key } = channelSpec(params, options)
  // By what was answered: a function may ask for several things, and return one of them.
  const positions = new Map<unknown, Cursor | undefined>()
  const request = async (type: string, data: unknown, how?: AskOptions) => {
    const told: Cursor[] = []
    const onPosition = (position: Cursor) => void told.push(position)
    const body = await registry.port.request(type, data, { endpoint, idempotent: true, onPosition, ...how })
    positions.set(body, told[0])
    return body
  }
  const take = (body: unknown) => ({ body, position: positions.get(body) ?? positionOf(body) })
  if (typeof source === 'string') {
    const subject = Object.keys(key).length > 0 ? key : params
    return take(
      await request(source, { ...subject, ...(page && { ...(page.param as object), limit: page.limit }) }),
    )
  }
  const body = await source({
    params,
    pageParam: page?.param,
    limit: page?.limit ?? 0,
    offset: Object(page?.param).offset ?? 0,
    current,
    request,
    // Reading the signal tells TanStack to abort on unmount, so only the reader decides.
    get signal() {
      return context.signal
    },
  })
  // What is no object may be anybody's.
  return Object(body) === body ? take(body) : { body, position: undefined }
}
