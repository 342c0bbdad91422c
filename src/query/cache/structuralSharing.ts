/**
 * The one `structuralSharing` function of all live queries. TanStack calls it with (cached, incoming) for every write,
 * which makes it the only atomic place to meet a fetch result; it also calls it for the output of `select`. What is
 * what is told by marks on the objects, never by their shape.
 */

import { type LivePort, reportMistake } from '../../transport/port.ts'
import { sameOr } from '../fold/sameOr.ts'
import type { FreshPage } from '../fold/timeline/mergeTimeline.ts'
import type { TimelineData } from '../fold/timeline/pages.ts'
import type { Query } from '../tanstack.ts'

/** Data, and arrays of pages, that are what belongs into the cache. */
const finished = new WeakSet<object>()
/** Pages that come out of a queryFn and have not met the cache yet. */
const fetched = new WeakMap<object, FreshPage>()
/** Definitions that it was said of that a query of theirs was given another function. */
const replaced = new WeakSet<object>()

/** From now on this data is taken as it is. */
export function markFinished(data: unknown): void {
  finished.add(Object(data))
  const { pages } = Object(data)
  if (Array.isArray(pages)) finished.add(pages)
}

export function markFetched(page: object, fresh: FreshPage): void {
  fetched.set(page, fresh)
}

/**
 * To be called before each write of live data. A query's options are those of whoever observed it last, and these may name
 * another function: what a fetch brings would then be written over the events that came in meanwhile.
 */
export function keepSharing(
  query: Query,
  definition: { readonly name: string },
  report: LivePort['report'],
): void {
  const { structuralSharing: other } = query.options
  if (other === structuralSharing) return
  query.setOptions({ ...query.options, structuralSharing })
  // Whoever named none has nothing to be told.
  if (other === undefined || replaced.has(definition)) return
  replaced.add(definition)
  reportMistake(
    { report },
    `"${definition.name}" was given another structuralSharing and keeps its own; leave the option out`,
  )
}

export function structuralSharing(current: unknown, next: unknown): unknown {
  if (Object(next) !== next || finished.has(next as object)) return next
  const pages = pagesOf(next)
  // A fetch that found nothing more to load hands back the pages it captured when it began.
  if (finished.has(pages) && current !== undefined) return current
  const [fresh] = pages.flatMap((page) => fetched.get(page) ?? [])
  if (fresh) return fresh.merge(next as TimelineData<unknown>, fetched)
  return sameOr(current, next as object)
}

function pagesOf(data: unknown): readonly object[] {
  const { pages } = Object(data)
  return Array.isArray(pages) ? pages : []
}
