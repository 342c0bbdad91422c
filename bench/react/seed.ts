/** What is loaded when the measuring begins. */
import type { TimelinePage } from '../../src/query/index.ts'
import { type Message, messageAt, PAGE_SIZE } from '../stream/events.ts'

/** Positions count up to 0, the newest that is loaded. */
export const loadedMessages = (count: number): Message[] =>
  Array.from({ length: count }, (_, at) => messageAt(at + 1 - count))

/** Newest first. */
export function loadedPages(count: number): Message[][] {
  const all = loadedMessages(count)
  const pages: Message[][] = []
  for (let end = all.length; end > 0; end -= PAGE_SIZE)
    pages.push(all.slice(Math.max(0, end - PAGE_SIZE), end))
  return pages
}

/** As a persister would restore them: with the position they were taken at, so that nothing is asked for again. */
export function timelinePages(count: number): { pages: TimelinePage<Message>[]; pageParams: object[] } {
  const all = loadedPages(count)
  const pages = all.map((items, at): TimelinePage<Message> => {
    const [oldest] = items
    const hasOlder = at < all.length - 1
    const low = hasOlder && oldest ? { low: [oldest.timestamp, oldest.id] } : {}
    return { items, hasOlder, hasNewer: false, before: oldest?.id, ...low, asOf: 0, unseen: 0 }
  })
  return { pages, pageParams: pages.map(({ before }, at) => (at === 0 ? {} : { before })) }
}
