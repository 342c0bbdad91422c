/** The one place that writes to a QueryClient. Everything else hands it finished data. */
import { notifyManager, type Query, type QueryClient } from '@tanstack/react-query'

export interface Writer {
  write(query: Query, data: unknown): void
  refetch(query: Query): void
  /** Options every query under `key` gets, whatever an ad-hoc `useQuery` with the same key says. */
  setDefaults(
    key: readonly unknown[],
    options: { structuralSharing: (current: unknown, next: unknown) => unknown },
  ): void
  batch(run: () => void): void
}

export function createWriter(queryClient: QueryClient): Writer {
  return {
    write(query, data) {
      const { dataUpdatedAt, isInvalidated } = query.state
      // An event is not a fetch: it must neither restart `staleTime` nor forget that somebody asked for a refetch.
      queryClient.setQueryData(query.queryKey, data, { updatedAt: dataUpdatedAt })
      if (isInvalidated) query.invalidate()
    },
    refetch(query) {
      // Never cancels: a cancelled first fetch would leave the query pending for ever.
      query.fetch(undefined, { cancelRefetch: false }).catch(() => {
        // The query's own state carries the error.
      })
    },
    setDefaults: (key, options) => queryClient.setQueryDefaults(key, options),
    batch: (run) => notifyManager.batch(run),
  }
}
