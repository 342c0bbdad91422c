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

/** One change hardly ever replaces all of them: the oldest page, the two newest, and one that has just become the last but one. */
function marksOf(pages: readonly Page[]): readonly Page[] {
  const [newest, second] = pages
  const marks = [pages.at(-1), second, pages.at(-2), newest]
  return marks.filter((page) => page !== undefined)
}

function changed({ pages: old, rows }: Flat, pages: readonly Page[]): readonly unknown[] {
  const most = Math.min(old.length, pages.length)
  let newer = 0
  while (newer < most && old[newer] === pages[newer]) newer++
  let older = 0
  while (older < most - newer && old.at(-1 - older) === pages.at(-1 - older)) older++
  const gone = itemsOf(old.slice(newer, old.length - older))
  const come = itemsOf(pages.slice(newer, pages.length - older))
  const below = rows.length - gone.length - countIn(old.slice(0, newer))
  // Of what is in other pages now, most are the same items.
  const all = Math.min(gone.length, come.length)
  let from = 0
  while (from < all && gone[from] === come[from]) from++
  let to = 0
  while (to < all - from && gone.at(-1 - to) === come.at(-1 - to)) to++
  const fresh = come.slice(from, come.length - to)
  const rest = below + gone.length - to
  if (fresh.length === 0 && gone.length === from + to) return rows
  // Each copy is one of memory; what is put at the end needs a single one.
  const start = below + from === rows.length ? rows : rows.slice(0, below + from)
  return rest === rows.length ? start.concat(fresh) : start.concat(fresh, rows.slice(rest))
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
