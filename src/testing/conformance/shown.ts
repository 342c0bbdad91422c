/** What a live query has on the screen, as an audit looks at it. */

import type { TimelineData } from '../../query/fold/timeline/pages.ts'
import type { QueryState } from '../../query/tanstack.ts'
import type { ConformanceItem, ConformanceTopic } from './backEnd.ts'
import type { Shown } from './subject.ts'

export type QuerySnapshot = Pick<QueryState, 'status' | 'fetchStatus' | 'data'>

export function shownIn(state: QuerySnapshot | undefined): Shown | undefined {
  if (!state) return undefined
  const { status, fetchStatus, data } = state
  const base = {
    status,
    fetchStatus,
    hasOlder: false,
    hasNewer: false,
    low: undefined,
    items: [],
    topic: undefined,
  }
  if (data === undefined) return base
  if (Array.isArray(data)) return { ...base, items: data as ConformanceItem[] }
  if ('rank' in (data as object)) return { ...base, items: [data as ConformanceItem] }
  if (!('pages' in (data as object))) return { ...base, topic: data as ConformanceTopic }
  const { pages } = data as TimelineData<ConformanceItem>
  const oldest = pages.at(-1)
  return {
    ...base,
    hasOlder: oldest?.hasOlder ?? false,
    hasNewer: pages[0]?.hasNewer ?? false,
    low: oldest?.low,
    items: pages.toReversed().flatMap(({ items }) => items),
  }
}

/** The same data in other objects, but for its items. */
export function copyOf(data: unknown): unknown {
  if (Array.isArray(data)) return [...data]
  const { pages } = data as Partial<TimelineData<ConformanceItem>>
  if (!pages) return { ...(data as object) }
  return { ...(data as object), pages: pages.map((page) => ({ ...page, items: [...page.items] })) }
}
