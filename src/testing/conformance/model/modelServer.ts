/** A back end reduced to what matters for a cache: ordered items, a topic, and the numbered log of what happened. */
import type { LiveEvent } from '../../../transport/port.ts'
import type { Random } from '../../server/random.ts'
import type { ConformanceItem, ConformanceServer, ConformanceState } from '../backEnd.ts'
import { createSaid, grow, type Said } from './modelGrowth.ts'

export interface ModelServer extends ConformanceServer {
  readonly epoch: string
  readonly seq: number
  /** The state after the event of this number. */
  stateAt(seq: number): ConformanceState
  since(seq: number): readonly LiveEvent[]
  listen(listener: (event: LiveEvent) => void): void
  edit(text: string, id?: number): ConformanceItem | undefined
  /** Stores what carries this client id once, however often it is sent. */
  send(clientId: string, text: string): ConformanceItem
  page(state: ConformanceState, page: ModelPage): ModelAnswer
  readonly random: Random
}

interface ModelAnswer {
  readonly items: readonly ConformanceItem[]
  readonly has_older: boolean
  readonly has_newer: boolean
}

export interface ModelPage {
  readonly before?: number
  readonly after?: number
  readonly around?: number
  readonly limit: number
}

interface Model {
  readonly said: Said
  readonly random: Random
  readonly listeners: Set<(event: LiveEvent) => void>
  readonly positions: Map<number, number>
  readonly sent: Map<string, ConformanceItem>
  epoch: number
  ids: number
  /** By number; `undefined` for one that was taken and rolled back, so that it never comes. */
  log: (LiveEvent | undefined)[]
  states: ConformanceState[]
}

const START: ConformanceState = { items: [], topic: { text: 'start', version: 0, changes: 0 } }
const GAP_BETWEEN_POSITIONS = 1_000
const RANKS = 50
/** How often a number is taken for nothing. */
const ROLLED_BACK = 0.03

export function createModelServer(random: Random, size: number): ModelServer {
  const model: Model = {
    said: createSaid(),
    random,
    listeners: new Set(),
    positions: new Map(),
    sent: new Map(),
    epoch: 0,
    ids: 0,
    log: [],
    states: [START],
  }
  for (let count = 0; count < size; count++) insert(model)
  restart(model)
  return {
    random,
    get epoch() {
      return epochOf(model)
    },
    get seq() {
      return model.log.length
    },
    get state() {
      return stateOf(model)
    },
    stateAt: (at) => model.states[at] ?? stateOf(model),
    since: (at) => model.log.slice(at).filter((event) => event !== undefined),
    listen: (listener) => void model.listeners.add(listener),
    insert: () => insert(model),
    insertBetween: () => insert(model, { position: pick(random, (model.ids + 1) * GAP_BETWEEN_POSITIONS) }),
    edit: (text, id) => edit(model, text, id),
    rerank: () => rerank(model),
    remove: () => remove(model),
    setTopic: (text) => setTopic(model, text),
    send: (clientId, text) => send(model, clientId, text),
    page: ({ items }, page) => pageOf(items, model.positions, page),
    restart: () => restart(model),
    begin: () => void insert(model, { text: '', isOpen: true }),
    grow: (all = false) => growSome(model, all),
    finish: (all = false) => {
      for (const { id, text } of openItems(model, all))
        edit(model, model.random() < 0.5 ? text : `${text} end`, id)
    },
    said: model.said.of,
  }
}

const pick = (random: Random, count: number) => Math.floor(random() * count)
const epochOf = ({ epoch }: Model) => `epoch-${epoch}`
const stateOf = ({ states }: Model) => states.at(-1) ?? START

function anyItem(model: Model): ConformanceItem | undefined {
  const { items } = stateOf(model)
  return items[pick(model.random, items.length)]
}

function happen(
  model: Model,
  event: Pick<LiveEvent, 'type' | 'payload'>,
  next: Partial<ConformanceState>,
): void {
  const { log, states, listeners, random } = model
  const numbered = { ...event, seq: log.length + 1, epoch: epochOf(model) }
  log.push(numbered)
  states.push({ ...stateOf(model), ...next })
  hear(model)
  for (const listener of listeners) listener(numbered)
  if (random() >= ROLLED_BACK) return
  log.push(undefined)
  states.push(stateOf(model))
}

/** Growing takes no number. */
function growSome(model: Model, all: boolean): void {
  for (const item of openItems(model, all)) {
    const { item: next, events } = grow(item, model.random)
    model.states.push({ ...stateOf(model), items: replace(model, item, next) })
    model.states.splice(-2, 1)
    hear(model)
    for (const event of events) for (const listener of model.listeners) listener(event)
  }
}

function openItems(model: Model, all: boolean): readonly ConformanceItem[] {
  const open = stateOf(model).items.filter(({ isOpen }) => isOpen)
  const one = open[pick(model.random, open.length)]
  return all || !one ? open : [one]
}

function hear({ said, states }: Model): void {
  for (const item of states.at(-1)?.items ?? []) said.hear(item)
}

function insert(model: Model, fields: Partial<ConformanceItem> = {}): ConformanceItem {
  const id = ++model.ids
  const position = id * GAP_BETWEEN_POSITIONS
  const item = { id, position, text: `item ${id}`, rank: id, version: 1, ...fields }
  model.positions.set(id, item.position)
  const items = [...stateOf(model).items, item].sort((a, b) => a.position - b.position || a.id - b.id)
  happen(model, { type: 'created', payload: item }, { items })
  return item
}

function replace(model: Model, item: ConformanceItem, next: ConformanceItem): readonly ConformanceItem[] {
  return stateOf(model).items.map((each) => (each === item ? next : each))
}

function edit(model: Model, text: string, id: number | undefined): ConformanceItem | undefined {
  const item = id === undefined ? anyItem(model) : stateOf(model).items.find((each) => each.id === id)
  if (!item) return undefined
  const { isOpen, ...closed } = item
  const next = { ...closed, text, version: item.version + 1 }
  happen(model, { type: 'edited', payload: next }, { items: replace(model, item, next) })
  return next
}

function rerank(model: Model): void {
  const item = anyItem(model)
  if (!item) return
  const next = { ...item, rank: pick(model.random, RANKS), version: item.version + 1 }
  const { id, rank, version } = next
  happen(model, { type: 'ranked', payload: { id, rank, version } }, { items: replace(model, item, next) })
}

function remove(model: Model): void {
  const item = anyItem(model)
  if (!item) return
  const items = stateOf(model).items.filter((each) => each !== item)
  happen(model, { type: 'deleted', payload: { id: item.id } }, { items })
}

function setTopic(model: Model, text: string): void {
  const { topic: before } = stateOf(model)
  const topic = { text, version: before.version + 1, changes: before.changes + 1 }
  happen(model, { type: 'topic', payload: topic }, { topic })
}

function send(model: Model, clientId: string, text: string): ConformanceItem {
  const known = model.sent.get(clientId)
  // Deleted meanwhile: it is answered with what was stored, and not stored again.
  if (known) return stateOf(model).items.find(({ id }) => id === known.id) ?? known
  const item = insert(model, { text, client_id: clientId })
  model.sent.set(clientId, item)
  return item
}

function restart(model: Model): void {
  model.states = [stateOf(model)]
  model.epoch++
  model.log = []
}

function pageOf(
  items: readonly ConformanceItem[],
  positions: ReadonlyMap<number, number>,
  page: ModelPage,
): ModelAnswer {
  const cursor = page.before ?? page.after ?? page.around
  // A cursor may name an item that is gone; its place is known all the same.
  const position = cursor === undefined ? Number.POSITIVE_INFINITY : (positions.get(cursor) ?? 0)
  const isBelow = (item: ConformanceItem) =>
    item.position < position || (item.position === position && item.id < (cursor ?? Number.POSITIVE_INFINITY))
  const at = items.filter(isBelow).length
  const [from, to] = rangeOf(page, at, items[at]?.id === cursor)
  const start = Math.max(0, from)
  return { items: items.slice(start, to), has_older: start > 0, has_newer: to < items.length }
}

/** Half-open, by index; `at` is the first item that is not below the cursor. */
function rangeOf(
  { after, around, limit }: ModelPage,
  at: number,
  isThere: boolean,
): readonly [number, number] {
  if (after !== undefined) {
    const from = isThere ? at + 1 : at
    return [from, from + limit]
  }
  if (around === undefined) return [at - limit, at]
  const from = Math.max(0, at - Math.floor(limit / 2))
  return [from, from + limit]
}
