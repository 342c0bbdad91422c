/** What the cache, the channel and the pending mutations say of a live query at this moment. Changes nothing. */
import { isLiveError } from '../../transport/errors.ts'
import type { Cursor } from '../../transport/port.ts'
import type { Op } from '../fold/op.ts'
import { anticipatedFor, opsFor } from '../optimistic/pendingMutations.ts'
import { eventsSince, reaches } from '../stream/channelLog.ts'
import type { Query } from '../tanstack.ts'
import type { LiveQuery } from './records.ts'
import type { Use } from './state.ts'
import { toOps } from './toOps.ts'

/**
 * The optimistic ops, as of now: whoever shows them has every event so far in what lies below. `landing`: whole data that
 * they are about to lie over.
 */
export function shownIn({ client, target, follower }: LiveQuery, landing?: unknown): readonly Op<unknown>[] {
  const ops = opsFor(client.pendingMutations, target)
  return follower ? follower.over(ops, landing) : ops
}

export function anticipatedBy({ client, target, kind }: LiveQuery) {
  return kind.confirms ? anticipatedFor(client.pendingMutations, target) : []
}

/** What data of this position lacks, if the channel knows. */
export function missedSince(live: LiveQuery, position: Cursor | undefined) {
  const { channel } = live
  if (!channel || !position || !reaches(channel, position)) return undefined
  return toOps(live, eventsSince(channel, position))
}

/** An `enabled` that throws is the error of whoever gave it, and he is shown it. */
export function isActive(query: Query): boolean {
  try {
    return query.isActive()
  } catch {
    return false
  }
}

export function usageOf({ query, definition }: LiveQuery): Use {
  const { error, status, fetchStatus } = query.state
  const window = query.queryKey[3] as { pageSize?: number } | undefined
  const { maxPages } = query.options as { maxPages?: number }
  return {
    isActive: isActive(query),
    isFetching: fetchStatus !== 'idle',
    hasError: status === 'error',
    retryAfterMs: (isLiveError(error) && error.retryAfterMs) || 0,
    pageSize: window?.pageSize ?? definition.pageSize ?? 0,
    maxPages: maxPages || Infinity,
  }
}
