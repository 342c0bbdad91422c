/**
 * What is around the machine of a live query, without any of it: a server with a history, one channel, a cache, fetches,
 * mutations, timers. It does what the driver does, in its order, and nothing at a moment of its own choice.
 */
import type { SequencedOp } from '../../../src/query/fold/items.ts'
import { NO_OPS, type Op } from '../../../src/query/fold/op.ts'
import { positionOf } from '../../../src/query/live/data.ts'
import { lackedBy } from '../../../src/query/live/fetch.ts'
import type { Effect, Input } from '../../../src/query/live/inputs.ts'
import { next } from '../../../src/query/live/machine.ts'
import {
  isContinuous,
  type LiveQueryState,
  opsIn,
  see,
  statusOf,
  UNUSED,
} from '../../../src/query/live/state.ts'
import type { Anticipated } from '../../../src/query/optimistic/pendingMutations.ts'
import { eventsSince, reaches } from '../../../src/query/stream/channelLog.ts'
import type { Sequencer } from '../../../src/query/stream/sequencer.ts'
import type { Cursor, LiveEvent } from '../../../src/transport/port.ts'
import { type Data, type Happened, historyUpTo, type Oracle, opOf, rowOf, strictKind } from './strictKind.ts'

export interface Options {
  /** Whether events and snapshots say where they stand. */
  readonly isNumbered: boolean
  /** Whether data says so too, and is merged at the moment of the write, as pages are. */
  readonly isPaged: boolean
  /** Whether events may tell of what the data does not hold, and should. */
  readonly isFiltered?: boolean
  /** Whether events carry the name of what was sent. */
  readonly hasNames: boolean
}

interface Mutation {
  readonly key: string
  readonly op: Op<unknown>
  state: 'pending' | 'failed' | 'over'
  confirmed: 'sure' | 'guess' | undefined
  /** Of the event that it became. */
  at: number | undefined
  /** The channel was down, or more happened to it: what the reply says is of the past. */
  isOld: boolean
  readonly sentIn: number
  /** Who has heard its event. */
  readonly heardBy: Set<Query>
}

interface Channel {
  isLive: boolean
  hasGap: boolean
  continuity: number
  sequencer: Sequencer
  log: LiveEvent[]
  dropped: number
  reach: number | undefined
  retainers: number
  /** Events of the history that were told. */
  told: number
  sessions: number
}

interface Fetch {
  readonly channel: Channel
  readonly begun: number
  stage: 'waiting' | 'asked' | 'answered'
  start: number
  replied: number
  doubts: number
  continuity: number
  /** Of the history, when it was asked. */
  askedAt: number
  view: unknown
  merge: (() => void) | undefined
}

export interface Query {
  readonly name: string
  state: LiveQueryState
  channel: Channel | undefined
  data: unknown
  hasError: boolean
  observers: number
  /** What TanStack waits for; others go on, and nobody takes their result. */
  fetch: Fetch | undefined
  readonly fetches: Set<Fetch>
  readonly inputs: (() => Input)[]
  isLingering: boolean
  isPaused: boolean
}

export type World = ReturnType<typeof createWorld>

export function createWorld(options: Options, random: () => number) {
  const oracle: Oracle = {
    isStrict: true,
    isNumbered: options.isNumbered,
    hasPositions: options.isNumbered && options.isPaged,
    findings: [],
  }
  return {
    options,
    random,
    oracle,
    kind: strictKind(oracle, options.isFiltered),
    history: [] as Happened[],
    channel: undefined as Channel | undefined,
    queries: ['a', 'b'].map(createQuery),
    waiting: new Set<Query>(),
    mutations: [] as Mutation[],
    ops: NO_OPS,
    isStale: false,
    hasNews: false,
    echoes: new Map<LiveEvent, Op<unknown>>(),
    names: 0,
    steps: 0,
    trail: [] as string[],
  }
}

function createQuery(name: string): Query {
  return {
    name,
    state: UNUSED,
    channel: undefined,
    data: undefined,
    hasError: false,
    observers: 0,
    fetch: undefined,
    fetches: new Set(),
    inputs: [],
    isLingering: false,
    isPaused: false,
  }
}

const found = ({ oracle }: World, what: string) => void oracle.findings.push(what)

// --- What the driver does -----------------------------------------------------------------------------------------

const viewOf = ({ isLive, hasGap, continuity }: Channel) => ({ live: isLive, hasGap, continuity })
const here = ({ dropped, log }: Channel) => dropped + log.length

const usageOf = ({ observers, fetch, hasError }: Query) => ({
  isActive: observers > 0,
  isFetching: fetch !== undefined,
  hasError,
  retryAfterMs: 0,
  pageSize: 0,
  maxPages: 0,
})

export function tell(world: World, query: Query, input: () => Input): void {
  query.inputs.push(input)
  if (query.inputs.length > 1) return
  for (const each of query.inputs) tellNow(world, query, each())
  query.inputs.length = 0
}

function tellNow(world: World, query: Query, input: Input): void {
  const { oracle, kind } = world
  const { channel } = query
  const before = see(query.state, channel && viewOf(channel), usageOf(query))
  // Where a result has not been written, the answer vouches for that, and not for what is there.
  oracle.isStrict = isContinuous(before) && !(input.type === 'left' && before.arrival)
  const [state, effects] = next(freeze(before), input, kind)
  query.state = state
  check(world, query, { before, input, effects })
  for (const effect of effects) perform(world, query, effect)
}

function freeze(state: LiveQueryState): LiveQueryState {
  if (Object.isFrozen(state)) return state
  for (const part of [state.unfolded, state.replies, state.picture, state.arrival])
    if (part) Object.freeze(part)
  return Object.freeze(state)
}

function perform(world: World, query: Query, effect: Effect): void {
  switch (effect.type) {
    case 'join':
      if (query.channel) found(world, 'joined twice')
      join(world, query)
      break
    case 'leave':
      if (!query.channel) found(world, 'left without having joined')
      leaveChannel(world, query)
      query.isLingering = false
      break
    case 'linger':
      if (query.isLingering) found(world, 'lingers twice')
      query.isLingering = true
      break
    case 'stay':
      if (!query.isLingering) found(world, 'stays, and did not linger')
      query.isLingering = false
      break
    case 'write':
      if (Object.is(effect.view, query.data)) found(world, 'wrote what is there')
      query.data = effect.view
      checkWritten(world, query)
      tell(world, query, () => ({ type: 'used' }))
      break
    case 'refetch':
      if (query.observers === 0) break
      if (world.random() < 0.03) tell(world, query, () => ({ type: 'tooSoon', waitMs: 10 }))
      else beginFetch(world, query)
      break
    case 'schedule':
      for (const { pending, of, as, isGuess } of effect.confirmed) {
        if (isGuess && (pending as unknown as Mutation).confirmed) found(world, 'guessed twice')
        ;(pending as unknown as Mutation).confirmed = isGuess ? 'guess' : 'sure'
        if (of && world.echoes.has(of)) found(world, 'an event was taken for two')
        if (of) world.echoes.set(of, as)
        world.isStale = true
      }
      world.waiting.add(query)
      break
    case 'pause':
      query.isPaused = true
      break
    case 'endPause':
      if (!query.isPaused) found(world, 'ended a pause that was none')
      query.isPaused = false
      break
    case 'report':
      found(world, `threw ${effect.cause}`)
  }
}

function join(world: World, query: Query): void {
  if (query.channel) return
  adopt(world, query)
  const position = positionOf(query.state, world.kind)
  world.channel ??= {
    isLive: false,
    hasGap: false,
    continuity: 0,
    sequencer: { cursor: position as Sequencer['cursor'], held: new Map() },
    log: [],
    dropped: 0,
    reach: position?.seq,
    retainers: 0,
    told: position?.seq ?? world.history.length,
    sessions: 0,
  }
  const { channel } = world
  query.channel = channel
  const missed = missedSince(world, query, position)
  tellNow(world, query, { type: 'joined', channel: viewOf(channel), position, missed })
}

function leaveChannel(world: World, query: Query): void {
  query.channel = undefined
  if (world.queries.some(({ channel }) => channel)) return
  // Fetches that nobody waits for end with it.
  world.channel = undefined
}

export function leave(world: World, query: Query): void {
  tell(world, query, () => {
    if (query.channel) adopt(world, query)
    return { type: 'left', position: query.channel?.sequencer.cursor, shown: shown(world), idleMs: undefined }
  })
}

function adopt(world: World, query: Query): void {
  const { data: view, state } = query
  const { kind } = world
  if (Object.is(view, state.picture.view)) return
  const data = view === undefined ? undefined : kind.adopt(view, [...state.picture.shown, ...shown(world)])
  const position = data === undefined ? undefined : kind.positionOf(data)
  tellNow(world, query, { type: 'found', view, data, position, missed: missedSince(world, query, position) })
}

function missedSince(world: World, { channel }: Query, position: Cursor | undefined) {
  if (!channel || !position || !reaches(channel, position)) return undefined
  return opsOf(world, eventsSince(channel, position))
}

function opsOf({ echoes }: World, events: readonly LiveEvent[]): SequencedOp<unknown>[] {
  return events.map((event) => {
    const echo = echoes.get(event)
    return {
      op: echo ?? (event.payload as Op<unknown>),
      seq: event.seq,
      of: event,
      isEcho: echo !== undefined,
    }
  })
}

function anticipated({ mutations }: World): Anticipated[] {
  return mutations
    .filter(({ confirmed, state }) => confirmed !== 'sure' && state !== 'over')
    .map((each) => ({ pending: each as never, op: each.op, isGuessed: each.confirmed === 'guess' }))
}

// --- Fetches ------------------------------------------------------------------------------------------------------

export function beginFetch(world: World, query: Query, isNew = false): void {
  if (query.fetch && !isNew) return
  query.fetch = {} as Fetch
  tell(world, query, () => ({ type: 'used' }))
  join(world, query)
  const channel = query.channel as Channel
  const { replied, doubts } = query.state
  const begun = here(channel)
  channel.retainers++
  const fetch: Fetch = {
    channel,
    begun,
    stage: 'waiting',
    start: begun,
    replied,
    doubts,
    continuity: -1,
    askedAt: 0,
    view: undefined,
    merge: undefined,
  }
  query.fetch = fetch
  query.fetches.add(fetch)
  tell(world, query, () => ({ type: 'asked' }))
}

/** As soon as the channel is live, or without it. */
export function ask(world: World, query: Query): void {
  for (const fetch of query.fetches) {
    if (fetch.stage !== 'waiting') continue
    const { channel } = fetch
    fetch.stage = 'asked'
    fetch.start = here(channel)
    fetch.replied = query.state.replied
    fetch.doubts = query.state.doubts
    fetch.continuity = channel.isLive ? channel.continuity : -1
    fetch.askedAt = world.history.length
  }
}

function endFetch(query: Query, fetch: Fetch): void {
  if (!query.fetches.delete(fetch)) return
  fetch.channel.retainers--
  trim(fetch.channel)
}

export interface Asked {
  readonly query: Query
  readonly fetch: Fetch
}

/** The server has looked at `at`. */
export function answer(world: World, { query, fetch }: Asked, at: number): void {
  const { channel } = fetch
  const position = world.options.isNumbered ? { seq: at } : undefined
  if (position && !channel.sequencer.cursor) {
    channel.sequencer.cursor = position
    channel.reach ??= position.seq
    channel.told = at
  }
  if (query.fetch !== fetch) return endFetch(query, fetch)
  fetch.stage = 'answered'
  adopt(world, query)
  const data = historyUpTo(world.history, at)
  if (!world.options.isPaged) {
    completeFetch(world, query, { fetch, position, isWhole: true })
    tellNow(world, query, {
      type: 'arrived',
      data,
      missed: missedBy(world, { query, fetch }, position),
      shown: shown(world),
    })
    fetch.view = query.state.arrival?.view
    return
  }
  fetch.merge = () => {
    adopt(world, query)
    tellNow(world, query, { type: 'read' })
    const current = query.state.base as Data | undefined
    const isWhole = current === undefined || world.random() < 0.8
    const isTrusted = isContinuous(query.state)
    completeFetch(world, query, { fetch, position, isWhole })
    world.oracle.isStrict = isContinuous(query.state) && (isWhole || isTrusted)
    // A page beside others adds nothing here, but its age.
    const isMixed = (position?.seq ?? -1) < (current?.at ?? -1)
    const mixed = current && { ...current, isMixed: current.isMixed || isMixed }
    const merged = isWhole
      ? world.kind.fold(data, missedBy(world, { query, fetch }, position), query.state.use)
      : mixed
    tellNow(world, query, { type: 'merged', data: merged, shown: shown(world) })
    fetch.view = query.state.picture.view
  }
}

function completeFetch(
  world: World,
  query: Query,
  { fetch, position, isWhole }: { fetch: Fetch; position: Cursor | undefined; isWhole: boolean },
): void {
  const isOlder = position !== undefined && !reaches(fetch.channel, position)
  const { continuity, doubts } = fetch
  tellNow(world, query, { type: 'answered', position, isWhole, isOlder, continuity, doubts })
}

function missedBy(
  world: World,
  { query, fetch }: Asked,
  position: Cursor | undefined,
): SequencedOp<unknown>[] {
  const { channel, start: since, replied } = fetch
  const asked = { since, replied, position, replies: query.state.replies }
  return lackedBy(channel, asked, (events) => opsOf(world, events))
}

/** TanStack writes what came. */
export function writeResult(world: World, query: Query, fetch: Fetch): void {
  if (query.fetch !== fetch) return
  fetch.merge?.()
  query.data = fetch.view
  // What arrived was drawn before, and is drawn anew with what is optimistic by now.
  if (fetch.merge) checkWritten(world, query)
  Object.assign(query, { fetch: undefined, hasError: false })
  tell(world, query, () => ({ type: 'used' }))
  tell(world, query, () => ({ type: 'fetched', view: query.data }))
  afterChange(world, query)
}

export function failFetch(world: World, query: Query): void {
  Object.assign(query, { fetch: undefined, hasError: true })
  tell(world, query, () => ({ type: 'used' }))
  tell(world, query, () => ({ type: 'failed' }))
  afterChange(world, query)
}

export function overwrite(world: World, query: Query, data: unknown): void {
  query.data = data
  tell(world, query, () => ({ type: 'used' }))
  tell(world, query, () => ({ type: 'overwritten' }))
  afterChange(world, query)
}

function afterChange(world: World, query: Query): void {
  if (!query.fetch) for (const fetch of query.fetches) endFetch(query, fetch)
  adopt(world, query)
}

export function removeQuery(world: World, query: Query): void {
  for (const fetch of query.fetches) endFetch(query, fetch)
  leave(world, query)
  world.waiting.delete(query)
  for (const { heardBy } of world.mutations) heardBy.delete(query)
  world.queries[world.queries.indexOf(query)] = { ...createQuery(query.name), observers: 0 }
}

// --- Optimistic ---------------------------------------------------------------------------------------------------

function compute(world: World): void {
  if (!world.isStale) return
  world.isStale = false
  world.hasNews = true
  for (const each of world.mutations)
    if (each.confirmed === 'guess' && each.state === 'failed') each.confirmed = undefined
  const ops = world.mutations
    .filter(({ confirmed, state }) => !confirmed && state !== 'over')
    .map(({ op }) => op)
  const isSame = ops.length === world.ops.length && ops.every((op, at) => op === world.ops[at])
  if (!isSame) world.ops = ops.length === 0 ? NO_OPS : ops
}

export function shown(world: World): readonly Op<unknown>[] {
  compute(world)
  return world.ops
}

export function flush(world: World, asked: readonly Query[]): void {
  compute(world)
  const others = world.hasNews ? world.queries.filter(({ state }) => world.ops !== state.picture.shown) : []
  world.hasNews = false
  for (const query of new Set([...asked, ...others])) {
    tell(world, query, () => {
      if (!query.state.arrival || !query.fetch) adopt(world, query)
      return { type: 'due', shown: shown(world) }
    })
  }
}

export function changeOps(world: World, change: () => void): void {
  change()
  world.isStale = true
  flush(world, [])
}

export function reply(world: World, mutation: Mutation): void {
  const row = { ...rowOf(mutation.op), value: mutation.at ?? 0, at: undefined }
  const isNews = !mutation.isOld
  mutation.confirmed = 'sure'
  for (const query of world.queries) {
    tell(world, query, () => ({
      type: 'told',
      ops: [opOf(row)],
      anticipated: anticipated(world),
      at: query.channel ? here(query.channel) : 0,
      after: query.channel && isNews ? (query.channel.sequencer.cursor?.seq ?? 0) : -1,
      position: query.channel?.sequencer.cursor,
    }))
    if (!isNews) tell(world, query, () => ({ type: 'doubted' }))
  }
  changeOps(world, () => {
    mutation.state = 'over'
  })
}

// --- Channel ------------------------------------------------------------------------------------------------------

/** As the channel does, but soon. */
function trim(channel: Channel): void {
  const { log, retainers } = channel
  if (retainers > 0 || log.length < 8) return
  const dropped = log.splice(0, log.length - 4)
  const last = dropped.findLast(({ seq }) => seq !== undefined)?.seq
  if (last !== undefined) channel.reach = Math.max(last, channel.reach ?? last)
  channel.dropped += dropped.length
}

/** The next events of the history, in one batch. */
export function deliver(world: World, count: number): void {
  const { channel, history, options } = world
  if (!channel) return
  const batch: LiveEvent[] = history.slice(channel.told, channel.told + count).map((each) => ({
    type: 'event',
    payload: opOf({ key: each.key, value: each.at, at: each.at, isGone: each.isGone }),
    ...(options.isNumbered && { seq: each.at }),
  }))
  const [first] = batch
  if (!first) return
  // The first number is that of a snapshot, if one is on its way.
  if (options.isNumbered && !channel.sequencer.cursor && channel.retainers > 0) return
  channel.told += batch.length
  if (options.isNumbered) {
    channel.reach ??= (first.seq ?? 0) - 1
    channel.sequencer.cursor = { seq: channel.told }
  }
  channel.log.push(...batch)
  trim(channel)
  for (const query of world.queries) {
    if (query.channel !== channel) continue
    for (const event of batch) {
      const at = rowOf(event.payload as Op<unknown>).at
      for (const mutation of world.mutations) if (mutation.at === at) mutation.heardBy.add(query)
    }
    tell(world, query, () => ({ type: 'heard', ops: opsOf(world, batch), anticipated: anticipated(world) }))
  }
}

export function notify(world: World): void {
  const { channel } = world
  for (const query of world.queries)
    if (query.channel === channel) tell(world, query, () => ({ type: 'channelChanged' }))
}

/** Continuity ended: what came since is known of a snapshot only. */
export function startOver(world: World, knows: boolean): void {
  const { channel, history, options } = world
  if (!channel) return
  channel.told = history.length
  const cursor = options.isNumbered && knows ? { seq: history.length } : undefined
  channel.sequencer.cursor = cursor
  channel.reach = cursor?.seq
  channel.continuity++
  for (const mutation of world.mutations) mutation.isOld = true
}

// --- What has to hold ---------------------------------------------------------------------------------------------

interface Told {
  readonly before: LiveQueryState
  readonly input: Input
  readonly effects: readonly Effect[]
}

function check(world: World, query: Query, { before, input, effects }: Told): void {
  const { state } = query
  const of = (type: Effect['type']) => effects.some((effect) => effect.type === type)
  world.steps++
  world.trail.push(
    `${query.name}: ${input.type} → ${statusOf(state)} ${effects.map(({ type }) => type).join(' ')}${process.env.MACHINE_TRACE ? detailOf(world, query) : ''}`,
  )
  if (state !== before && isAlike(state, before))
    found(world, `${input.type}: another state that is the same`)
  if (of('refetch')) {
    const { channel, use, pause } = state
    if (!channel?.live || pause !== 'none' || use.isFetching || !use.isActive)
      found(world, `${input.type}: asked`)
  }
  if (state.replies.length > 20) found(world, 'too many replies')
  if (input.type === 'due' && !(state.arrival && state.use.isFetching) && state.unfolded)
    found(world, 'left something unfolded')
  if (opsIn(state.unfolded).length > 200) found(world, 'folds nothing')
}

/** What holds between one thing and the next, when no effect is under way. */
export function checkAtRest(world: World): void {
  for (const query of world.queries) {
    const { state, channel } = query
    if ((state.channel !== undefined) !== (channel !== undefined)) found(world, 'joined and not, at once')
    if (state.isLingering !== query.isLingering) found(world, 'lingers and does not, at once')
    if ((state.pause === 'timed') !== query.isPaused) found(world, 'pauses without a timer')
    if (channel && !state.isLingering && query.observers === 0 && !query.fetch)
      found(world, 'stays for nobody')
    if (channel && isContinuous(see(state, viewOf(channel), state.use))) checkComplete(world, query)
  }
}

/** Nothing is missing in what calls itself continuous. */
function checkComplete(world: World, { state, channel }: Query): void {
  const { base, arrival, unfolded } = state
  if (!channel) return
  const check = (data: Data, ops: readonly SequencedOp<unknown>[], what: string) => {
    let { at } = data
    for (const { op } of ops) {
      const row = rowOf(op)
      if (row.at === undefined) continue
      if (row.at > at + 1) found(world, `${what}: ${row.at} would follow ${at}`)
      if (row.at <= at && world.options.isNumbered && !data.isMixed)
        found(world, `${what}: ${row.at} would come again after ${at}`)
      at = Math.max(at, row.at)
    }
    if (data.hasHoles) found(world, `${what}: has holes`)
    if (at < channel.told) found(world, `${what}: ends at ${at}, the stream at ${channel.told}`)
  }
  // The data that is there is as good as it was; what is told to be continuous is what is on its way.
  if (arrival) return check(arrival.of as Data, opsIn(arrival.later), 'arrival')
  if (base !== undefined) check(base as Data, opsIn(unfolded), 'data')
}

function checkWritten(world: World, query: Query): void {
  const { state, channel, data } = query
  if (data === undefined || !channel || !isContinuous(see(state, viewOf(channel), state.use))) return
  const { rows, values } = data as Data
  for (const { key, at, heardBy, confirmed, state: how } of world.mutations) {
    // Foreign data may be older.
    if (at === undefined || at > channel.told || !heardBy.has(query)) continue
    const isThere = Object.values(values).includes(at) || key in values
    const isAfter = world.history.some((each) => each.at > at && each.key === key)
    if (rows.includes(key) && isThere && how !== 'failed' && (confirmed || world.options.hasNames))
      found(world, `${key} is there twice`)
    if (!rows.includes(key) && !isThere && !isAfter) found(world, `${key} is gone`)
  }
}

function isAlike(one: LiveQueryState, other: LiveQueryState): boolean {
  return Object.entries(one).every(([name, value]) => Object.is(value, other[name as keyof LiveQueryState]))
}

function detailOf({ channel }: World, { state }: Query): string {
  const base = state.base as Data | undefined
  const arrival = state.arrival?.of as Data | undefined
  const waits = opsIn(state.unfolded).map(({ op }) => rowOf(op).at ?? 'told')
  return ` {${base?.at}${base?.hasHoles ? '!' : ''} [${waits}] ${arrival ? `~${arrival.at}` : ''} c${state.continuity} asOf ${state.asOf?.seq} told ${channel?.told} reach ${channel?.reach} cursor ${channel?.sequencer.cursor?.seq}}`
}
