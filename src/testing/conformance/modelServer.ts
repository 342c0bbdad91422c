/** A back end reduced to what matters for a cache: ordered items, a topic, and the numbered log of what happened. */
import type { LiveEvent } from '../../transport/port.ts'
import type { Random } from '../server/random.ts'

export interface ModelItem {
  readonly id: number
  /** Its place in the history; never changes. */
  readonly position: number
  readonly text: string
  /** Its place in lists; changes. */
  readonly rank: number
  readonly version: number
  readonly client_id?: string
}

export interface ModelTopic {
  readonly text: string
  readonly version: number
  /** How often it was changed: wrong as soon as one event is applied twice. */
  readonly changes: number
}

export interface ModelState {
  /** In the order of their positions. */
  readonly items: readonly ModelItem[]
  readonly topic: ModelTopic
}

export interface ModelPage {
  readonly before?: number
  readonly after?: number
  readonly around?: number
  readonly limit: number
}

export interface ModelServer {
  readonly epoch: string
  readonly seq: number
  readonly state: ModelState
  /** The state after the event of this number, of the epoch that is. */
  stateAt(seq: number): ModelState
  since(seq: number): readonly LiveEvent[]
  /** Hears every event. */
  listen(listener: (events: readonly LiveEvent[]) => void): void
  insert(fields?: Partial<ModelItem>): ModelItem
  /** An item that belongs somewhere in the past. */
  insertBetween(): void
  edit(text: string, id?: number): ModelItem | undefined
  rerank(): void
  remove(): void
  setTopic(text: string): void
  /** Stores what carries this client id once, however often it is sent. */
  send(clientId: string, text: string): ModelItem
  page(state: ModelState, page: ModelPage): object
  /** The log begins anew; the items stay. */
  restart(): void
}

const START: ModelState = { items: [], topic: { text: 'start', version: 0, changes: 0 } }
const GAP_BETWEEN_POSITIONS = 1_000

export function createModelServer(random: Random, size: number): ModelServer {
  const listeners = new Set<(events: readonly LiveEvent[]) => void>()
  const positions = new Map<number, number>()
  const sent = new Map<string, ModelItem>()
  let epoch = 1
  let ids = 0
  let log: LiveEvent[] = []
  let states: ModelState[] = [START]

  const seq = () => log.length
  const state = () => states.at(-1) ?? START
  const anyItem = () => state().items[Math.floor(random() * state().items.length)]

  function happen(type: string, payload: unknown, next: Partial<ModelState>): void {
    const event: LiveEvent = { type, payload, seq: seq() + 1, epoch: `epoch-${epoch}` }
    log.push(event)
    states.push({ ...state(), ...next })
    for (const listener of listeners) listener([event])
  }

  function insert(fields: Partial<ModelItem> = {}): ModelItem {
    const id = ++ids
    const item = {
      id,
      position: id * GAP_BETWEEN_POSITIONS,
      text: `item ${id}`,
      rank: id,
      version: 1,
      ...fields,
    }
    positions.set(id, item.position)
    const items = [...state().items, item].sort((a, b) => a.position - b.position || a.id - b.id)
    happen('created', item, { items })
    return item
  }

  function change(item: ModelItem | undefined, fields: Partial<ModelItem>, type: 'edited' | 'ranked') {
    if (!item) return undefined
    const next = { ...item, ...fields, version: item.version + 1 }
    const payload = type === 'edited' ? next : { id: next.id, rank: next.rank, version: next.version }
    happen(type, payload, { items: state().items.map((each) => (each === item ? next : each)) })
    return next
  }

  for (let count = 0; count < size; count++) insert()
  log = []
  states = [state()]

  return {
    get epoch() {
      return `epoch-${epoch}`
    },
    get seq() {
      return seq()
    },
    get state() {
      return state()
    },
    stateAt: (at) => states[at] ?? state(),
    since: (at) => log.slice(at),
    listen: (listener) => void listeners.add(listener),
    insert,
    insertBetween: () => {
      const spread = (ids + 1) * GAP_BETWEEN_POSITIONS
      insert({ position: Math.floor(random() * spread) })
    },
    edit: (text, id) => {
      const item = id === undefined ? anyItem() : state().items.find((each) => each.id === id)
      return change(item, { text }, 'edited')
    },
    rerank: () => void change(anyItem(), { rank: Math.floor(random() * 50) }, 'ranked'),
    remove: () => {
      const item = anyItem()
      if (item) happen('deleted', { id: item.id }, { items: state().items.filter((each) => each !== item) })
    },
    setTopic: (text) => {
      const { topic } = state()
      const next = { text, version: topic.version + 1, changes: topic.changes + 1 }
      happen('topic', next, { topic: next })
    },
    send: (clientId, text) => {
      const known = sent.get(clientId)
      // Deleted meanwhile: it is answered with what was stored, and not stored again.
      if (known) return state().items.find(({ id }) => id === known.id) ?? known
      const item = insert({ text, client_id: clientId })
      sent.set(clientId, item)
      return item
    },
    page: (of, page) => pageOf(of.items, positions, page),
    restart: () => {
      epoch++
      states = [state()]
      log = []
    },
  }
}

function pageOf(
  items: readonly ModelItem[],
  positions: ReadonlyMap<number, number>,
  page: ModelPage,
): object {
  const { limit } = page
  const cursor = page.before ?? page.after ?? page.around
  const position = cursor === undefined ? Number.POSITIVE_INFINITY : (positions.get(cursor) ?? 0)
  const isBelow = (item: ModelItem) =>
    item.position < position || (item.position === position && item.id < (cursor ?? Number.POSITIVE_INFINITY))
  const at = items.filter(isBelow).length
  const [from, to] = rangeOf(page, { at, limit, isThere: items[at]?.id === cursor })
  const start = Math.max(0, from)
  return { items: items.slice(start, to), has_older: start > 0, has_newer: to < items.length }
}

/** Half-open, by index; `at` is the first item that is not below the cursor. */
function rangeOf(
  page: ModelPage,
  { at, limit, isThere }: { readonly at: number; readonly limit: number; readonly isThere: boolean },
): readonly [number, number] {
  if (page.after !== undefined) {
    const from = isThere ? at + 1 : at
    return [from, from + limit]
  }
  if (page.around === undefined) return [at - limit, at]
  const from = Math.max(0, at - Math.floor(limit / 2))
  return [from, from + limit]
}
