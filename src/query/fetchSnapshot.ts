/** The queryFn of every live query: subscribe first, then ask for the snapshot, then add what it lacks. */
import type { QueryFunctionContext } from '@tanstack/react-query'
import type { ChannelSpec, Cursor } from '../transport/port.ts'
import type { Params, SnapshotContext, SnapshotSource } from './definition.ts'
import { isFreshQuery, land, stored } from './entry.ts'
import type { Fetch } from './entryState.ts'
import { entryFor } from './liveClient.ts'
import { clientOf, type LiveCore } from './liveCore.ts'
import { markFailed, retry } from './retry.ts'
import { structuralSharing } from './share.ts'
import { beginFetch, complete, endFetch, isCurrent, missedBy, readyToAsk } from './snapshotFetch.ts'

export interface SnapshotPlan<P, PageParam, Result> {
  readonly source: SnapshotSource<P, PageParam>
  readonly channel: ChannelSpec
  readonly params: Params
  readonly pageParam: PageParam
  readonly limit: number
  /** `fetch`: where it meets the cache; absent where the QueryClient is not connected (server rendering). */
  readonly read: (answer: unknown, fetch: Fetch | undefined) => Result
}

/** HTTP does not need the socket. It waits this long for the subscription, then loads all the same. Milliseconds. */
const HTTP_PATIENCE_MS = 2_000

export async function takeSnapshot<P, PageParam, Result>(
  core: LiveCore,
  context: QueryFunctionContext,
  plan: SnapshotPlan<P, PageParam, Result>,
): Promise<Result> {
  const client = clientOf(core, context.client)
  const entry = client && entryFor(client, context.queryKey)
  const fetch = entry && beginFetch(entry)
  try {
    if (fetch) await readyToAsk(fetch, typeof plan.source === 'string' ? undefined : HTTP_PATIENCE_MS)
    const answer = await ask(core, context, { ...plan, current: () => entry && stored(entry) })
    return plan.read(answer, fetch)
  } catch (error) {
    if (fetch) endFetch(fetch)
    markFailed(error, context.client)
    throw error
  }
}

/** Lands whole data at the end of a queryFn: what the answer lacks is folded in, the result is what to return. */
export function landWhole(fetch: Fetch | undefined, data: unknown, position: Cursor | undefined): unknown {
  if (!fetch || !isCurrent(fetch)) return data
  const { entry } = fetch
  complete(fetch, position)
  return land(entry, data, missedBy(fetch, position))
}

/** Options every live query starts from; all of them can be overridden where the options are used. */
export const LIVE_QUERY_DEFAULTS = {
  structuralSharing,
  // Fresh exactly while nothing can have been missed.
  staleTime: (query: object) => (isFreshQuery(query) ? Number.POSITIVE_INFINITY : 0),
  // The queryFn waits for the socket itself; the browser's idea of "online" says nothing about it.
  networkMode: 'always' as const,
  retry,
}

function ask<P, PageParam, Result>(
  core: LiveCore,
  context: QueryFunctionContext,
  plan: SnapshotPlan<P, PageParam, Result> & { readonly current: () => unknown },
): Promise<unknown> {
  const { endpoint, key } = plan.channel
  const request = (type: string, data: unknown) =>
    core.port.request(type, data, { endpoint, idempotent: true })
  const { source } = plan
  if (typeof source === 'function') {
    const snapshotContext: SnapshotContext<P, PageParam> = {
      params: plan.params as P,
      pageParam: plan.pageParam,
      limit: plan.limit,
      current: plan.current,
      request,
      // Reading the signal tells TanStack to abort on unmount, so only the reader decides.
      get signal() {
        return context.signal
      },
    }
    return source(snapshotContext)
  }
  const subject = Object.keys(key).length > 0 ? key : plan.params
  return request(source, { ...subject, ...plan.pageParam, ...(plan.limit > 0 && { limit: plan.limit }) })
}
