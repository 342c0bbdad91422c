/** The newest state of every item that the queries of an entity hold, and who is told of it. */
import type { LiveEvent } from '../../transport/port.ts'
import {
  doubt,
  enters,
  epochOf,
  type Holder,
  type Known,
  nameOf,
  newestIn,
  rowsOf,
  type Store,
} from './holder.ts'
import { layOver } from './overlay.ts'

/** Who was told of a state, as part of which event, and what the item was before. */
interface Told {
  readonly by: Holder
  readonly event?: LiveEvent | undefined
  readonly before?: unknown
  /** It was told to data of this schema, which may be nowhere; `by` only passes it on. */
  readonly schema?: unknown
}

/** Takes in a whole state of an item. `by` shows what is newer. */
export function learn(item: unknown, told: Told): void {
  const { by, before, schema = by.schema } = told
  const news = stateOf(by, item, schema)
  if (!news) return
  const { id, version } = news
  const { newest } = by.store
  const known = newest.get(id)
  if (known && known.version >= version) return showNewer(by, known, version)
  newest.set(id, news)
  // Nobody holds it.
  if (!known) return
  for (const holder of othersOf(told)) {
    const held = newestIn(holder, id)
    if (held !== undefined) showNewer(holder, news, Number(holder.of.version(held)))
    else if (enters(holder, before ?? known.item, item)) doubt(holder)
  }
}

function stateOf(by: Holder, item: unknown, schema = by.schema): Known | undefined {
  const name = nameOf(by, item)
  return name && { ...name, item, schema, by, at: ++by.store.learned, epoch: epochOf(by) }
}

function showNewer(holder: Holder, known: Known, version: number): void {
  if (known.version > version) layOver(holder, known)
}

/** Gone from one is not gone from all: the others have to ask. */
export function lose(id: string, told: Told): void {
  for (const holder of othersOf(told)) if (newestIn(holder, id) !== undefined) doubt(holder)
}

/** What hears the event itself makes of it what it makes of it. */
function othersOf({ by, event, schema }: Told): readonly Holder[] {
  const hears = ({ live: { channel, definition } }: Holder) =>
    event && channel && channel === by.live.channel && Object.hasOwn(definition.options.events, event.type)
  return holdersIn(by.store).filter((holder) => (holder !== by || schema) && !hears(holder))
}

const isThere = ({ live }: Holder) => live.client.liveQueries.get(live.query) === live

function holdersIn({ holders }: Store): readonly Holder[] {
  for (const holder of holders) if (!isThere(holder)) holders.delete(holder)
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
  const state = stateOf(by, row)
  if (!state) return
  const known = by.store.newest.get(state.id)
  if (known) showNewer(by, known, state.version)
  else by.store.newest.set(state.id, { ...state, version: -Infinity })
}

/**
 * After a hole, with all that came meanwhile: where versions went back here, the server has begun anew with older ones. What
 * was learned since it was asked, or of the same history, may be newer than the answer.
 */
export function recover(by: Holder, data: unknown): void {
  const { askedAt, store } = by
  if (askedAt === undefined) return
  const { newest } = store
  for (const row of rowsOf(by, data).flat()) {
    const state = stateOf(by, row)
    const known = state && newest.get(state.id)
    if (!known || known.at > askedAt || known.version <= state.version || isStill(known, by)) continue
    newest.set(state.id, state)
    for (const { newer, live } of holdersIn(by.store)) {
      if (newer.delete(state.id)) live.client.coalescer.request(live)
    }
  }
}

/** Others stand for it, or the history that it is part of. */
function isStill({ by, epoch }: Known, holder: Holder): boolean {
  if (by !== holder && isThere(by)) return true
  return epoch !== undefined && epoch === epochOf(holder)
}

/** Forgets items that nobody holds any more. */
export function sweep(store: Store): void {
  const { newest } = store
  if (newest.size <= store.sweepAt) return
  const holders = holdersIn(store)
  // What it brings is in no data yet.
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
