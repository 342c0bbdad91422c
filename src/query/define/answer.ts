/**
 * Reads what a snapshot request or function answered. Accepted: an array of items; an object whose one array holds
 * them, with `has_older`, `has_newer`, `as_of`, `epoch` beside it; for a value, anything.
 */

import { LiveError } from '../../transport/errors.ts'
import { type Cursor, type Id, type LivePort, reportMistake } from '../../transport/port.ts'
import { type ItemSpec, isId, readable } from '../fold/items.ts'
import type { PageRequest } from '../fold/timeline/pages.ts'
import { compareKeys, type TimelinePage } from '../fold/timeline/pages.ts'
import type { Params } from '../keys.ts'
import { type Definition, flawFor } from '../live/definition.ts'

export interface Snapshot<Item> {
  /** What fits its schema. */
  readonly items: readonly Item[]
  /** All that was answered: where a page ends does not depend on what can be shown of it. */
  readonly rows: readonly unknown[]
  readonly hasOlder: boolean | undefined
  readonly hasNewer: boolean
  /** The server keeps no history: what is loaded stays, and this adds nothing. */
  readonly partial: boolean
}

/** `partial: true` tells a timeline that the back end has no history to ask for. */
export const NO_HISTORY = { items: [], partial: true } as const

/** `report` hears of the rows that are left out, all of them at once. */
export function readSnapshot<Item>(
  definition: Definition,
  answer: unknown,
  { params, report }: { readonly params: unknown; readonly report: LivePort['report'] },
): Snapshot<Item> {
  const { name } = definition
  const flawOf = flawFor(definition, (params ?? {}) as Params)
  const fields = Array.isArray(answer) ? { items: answer } : Object(answer)
  const rows: unknown = fields.items ?? Object.values(fields).find(Array.isArray)
  if (!Array.isArray(rows)) {
    throw new LiveError(
      'invalid_frame',
      `The snapshot of "${name}" holds no array of items; answer with one, or with an object that has one`,
    )
  }
  const flaws = rows.map((row) => flawOf(row))
  const flaw = flaws.find((each) => each)
  if (flaw) {
    const odd = rows.filter((_row, at) => flaws[at])
    const message = `${odd.length} of ${rows.length} rows left out: ${flaw.message}`
    const error = new LiveError('invalid_frame', message)
    report({ type: 'quarantine', definition: name, rows: odd, error })
  }
  const items = rows.filter((_row, at) => !flaws[at])
  const { id } = definition.options
  if (id && new Set(items.map((item) => String(id(item)))).size < items.length)
    reportMistake({ report }, `Rows of "${name}" have the same id; return from \`id\` what tells them apart`)
  const hasOlder = fields.has_older ?? fields.hasOlder
  return {
    items,
    rows,
    hasOlder: typeof hasOlder === 'boolean' ? hasOlder : undefined,
    hasNewer: (fields.has_newer ?? fields.hasNewer) === true,
    partial: fields.partial === true,
  }
}

/** The server's order wins where keys are equal; it may send the newest first. */
export function toPage<Item>(
  spec: ItemSpec<Item>,
  snapshot: Snapshot<Item>,
  { param, limit, position }: PageRequest & { readonly position: Cursor | undefined },
): TimelinePage<Item> {
  const { items, rows } = inOrder(spec, snapshot)
  const asked: { readonly before?: Id; readonly after?: Id } = param as object
  const hasNewer = snapshot.hasNewer && asked.before === undefined
  const hasOlder = asked.after !== undefined || (snapshot.hasOlder ?? rows.length >= limit)
  const oldest = endOf(spec, rows, items)
  const newest = endOf(spec, rows.toReversed(), items.toReversed())
  const from = asked.before ?? asked.after
  const before = oldest.id ?? from
  const after = newest.id ?? from
  // Where nothing names a place further on, asking again would bring the same for ever.
  const goesOn = hasOlder && before !== from
  return {
    items,
    hasOlder: goesOn,
    hasNewer: hasNewer && after !== undefined,
    before,
    after,
    low: goesOn ? oldest.key : undefined,
    high: hasNewer ? newest.key : undefined,
    asOf: position?.seq,
    epoch: position?.epoch,
    unseen: 0,
  }
}

function inOrder<Item>({ order }: ItemSpec<Item>, { items, rows }: Snapshot<Item>) {
  const keys = items.map((item) => order(item))
  const isNewestFirst = compareKeys(keys[0] ?? [], keys.at(-1) ?? []) > 0
  const oldestFirst = isNewestFirst ? items.toReversed() : items
  return {
    items: oldestFirst.toSorted((a, b) => compareKeys(order(a), order(b))),
    rows: isNewestFirst ? rows.toReversed() : rows,
  }
}

/** Where a page ends: at its outermost item, or before that at an odd row which can be named all the same. */
function endOf<Item>({ id, order }: ItemSpec<Item>, rows: readonly unknown[], items: readonly Item[]) {
  const row = rows.find((row) => isId(readable(() => id(row as Item)))) as Item | undefined
  const [item] = items
  const end = row === undefined || items.includes(row) ? item : row
  const key = readable(() => order(end as Item))
  return {
    id: end === undefined ? undefined : id(end),
    key: key?.every(isId) ? key : item && order(item),
  }
}
