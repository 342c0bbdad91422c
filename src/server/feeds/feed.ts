/** The events of one channel, in order and without a hole, from wherever they come. Knows no sockets. */
import type { ServerEnvironment } from '../environment.ts'
import type { Head, LoggedEvent, Store } from '../store.ts'

export interface FeedParts {
  readonly store: Pick<Store<unknown>, 'since' | 'heads'>
  readonly environment: Pick<ServerEnvironment, 'setTimer'>
  deliver(channel: string, events: readonly LoggedEvent[]): void
  /** What came between cannot be told any more. */
  onHole(channel: string): void
  onError(error: unknown): void
}

export interface Feed {
  readonly channel: string
  /** Up to where everything was delivered; nothing is, before it is known. */
  told: Head | undefined
  /** Committed here, and waiting for the ones before. */
  readonly early: Map<number, LoggedEvent>
  /** Where somebody says that the channel stands. */
  hinted: Head | undefined
  isReading: boolean
  isOpen: boolean
}

/** How long a log that cannot be read, or lacks what there must be, is left alone. */
const REST_MS = 1_000
const MAX_EVENTS = 10_000

export const createFeed = (channel: string): Feed => ({
  channel,
  told: undefined,
  early: new Map(),
  hinted: undefined,
  isReading: false,
  isOpen: true,
})

/** Delivers what is due, and reads the log for what is not at hand. */
export function advance(parts: FeedParts, feed: Feed): void {
  if (!feed.told || feed.isReading || !feed.isOpen) return
  deliverDue(parts, feed, feed.told)
  if (isBehind(feed)) void readLog(parts, feed, feed.told)
}

function deliverDue(parts: FeedParts, feed: Feed, told: Head): void {
  const due: LoggedEvent[] = []
  let { seq } = told
  for (let next = feed.early.get(seq + 1); next?.epoch === told.epoch; next = feed.early.get(seq + 1)) {
    due.push(next)
    seq = next.seq
  }
  feed.told = { seq, epoch: told.epoch }
  forgetOld(feed, feed.told)
  if (due.length > 0) parts.deliver(feed.channel, due)
}

const isBeyond = (head: Head, told: Head) => head.epoch !== told.epoch || head.seq > told.seq

function forgetOld(feed: Feed, told: Head): void {
  for (const event of feed.early.values()) if (!isBeyond(event, told)) feed.early.delete(event.seq)
  if (feed.hinted && !isBeyond(feed.hinted, told)) feed.hinted = undefined
}

const isBehind = ({ early, hinted }: Feed) => early.size > 0 || hinted !== undefined

async function readLog(parts: FeedParts, feed: Feed, told: Head): Promise<void> {
  const { channel, hinted } = feed
  feed.isReading = true
  try {
    const missed = (await parts.store.since(new Map([[channel, told]]), MAX_EVENTS)).get(channel)
    if (!(missed && feed.isOpen)) return
    const { seq, epoch, events, complete } = missed
    const isProgress = isBeyond({ seq, epoch }, told)
    feed.told = { seq, epoch }
    // A hint of another epoch, or from a log that is ahead of this one: it has been looked at.
    if (feed.hinted === hinted) feed.hinted = undefined
    for (const event of feed.early.values()) if (event.epoch !== epoch) feed.early.delete(event.seq)
    if (!complete) parts.onHole(channel)
    else if (events.length > 0) parts.deliver(channel, events)
    resume(parts, feed, isProgress)
  } catch (error) {
    parts.onError(error)
    resume(parts, feed, false)
  }
}

function resume(parts: FeedParts, feed: Feed, isProgress: boolean): void {
  const goOn = () => {
    feed.isReading = false
    advance(parts, feed)
  }
  if (isProgress || !isBehind(feed)) goOn()
  else parts.environment.setTimer(goOn, REST_MS)
}
