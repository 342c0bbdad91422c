/**
 * The items of a timeline in reading order, as one array. It is handed from one version of the data to the next: what did not
 * change is neither looked at nor put together anew. Pure to its callers.
 */

interface Page {
  readonly items: readonly unknown[]
}

/** What was put together of which pages. */
interface Flat {
  readonly pages: readonly Page[]
  readonly rows: readonly unknown[]
}

const NO_ROWS: readonly never[] = []

// By the pages array, and by some of its pages, at which its successor finds it. The latter let go of it then: pages live long.
const known = new WeakMap<object, Flat>()

/**
 * All loaded items of a timeline, oldest first, rows not confirmed yet last; nothing where there is no data. For `select`, or
 * for data that a query has returned. Its cost is that of what changed, and of a copy of pointers; where nothing has, it is the
 * same array. Pages are newest first, so that `pages.flatMap` would put older messages behind newer ones.
 *
 * @example
 * ```ts
 * const { data = [] } = useInfiniteQuery({ ...messages({ roomId }), select: rows })
 * ```
 */
export function rows<Item>(
  data: { readonly pages: readonly { readonly items: readonly Item[] }[] } | undefined,
): readonly Item[] {
  const { pages }: { readonly pages: readonly { readonly items: readonly Item[] }[] } = data ?? {
    pages: NO_ROWS,
  }
  const [only = { items: NO_ROWS }] = pages
  if (pages.length < 2) return only.items
  const flat = known.get(pages) ?? flatten(pages)
  return flat.rows as readonly Item[]
}

function flatten(pages: readonly Page[]): Flat {
  const isMark = (page: Page) => known.has(page)
  // Where none of them is one, it is to let go all the same.
  const found = marksOf(pages).find(isMark) ?? pages.find(isMark)
  const before = (found && known.get(found)) ?? { pages: [], rows: NO_ROWS }
  const flat = { pages, rows: changed(before, pages) }
  for (const page of marksOf(before.pages)) known.delete(page)
  for (const page of [pages, ...marksOf(pages)]) known.set(page, flat)
  return flat
}

/** One change hardly ever replaces all of them: the oldest page, and the two newest. */
function marksOf(pages: readonly Page[]): readonly Page[] {
  return [...pages.slice(-1), ...pages.slice(0, 2)]
}

function changed({ pages: old, rows }: Flat, pages: readonly Page[]): readonly unknown[] {
  const newer = countSame(old, pages, 0)
  const older = countSame(old.slice(newer), pages.slice(newer), -1)
  const gone = itemsOf(old.slice(newer, old.length - older))
  const come = itemsOf(pages.slice(newer, pages.length - older))
  // Of what is in other pages now, most are the same items.
  const kept = countSame(gone, come, 0)
  const left = countSame(gone.slice(kept), come.slice(kept), -1)
  const fresh = come.slice(kept, come.length - left)
  const from = rows.length - countIn(old.slice(0, newer)) - gone.length + kept
  const rest = from + gone.length - kept - left
  if (fresh.length === 0 && rest === from) return rows
  // Each copy is one of memory; what is put at the end needs a single one.
  const start = from === rows.length ? rows : rows.slice(0, from)
  return rest === rows.length ? start.concat(fresh) : start.concat(fresh, rows.slice(rest))
}

/** How many are the same in both, from their beginnings (0) or from their ends (-1). */
function countSame(one: readonly unknown[], other: readonly unknown[], start: 0 | -1): number {
  const most = Math.min(one.length, other.length)
  let count = 0
  while (count < most && one.at(start ? -1 - count : count) === other.at(start ? -1 - count : count)) count++
  return count
}

function itemsOf(pages: readonly Page[]): readonly unknown[] {
  const [only] = pages
  return only && pages.length === 1 ? only.items : pages.toReversed().flatMap(({ items }) => items)
}

function countIn(pages: readonly Page[]): number {
  let count = 0
  for (const { items } of pages) count += items.length
  return count
}
