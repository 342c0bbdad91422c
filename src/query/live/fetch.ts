/**
 * A snapshot on its way: marks the stream before it is asked for, so that nothing that happens meanwhile is missing from
 * what it becomes. Knows entries and channels; does not know requests.
 */
import type { Cursor } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import {
  eventsSince,
  keepLog,
  type LiveChannel,
  positionInLog,
  reaches,
  releaseLog,
  whenLive,
} from '../stream/channelHub.ts'
import { attach, stored } from './liveQuery.ts'
import { type Entry, endPause, type Fetch, opsOf, pause, statusChanged } from './state.ts'

export function beginFetch(entry: Entry): Fetch {
  attach(entry)
  const channel = entry.channel as LiveChannel
  const begun = positionInLog(channel)
  const fetch: Fetch = {
    entry,
    channel,
    begun,
    start: begun,
    replied: entry.replied,
    of: entry.query.promise,
    continuity: -1,
  }
  keepLog(channel)
  entry.landing = undefined
  entry.fetches.add(fetch)
  return fetch
}

/** Resolves when a snapshot taken from now on misses nothing, or never would, or after so many milliseconds. */
export async function readyToAsk(fetch: Fetch, patienceMs?: number): Promise<void> {
  const { channel } = fetch
  const live = whenLive(channel)
  let at: number | undefined
  if (patienceMs === undefined) at = await live
  else {
    let cancel = () => {}
    const patience = new Promise<undefined>((resolve) => {
      cancel = channel.port.clock.setTimer(() => resolve(undefined), patienceMs)
    })
    at = await Promise.race([live.catch(() => undefined), patience])
    cancel()
  }
  // What came before is in the answer; applied once more it could bring back what was removed during an outage.
  fetch.start = at ?? positionInLog(channel)
  fetch.replied = fetch.entry.replied
  fetch.continuity = channel.live ? channel.continuity : -1
}

/** What happened since that an answer of this position lacks; one that tells of nothing lacks all of it. */
export function missedBy(
  { entry, channel, begun, start, replied }: Fetch,
  position: Cursor | undefined,
  isEmpty = false,
): SequencedOp<unknown>[] {
  const events = eventsSince(channel, position, isEmpty ? begun : start)
  const seq = position?.seq
  const replies = entry.replies.filter(
    ({ number, after, continuity }) =>
      continuity === channel.continuity &&
      // Without positions to compare, a snapshot that was asked for before it lacks it.
      (seq === undefined || after < 0 ? number >= replied : seq <= after),
  )
  const places = new Map(channel.log.map((event, at) => [event, channel.dropped + at]))
  let ops: SequencedOp<unknown>[] = []
  let from = 0
  // In the order in which all of it was heard.
  for (const { op, at } of replies) {
    const until = events.findIndex((event) => (places.get(event) ?? -1) >= at)
    const to = until < 0 ? events.length : until
    ops = ops.concat(opsOf(entry, events.slice(from, to)), { op, seq: undefined })
    from = to
  }
  return ops.concat(opsOf(entry, events.slice(from)))
}

/** TanStack will take its result: the fetch was not superseded by another one. */
export function isCurrent({ entry, of }: Fetch): boolean {
  return entry.query.promise === of && entry.query.state.fetchStatus === 'fetching'
}

/**
 * Data was taken from the server. Whole data is as continuous as the channel was when it was asked for; a snapshot that
 * is older than what the channel remembers has a hole behind it, and is asked for again.
 */
export function complete(fetch: Fetch, position: Cursor | undefined, isWhole = true): void {
  const { entry, channel } = fetch
  const isOlder = position !== undefined && !reaches(channel, position)
  if (isWhole) entry.continuity = fetch.continuity
  // A page from a replica that lags lacks events that the rest of the data has; each page knows for itself.
  const isBehind = (position?.seq ?? -1) < (entry.asOf?.seq ?? -1)
  if (isWhole || isBehind) entry.asOf = position
  if (isOlder) {
    entry.continuity = -1
    pause(entry)
  } else if (isWhole) {
    endPause(entry)
    entry.failures = 0
  }
  statusChanged(entry)
}

export function endFetch(fetch: Fetch): void {
  if (fetch.entry.fetches.delete(fetch)) releaseLog(fetch.channel)
}

/** The cache changed: a fetch ended one way or the other, or others wrote. */
export function cacheChanged(entry: Entry, how: 'success' | 'error' | 'setState' | 'manual'): void {
  const { landing, query } = entry
  if (how === 'manual' && Object.is(query.state.data, entry.picture.view)) return
  if (how === 'success' && landing && Object.is(query.state.data, landing.view)) {
    entry.base = landing.of
    entry.picture = landing
    entry.pending.splice(0, landing.pending)
  }
  if (query.state.fetchStatus === 'idle') {
    entry.landing = undefined
    for (const fetch of entry.fetches) endFetch(fetch)
  }
  if (how === 'error') pause(entry)
  // Data from elsewhere: whatever failed before, it has to be brought up to date.
  if (how === 'setState' || how === 'manual') endPause(entry)
  stored(entry)
  entry.client.coalescer.request(entry)
}
