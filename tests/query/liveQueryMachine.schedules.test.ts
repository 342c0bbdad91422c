/**
 * Random schedules against the machine of a live query alone. More of them: `MACHINE_STEPS=10000000`; one of them:
 * `MACHINE_SEED=<seed> MACHINE_STEPS=1`.
 */
import { describe, expect, it } from 'vitest'
import { isContinuous, statusOf } from '../../src/query/live/state.ts'
import {
  answer,
  ask,
  beginFetch,
  changeOps,
  checkAtRest,
  createWorld,
  deliver,
  failFetch,
  flush,
  leave,
  notify,
  type Options,
  overwrite,
  type Query,
  removeQuery,
  reply,
  shown,
  startOver,
  tell,
  type World,
  writeResult,
} from './support/machineWorld.ts'
import { type Data, historyUpTo, opOf, PARTIAL, rowOf } from './support/strictKind.ts'

const STEPS = Number(process.env.MACHINE_STEPS ?? 300_000)
const SEED = Number(process.env.MACHINE_SEED ?? 1)
const LENGTH = 120

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const pick = <T>({ random }: World, from: readonly T[]): T | undefined =>
  from[Math.floor(random() * from.length)]
const upTo = ({ random }: World, most: number) => Math.floor(random() * (most + 1))
const one = (world: World) => pick(world, world.queries) as Query

function happen(world: World, key: string, isGone = false): number {
  const at = world.history.length + 1
  world.history.push({ at, key, isGone })
  return at
}

/** A replica may lag; without numbers nobody could tell, and it does not. */
function lookedAt(world: World, askedAt: number): number {
  const { history, options, random } = world
  if (!options.isNumbered) return askedAt + upTo(world, history.length - askedAt)
  return random() < 0.7 ? history.length : Math.max(0, history.length - upTo(world, 8))
}

type Step = (world: World) => void

const each = (world: World, stage: string) =>
  world.queries.flatMap((query) =>
    [...query.fetches].filter((fetch) => fetch.stage === stage).map((fetch) => ({ query, fetch })),
  )

function stepAnswer(world: World): void {
  const found = pick(world, each(world, 'asked'))
  if (found) answer(world, found, lookedAt(world, found.fetch.askedAt))
}

function stepWrite(world: World): void {
  const found = pick(world, each(world, 'answered'))
  if (found) writeResult(world, found.query, found.fetch)
}

function stepLive(world: World, isSure = false): void {
  const { channel, options, random } = world
  if (!channel || channel.isLive) return
  const { cursor } = channel.sequencer
  if (options.isNumbered && cursor && (isSure || random() < 0.6)) {
    // What was missed comes first.
    deliver(world, Number.POSITIVE_INFINITY)
  } else startOver(world, true)
  if (world.channel !== channel) return
  channel.isLive = true
  channel.sessions++
  notify(world)
  for (const query of world.queries) if (query.channel === channel) ask(world, query)
}

const STEPS_OF: readonly (readonly [weight: number, step: Step])[] = [
  [
    20,
    (world) => {
      const { options, random, mutations } = world
      const sent = pick(
        world,
        mutations.filter(({ at }) => at !== undefined),
      )
      if (!options.hasNames) happen(world, `?k${world.history.length}`)
      // To what was sent as well: it is changed, or removed.
      else {
        const key = `${options.isFiltered && random() < 0.2 ? PARTIAL : ''}k${upTo(world, 5)}`
        happen(world, sent && random() < 0.3 ? sent.key : key, random() < 0.2)
      }
    },
  ],
  [25, (world) => world.channel?.isLive && !world.channel.hasGap && deliver(world, 1 + upTo(world, 2))],
  [
    25,
    (world) => {
      const asked = [...world.waiting]
      world.waiting.clear()
      flush(world, asked)
    },
  ],
  [20, stepAnswer],
  [25, stepWrite],
  [6, (world) => stepLive(world)],
  [
    3,
    (world) => {
      const { channel } = world
      if (!channel?.isLive) return
      Object.assign(channel, { isLive: false, hasGap: false })
      for (const each of world.mutations) if (each.state === 'pending') each.isOld = true
      notify(world)
    },
  ],
  [
    3,
    (world) => {
      const { channel } = world
      if (!channel?.isLive) return
      channel.hasGap = !channel.hasGap
      notify(world)
    },
  ],
  [
    2,
    (world) => {
      if (!world.channel?.isLive) return
      startOver(world, true)
      notify(world)
    },
  ],
  // The fetch does not wait for the channel.
  [2, (world) => ask(world, one(world))],
  [
    4,
    (world) => {
      const query = one(world)
      if (query.channel?.isLive) ask(world, query)
    },
  ],
  [
    10,
    (world) => {
      mount(world, one(world))
    },
  ],
  [
    5,
    (world) => {
      const query = one(world)
      if (query.observers === 0) return
      query.observers--
      tell(world, query, () => ({ type: 'used' }))
    },
  ],
  [
    4,
    (world) => {
      const query = one(world)
      if (query.isLingering) leave(world, query)
    },
  ],
  [
    4,
    (world) => {
      const query = one(world)
      if (!query.isPaused) return
      tell(world, query, () => ({ type: 'rested' }))
    },
  ],
  [
    3,
    (world) => {
      const query = one(world)
      beginFetch(world, query, world.random() < 0.5)
      if (query.channel?.isLive) ask(world, query)
    },
  ],
  [
    3,
    (world) => {
      const query = one(world)
      if (query.fetch) failFetch(world, query)
    },
  ],
  // Cancelled: as it was before.
  [
    2,
    (world) => {
      const query = one(world)
      cancelFetch(world, query, query.data)
    },
  ],
  [
    2,
    (world) => {
      const query = one(world)
      const at = upTo(world, world.history.length)
      overwrite(world, query, historyUpTo(world.history, at))
    },
  ],
  [1, (world) => removeQuery(world, one(world))],
  [
    1,
    (world) => {
      const query = one(world)
      tell(world, query, () => ({ type: 'doubted' }))
    },
  ],
  [0.3, disown],
  [
    6,
    (world) => {
      const key = `m${world.names++}`
      const op = opOf({ key, value: -1, at: undefined, isGone: false })
      const sentIn = world.channel?.continuity ?? -1
      changeOps(world, () =>
        world.mutations.push({
          key,
          op,
          state: 'pending',
          confirmed: undefined,
          at: undefined,
          isOld: false,
          sentIn,
          heardBy: new Set(),
        }),
      )
    },
  ],
  [
    6,
    (world) => {
      const mutation = world.mutations.find(({ at, state }) => at === undefined && state === 'pending')
      if (!mutation || !world.channel?.isLive) return
      mutation.at = happen(world, world.options.hasNames ? mutation.key : `?${mutation.key}`)
    },
  ],
  [6, stepReply],
  [
    2,
    (world) => {
      const mutation = pick(
        world,
        world.mutations.filter(({ state }) => state === 'pending'),
      )
      if (mutation)
        changeOps(world, () => {
          mutation.state = 'failed'
        })
    },
  ],
  [
    2,
    (world) => {
      const mutation = pick(
        world,
        world.mutations.filter(({ state }) => state === 'failed'),
      )
      if (mutation)
        changeOps(world, () => {
          mutation.state = 'over'
        })
    },
  ],
]

/** TanStack asks, where the data is not fresh. */
function mount(world: World, query: Query): void {
  query.observers++
  tell(world, query, () => ({ type: 'used' }))
  const { channel, state } = query
  const isFresh = channel && isContinuous(state) && (channel.isLive || channel.sessions === 0)
  if (query.data === undefined || !isFresh) beginFetch(world, query)
  if (query.channel?.isLive) ask(world, query)
}

function stepReply(world: World): void {
  const { channel, mutations, history, options } = world
  const mutation = mutations.find(({ at, state }) => at !== undefined && state === 'pending')
  if (!mutation || !options.hasNames || !channel?.isLive) return
  const { at = 0, key } = mutation
  // Without numbers the reply and the event come next to each other, on one socket.
  if (!options.isNumbered && !mutation.isOld && channel.told !== at && channel.told !== at - 1)
    mutation.isOld = true
  if (history.some((each) => each.at > at && each.at <= channel.told && each.key === key))
    mutation.isOld = true
  reply(world, mutation)
}

function cancelFetch(world: World, query: Query, data: unknown): void {
  if (!query.fetch && data === query.data) return
  query.fetch = undefined
  overwrite(world, query, data)
}

/** Somebody else signs in. */
function disown(world: World): void {
  const { channel } = world
  if (channel) {
    channel.dropped += channel.log.length
    channel.log = []
    startOver(world, false)
  }
  for (const query of world.queries) tell(world, query, () => ({ type: 'disowned' }))
  for (const { heardBy } of world.mutations) heardBy.clear()
  for (const query of world.queries) {
    cancelFetch(world, query, undefined)
    if (query.observers > 0) beginFetch(world, query)
    if (query.channel?.isLive) ask(world, query)
  }
}

const TOTAL = STEPS_OF.reduce((sum, [weight]) => sum + weight, 0)

function step(world: World): void {
  let left = world.random() * TOTAL
  for (const [weight, act] of STEPS_OF) {
    left -= weight
    if (left < 0) return act(world)
  }
}

/** Whatever is under way comes to its end. */
function end(world: World): void {
  for (const query of world.queries) {
    mount(world, query)
  }
  for (let turn = 0; turn < 40; turn++) {
    stepLive(world, true)
    if (world.channel?.hasGap) {
      world.channel.hasGap = false
      notify(world)
    }
    for (const query of world.queries) if (query.channel?.isLive) ask(world, query)
    for (const asked of each(world, 'asked')) answer(world, asked, world.history.length)
    for (const { query, fetch } of each(world, 'answered')) writeResult(world, query, fetch)
    for (const mutation of world.mutations)
      if (mutation.state === 'pending' && mutation.at === undefined)
        changeOps(world, () => {
          mutation.state = 'failed'
        })
    deliver(world, Number.POSITIVE_INFINITY)
    for (const query of world.queries) {
      if (query.isPaused) tell(world, query, () => ({ type: 'rested' }))
      // An error is on screen until its reader asks again.
      if (query.state.pause === 'for good') beginFetch(world, query)
    }
    const asked = [...world.waiting]
    world.waiting.clear()
    flush(world, asked)
    checkAtRest(world)
  }
}

function checkEnd(world: World): void {
  const { values: expected } = historyUpTo(world.history, world.history.length)
  const sorted = (values: Data['values']) =>
    Object.values(values)
      .toSorted((a, b) => a - b)
      .join()
  for (const { name, data, state } of world.queries) {
    const view = data as Data | undefined
    if (statusOf(state) !== 'live') world.oracle.findings.push(`${name} ends ${statusOf(state)}`)
    if (!view || sorted(view.values) !== sorted(expected))
      world.oracle.findings.push(`${name} ends with ${view && sorted(view.values)}, not ${sorted(expected)}`)
    const keys = shown(world).map((op) => rowOf(op).key)
    if (view?.rows.join() !== keys.join())
      world.oracle.findings.push(`${name} shows ${view?.rows}, not ${keys}`)
  }
}

function run(
  options: Options,
  seed: number,
): { readonly findings: readonly string[]; readonly steps: number; readonly trail: string } {
  const world = createWorld(options, randomOf(seed))
  for (let at = 0; at < LENGTH && world.oracle.findings.length === 0; at++) {
    step(world)
    checkAtRest(world)
  }
  if (world.oracle.findings.length === 0) end(world)
  if (world.oracle.findings.length === 0) checkEnd(world)
  return {
    findings: world.oracle.findings,
    steps: world.steps,
    trail: world.trail.slice(-Number(process.env.MACHINE_TRACE ?? 14)).join('; '),
  }
}

const WORLDS = {
  'numbers, whole data': { isNumbered: true, isPaged: false, hasNames: true },
  'numbers, pages': { isNumbered: true, isPaged: true, hasNames: true },
  'numbers, pages, no names': { isNumbered: true, isPaged: true, hasNames: false },
  'no numbers, whole data': { isNumbered: false, isPaged: false, hasNames: true },
  'no numbers, pages, no names': { isNumbered: false, isPaged: true, hasNames: false },
  'numbers, filtered': { isNumbered: true, isPaged: false, hasNames: true, isFiltered: true },
  'no numbers, filtered': { isNumbered: false, isPaged: false, hasNames: true, isFiltered: true },
} as const satisfies Record<string, Options>

describe('[Q28] random schedules of the machine alone', { timeout: Math.max(120_000, STEPS / 10) }, () => {
  it.each(Object.entries(WORLDS))('%s', (name, options) => {
    const most = STEPS / Object.keys(WORLDS).length
    const failed: { seed: number; findings: readonly string[]; steps: number; trail: string }[] = []
    let steps = 0
    let seed = SEED
    const began = performance.now()
    for (; steps < most && failed.length < 3; seed++) {
      const { findings, steps: more, trail } = run(options, seed)
      steps += more
      if (findings.length > 0) failed.push({ seed, findings: findings.slice(0, 4), steps, trail })
    }
    if (process.env.MACHINE_STEPS)
      console.log(
        `${name}: ${steps} steps, ${seed - SEED} schedules, ${Math.round(steps / ((performance.now() - began) / 1000))} a second`,
      )
    expect(failed).toEqual([])
  })
})
