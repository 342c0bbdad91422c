/**
 * A snapshot on its way: marks the stream before it is asked for, so that nothing that happens meanwhile is missing from
 * what it becomes. Does not know requests.
 */
import type { Cursor, LiveEvent } from '../../transport/port.ts'
import { markFinished } from '../cache/structuralSharing.ts'
import type { SequencedOp } from '../fold/items.ts'
import { keepLog, type LiveChannel, releaseLog, whenLive } from '../stream/channelHub.ts'
import { type ChannelLog, eventsSince, positionInLog, reaches } from '../stream/channelLog.ts'
import { join, tell, tellNow } from './driver.ts'
import type { Fetch, LiveQuery } from './records.ts'
import type { Reply } from './state.ts'
import { shownIn } from './surroundings.ts'
import { toOps } from './toOps.ts'

/** @throws what the application's code does that names the channel */
export function beginFetch(live: LiveQuery): Fetch {
  join(live)
  const channel = live.channel as LiveChannel
  const begun = positionInLog(channel)
  const { replied, doubts } = live.state
  const of = live.query.promise
  const fetch: Fetch = { live, channel, of, begun, start: begun, replied, doubts, continuity: -1 }
  keepLog(channel)
  live.fetches.add(fetch)
  tell(live, { type: 'asked' })
  return fetch
}

/** Resolves when a snapshot taken from now on misses nothing, or never would, or after so many milliseconds. */
export async function readyToAsk(fetch: Fetch, patienceMs?: number): Promise<void> {
  const { channel, live } = fetch
  const isLive = whenLive(channel)
  let at: number | undefined
  if (patienceMs === undefined) at = await isLive
  else {
    let cancel = () => {}
    const patience = new Promise<undefined>((resolve) => {
      cancel = channel.port.clock.setTimer(() => resolve(undefined), patienceMs)
    })
    at = await Promise.race([isLive.catch(() => undefined), patience])
    cancel()
  }
  // What came before is in the answer; applied once more it could bring back what was removed during an outage.
  fetch.start = at ?? positionInLog(channel)
  fetch.replied = live.state.replied
  fetch.doubts = live.state.doubts
  fetch.continuity = channel.live ? channel.continuity : -1
}

/** What happened since that an answer of this position lacks; one that tells of nothing lacks all of it. */
export function missedBy(
  { live, channel, begun, start, replied }: Fetch,
  position: Cursor | undefined,
  isEmpty = false,
): SequencedOp<unknown>[] {
  const asked = { since: isEmpty ? begun : start, replied, position, replies: live.state.replies }
  return lackedBy(channel, asked, (events) => toOps(live, events))
}

/** What a snapshot may lack: where the stream stood, and how many replies there had been, when it was asked for. */
interface Asked {
  readonly since: number
  readonly replied: number
  readonly position: Cursor | undefined
  readonly replies: readonly Reply[]
}

/** The events and the replies that its answer lacks. Pure. */
export function lackedBy(
  channel: ChannelLog & { readonly continuity: number },
  { since, replied, position, replies: all }: Asked,
  opsOf: (events: readonly LiveEvent[]) => SequencedOp<unknown>[],
): SequencedOp<unknown>[] {
  const events = eventsSince(channel, position, since)
  const seq = position?.seq
  const replies = all.filter(
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
    ops = ops.concat(opsOf(events.slice(from, to)), { op, seq: undefined })
    from = to
  }
  return ops.concat(opsOf(events.slice(from)))
}

/** TanStack will take its result: the fetch was not superseded by another one. */
export function isCurrent({ live: { query }, of }: Fetch): boolean {
  return query.promise === of && query.state.fetchStatus === 'fetching'
}

/** The answer has come. `isWhole`: it is all of the data, not a page beside others. */
export function completeFetch(fetch: Fetch, position: Cursor | undefined, isWhole = true): void {
  const { live, channel, continuity, doubts } = fetch
  const isOlder = position !== undefined && !reaches(channel, position)
  tellNow(live, { type: 'answered', position, isWhole, isOlder, continuity, doubts })
}

/** Whole data at the end of a queryFn, and what it lacks; it takes effect when TanStack has written what this returns. */
export function arriveWith({ live }: Fetch, data: unknown, missed: readonly SequencedOp<unknown>[]): unknown {
  tellNow(live, { type: 'arrived', data, missed, shown: shownIn(live, data) })
  const view = live.state.arrival?.view
  markFinished(view)
  return view
}

/** Data that TanStack writes this instant. Returns what belongs into the cache: with optimistic ops on top. */
export function mergeWith(live: LiveQuery, data: unknown): unknown {
  tellNow(live, { type: 'merged', data, shown: shownIn(live, data) })
  const { view } = live.state.picture
  markFinished(view)
  return view
}

export function endFetch(fetch: Fetch): void {
  if (fetch.live.fetches.delete(fetch)) releaseLog(fetch.channel)
}
