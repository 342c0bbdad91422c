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
  /** Each by itself, because others wait for it: who reads heads asks for all of them together. */
  const start = async (feed: Feed): Promise<void> => {
    const { channel } = feed
    try {
      feed.told = (await parts.store.heads([channel])).get(channel)
      advance(parts, feed)
    } catch (error) {
      if (feeds.get(channel)?.feed === feed) close(channel)
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
      for (const channel of channels) {
        if (feeds.has(channel)) continue
        const feed = createFeed(channel)
        feeds.set(channel, { feed, opened: start(feed) })
      }
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
