/** One feed per channel that somebody has subscribed here. */
import type { Head, LoggedEvent } from '../store.ts'
import { advance, createFeed, type Feed, type FeedParts } from './feed.ts'

export interface Feeds {
  /** Resolves when everything that happens from now on will be delivered. @throws what the store throws */
  open(channels: readonly string[]): Promise<void>
  close(channel: string): void
  /** What was committed here. Delivered before this returns, where nothing is missing before it. */
  tell(events: readonly LoggedEvent[]): void
  /** Where a channel is said to stand. */
  hear(channel: string, head: Head): void
}

interface Opening {
  readonly feed: Feed
  readonly opened: Promise<void>
}

export function createFeeds(parts: FeedParts): Feeds {
  const feeds = new Map<string, Opening>()
  const start = async (fresh: readonly Feed[]): Promise<void> => {
    try {
      const heads = await parts.store.heads(fresh.map(({ channel }) => channel))
      for (const feed of fresh) {
        feed.told = heads.get(feed.channel)
        advance(parts, feed)
      }
    } catch (error) {
      for (const feed of fresh) if (feeds.get(feed.channel)?.feed === feed) close(feed.channel)
      throw error
    }
  }
  const close = (channel: string): void => {
    const opening = feeds.get(channel)
    if (opening) opening.feed.isOpen = false
    feeds.delete(channel)
  }
  return {
    open: async (channels) => {
      const fresh = channels.filter((channel) => !feeds.has(channel)).map(createFeed)
      const opened = fresh.length > 0 ? start(fresh) : Promise.resolve()
      for (const feed of fresh) feeds.set(feed.channel, { feed, opened })
      await Promise.all(channels.map((channel) => feeds.get(channel)?.opened))
    },
    close,
    tell: (events) => {
      const moved = new Set<Feed>()
      for (const event of events) {
        const feed = feeds.get(event.channel)?.feed
        feed?.early.set(event.seq, event)
        if (feed) moved.add(feed)
      }
      for (const feed of moved) advance(parts, feed)
    },
    hear: (channel, head) => {
      const feed = feeds.get(channel)?.feed
      if (!feed) return
      const isOld = feed.hinted?.epoch === head.epoch && feed.hinted.seq > head.seq
      if (!isOld) feed.hinted = head
      advance(parts, feed)
    },
  }
}
