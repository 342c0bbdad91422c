/**
 * The one `structuralSharing` function of all live queries. TanStack calls it with (cached, incoming) for every write,
 * which makes it the only atomic place to meet a fetch result; it also calls it for the output of `select`. What is
 * what is told by marks on the objects, never by their shape.
 */
import type { TimelineData, TimelinePage } from './pages.ts'
import type { FreshPage } from './timelineLanding.ts'

export type FreshPages = ReadonlyMap<TimelinePage<unknown>, FreshPage>

export interface Share {
  readonly structuralSharing: (current: unknown, next: unknown) => unknown
  /** Data that is finished: taken as it is. */
  finished(data: unknown): void
  /** A page that comes out of a queryFn and has not met the cache yet. */
  fetched(page: TimelinePage<unknown>, fresh: FreshPage): void
}

export function createShare(): Share {
  const finishedData = new WeakSet<object>()
  const finishedPages = new WeakSet<object>()
  const inFlight = new WeakMap<object, FreshPage>()

  function landing(next: TimelineData<unknown>): unknown {
    const fresh = new Map<TimelinePage<unknown>, FreshPage>()
    for (const page of next.pages) {
      const found = inFlight.get(page)
      if (found) fresh.set(page, found)
    }
    const [any] = fresh.values()
    return any?.land(next, fresh)
  }

  return {
    finished(data) {
      if (typeof data !== 'object' || data === null) return
      finishedData.add(data)
      const { pages } = data as Partial<TimelineData<unknown>>
      if (Array.isArray(pages)) finishedPages.add(pages)
    },
    fetched: (page, fresh) => void inFlight.set(page, fresh),
    structuralSharing(current, next) {
      if (typeof next !== 'object' || next === null || finishedData.has(next)) return next
      const { pages } = next as Partial<TimelineData<unknown>>
      if (!Array.isArray(pages)) return shareShallow(current, next)
      // A fetch that found nothing more to load hands back the pages it captured when it began.
      if (finishedPages.has(pages) && current !== undefined) return current
      return landing(next as TimelineData<unknown>) ?? shareShallow(current, next)
    },
  }
}

/**
 * Same elements, same reference. TanStack's own sharing compares by index and rebuilds everything behind an insertion
 * (measured: 200 of 200 memoised rows render instead of one).
 */
function shareShallow(current: unknown, next: object): unknown {
  if (typeof current !== 'object' || current === null || Array.isArray(current) !== Array.isArray(next))
    return next
  const keys = Object.keys(next)
  if (keys.length !== Object.keys(current).length) return next
  const a = current as Record<string, unknown>
  const b = next as Record<string, unknown>
  return keys.every((key) => Object.is(a[key], b[key])) ? current : next
}
