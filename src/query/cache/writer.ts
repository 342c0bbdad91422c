/** The one place that writes to a QueryClient. Everything else hands it finished data. */

import type { Identity } from '../../transport/port.ts'
import { LIVE_KEY } from '../keys.ts'
import type { Query, QueryCacheNotifyEvent, QueryClient } from '../tanstack.ts'

export function write(queryClient: QueryClient, query: Query, data: unknown): void {
  // Writing to a query that left the cache would bring a new one to life under its key.
  if (queryClient.getQueryCache().get(query.queryHash) !== query) return
  const { dataUpdatedAt, isInvalidated } = query.state
  // An event is not a fetch: it must neither restart `staleTime` nor forget that somebody asked for a refetch.
  // Not by its key, which would be hashed again for every write.
  query.setData(data, { updatedAt: dataUpdatedAt, manual: true })
  if (isInvalidated) query.invalidate()
}

export function refetch(query: Query): void {
  // Without `cancelRefetch`: a cancelled first fetch would leave the query pending for ever.
  query.fetch().catch(() => {
    // The query's own state carries the error.
  })
}

/**
 * Another tab tells of its data as it is there (`broadcastQueryClient`), also that it is being fetched: here nobody fetches it,
 * so nothing would end that, and nobody could ask any more.
 */
export function endForeignFetch(event: QueryCacheNotifyEvent): boolean {
  const how = event.type === 'updated' ? event.action.type : event.type
  const isForeign = (how === 'added' || how === 'setState') && event.query.state.fetchStatus !== 'idle'
  if (isForeign) event.query.setState({ fetchStatus: 'idle' })
  return isForeign
}

/** As if the fetch had never begun. */
export function cancel(query: Query): void {
  void query.cancel({ revert: true, silent: true })
}

/** Without data, as if it had never been fetched; asked for again where somebody looks. */
export function reset(queryClient: QueryClient, isOwn: (query: Query) => boolean): void {
  queryClient.resetQueries({ predicate: isOwn }).catch(() => {
    // Each query's own state carries its error.
  })
}

/** Who is told what a snapshot was answered with, before it is written. */
export const answers: {
  heard?: (queryClient: QueryClient, queryKey: readonly unknown[], answer: unknown) => void
} = {}

export function writeBeside(queryClient: QueryClient, queryKey: readonly unknown[], data: unknown): void {
  queryClient.setQueryData(queryKey, data)
}

/** Beside the live data, and stored with it; a key each, so that one of them never hides another. */
export const OWNER_KEY = `${LIVE_KEY}.owner`

export function ownersIn(queryClient: QueryClient, scope = ''): Identity[] {
  return queryClient
    .getQueriesData<Identity>({ queryKey: [OWNER_KEY, scope] })
    .flatMap(([, owner]) => owner ?? [])
}

export function setOwner(queryClient: QueryClient, owner: Identity, scope = ''): void {
  const queryKey = [OWNER_KEY, scope, owner]
  if (queryClient.getQueryData(queryKey)) return
  queryClient.removeQueries({ queryKey: [OWNER_KEY, scope] })
  queryClient.setQueryDefaults([OWNER_KEY], { gcTime: Infinity })
  queryClient.setQueryData(queryKey, owner)
}
