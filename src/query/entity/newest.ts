/** The newest state of every item that the queries of an entity hold, and who is told of it. */
import type { LiveEvent } from '../../transport/port.ts'
import {
  doubt,
  enters,
  type Holder,
  heldBy,
  layOver,
  newestIn,
  rowsOf,
  type Store,
  versionOf,
} from './holder.ts'

/** Who was told of a state, as part of which event, and what the item was before. */
interface Told {
  readonly by: Holder
  readonly event?: LiveEvent | undefined
  readonly before?: unknown
}

/** Takes in a whole state of an item. `by` shows what is newer. */
export function learn(item: unknown, { by, event, before }: Told): void {
  const { of, store, schema } = by
  const version = versionOf(by, item)
  if (version === undefined) return
  const id = String(of.id(item))
  const known = store.newest.get(id)
  if (known && known.version >= version) {
    if (known.version > version) layOver(by, id, known)
    return
  }
  const news = { version, item, schema }
  store.newest.set(id, news)
  // Nobody holds it.
  if (!known) return
  for (const holder of othersOf(by, event)) {
    const held = newestIn(holder, id)
    if (held !== undefined) {
      if (Number(of.version(held)) < version) layOver(holder, id, news)
    } else if (enters(holder, before ?? known.item, item)) doubt(holder)
  }
}

/** Gone from one is not gone from all: the others have to ask. */
export function lose(id: string, { by, event }: Told): void {
  for (const holder of othersOf(by, event)) if (heldBy(holder, id) !== undefined) doubt(holder)
}

/** What hears the event itself makes of it what it makes of it. */
function othersOf(by: Holder, event: LiveEvent | undefined): readonly Holder[] {
  const hears = ({ live: { channel, definition } }: Holder) =>
    event && channel && channel === by.live.channel && Object.hasOwn(definition.options.events, event.type)
  return holdersIn(by.store).filter((holder) => holder !== by && !hears(holder))
}

function holdersIn({ holders }: Store): readonly Holder[] {
  for (const holder of holders) {
    const { client, query } = holder.live
    if (client.liveQueries.get(query) !== holder.live) holders.delete(holder)
  }
  return [...holders]
}

/** Rows of data that has just come. `isTold`: the server has said them, as they are. */
export function scan(by: Holder, data: unknown, isTold: boolean): void {
  for (const rows of rowsOf(by, data)) {
    const before = by.scanned.get(rows)
    if (before === true || before === isTold) continue
    by.scanned.set(rows, isTold)
    for (const row of rows) {
      if (isTold) learn(row, { by })
      else meet(by, row)
    }
  }
}

/** A row of who knows what age, and with who knows what in it: nobody is told of it. */
function meet(by: Holder, row: unknown): void {
  const { of, store, schema } = by
  const id = String(of.id(row))
  const known = store.newest.get(id)
  if (!known) store.newest.set(id, { version: -Infinity, item: row, schema })
  else if (known.version > Number(of.version(row))) layOver(by, id, known)
}

/** Forgets items that nobody holds any more. */
export function sweep(store: Store): void {
  const { newest } = store
  if (newest.size <= store.sweepAt) return
  const holders = holdersIn(store)
  if (holders.some(({ live }) => live.state.arrival)) return
  const isHeld = (id: string) => holders.some((holder) => newestIn(holder, id) !== undefined)
  for (const id of newest.keys()) if (!isHeld(id)) newest.delete(id)
  store.sweepAt = 2 * newest.size + 100
}

/** What was known was for somebody else. */
export function forget({ newest, holders }: Store): void {
  newest.clear()
  for (const holder of holders) {
    holder.newer.clear()
    holder.scanned = new WeakMap()
  }
}
