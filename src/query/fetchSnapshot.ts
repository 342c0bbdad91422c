/** The queryFn of every live query: subscribe first, then ask for the snapshot, then add what it lacks. */
import type { Query, QueryFunctionContext } from '@tanstack/react-query'
import type { ChannelSpec, Cursor } from '../transport/port.ts'
import type { Params, SnapshotContext, SnapshotSource } from './definition.ts'
import type { Entry, Fetch } from './entry.ts'
import type { LiveCore } from './liveCore.ts'

/** Where a snapshot meets the cache; absent where the QueryClient is not connected (server rendering). */
export interface SnapshotLanding {
  readonly entry: Entry
  readonly fetch: Fetch
}

export interface SnapshotPlan<P, PageParam, Result> {
  readonly source: SnapshotSource<P, PageParam>
  readonly channel: ChannelSpec
  readonly params: Params
  readonly pageParam: PageParam
  readonly limit: number
  readonly read: (answer: unknown, landing: SnapshotLanding | undefined) => Result
}

/** HTTP does not need the socket. It waits this long for the subscription, then loads all the same. Milliseconds. */
const HTTP_PATIENCE_MS = 2_000

export async function takeSnapshot<P, PageParam, Result>(
  core: LiveCore,
  context: QueryFunctionContext,
  plan: SnapshotPlan<P, PageParam, Result>,
): Promise<Result> {
  const entry = core.entryOf(context.client, context.queryKey)
  const fetch = entry?.beginFetch()
  try {
    if (fetch) await (typeof plan.source === 'string' ? fetch.ready() : readyOrLate(core, fetch))
    const answer = await ask(core, context, plan, () => entry?.current())
    return plan.read(answer, entry && fetch && { entry, fetch })
  } catch (error) {
    fetch?.end()
    throw error
  }
}

/** Lands whole data at the end of a queryFn: what the answer lacks is folded in, the result is what to return. */
export function landWhole(landing: SnapshotLanding, data: unknown, position: Cursor | undefined): unknown {
  const { entry, fetch } = landing
  fetch.complete()
  return entry.land(entry.definition.strategy.fold(data, fetch.since(position)))
}

/** Options every live query starts from; all of them can be overridden where the options are used. */
export function liveQueryDefaults(core: LiveCore) {
  return {
    structuralSharing: core.share.structuralSharing,
    // Fresh exactly while nothing can have been missed.
    staleTime: (query: { readonly queryKey: readonly unknown[] }) =>
      core.isFresh(query as Query) ? Number.POSITIVE_INFINITY : 0,
    // The queryFn waits for the socket itself; the browser's idea of "online" says nothing about it.
    networkMode: 'always' as const,
  }
}

function ask<P, PageParam, Result>(
  core: LiveCore,
  context: QueryFunctionContext,
  plan: SnapshotPlan<P, PageParam, Result>,
  current: () => unknown,
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
      current,
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

function readyOrLate(core: LiveCore, fetch: Fetch): Promise<void> {
  return new Promise((resolve) => {
    const cancel = core.port.clock.setTimer(resolve, HTTP_PATIENCE_MS)
    const settle = () => {
      cancel()
      resolve()
    }
    // Without a subscription the snapshot is loaded all the same; it counts as stale until the channel is live.
    fetch.ready().then(settle, settle)
  })
}
