/**
 * [Q59] on back ends that number nothing: channels that are not in step, snapshots of any age, partial changes, filters,
 * removals, optimistic patches, holes. What an item looks like follows from its version, so that a mixture of two shows.
 */
import { notifyManager } from '@tanstack/react-query'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/testing/server/random.ts'
import { createTickers, type Ticker } from './support/tickers.ts'

const SCHEDULES = Number(process.env.ENTITY_SCHEDULES ?? 300)
const SEED = Number(process.env.ENTITY_SEED ?? 1)
const SYMBOLS = ['US1', 'US2', 'EU1']
const OPTIMISTIC = 0.5

beforeAll(() => notifyManager.setScheduler((callback) => queueMicrotask(callback)))
afterAll(() => notifyManager.setScheduler((callback) => setTimeout(callback, 0)))

/** Two fields that change in turn: an event with one of them is wrong over anything but the version before. */
const at = (symbol: string, version: number): Ticker => ({
  symbol,
  version,
  price: Math.floor((version + 1) / 2) * 7,
  note: `${Math.floor(version / 2)}`,
})

const changeTo = (symbol: string, version: number): Partial<Ticker> => {
  const { price, note } = at(symbol, version)
  return version % 2 === 1 ? { symbol, version, price } : { symbol, version, note: note as string }
}

type World = ReturnType<typeof createTickers>

interface Target {
  readonly name: string
  readonly key: Readonly<Record<string, string>>
  readonly options: { readonly queryKey: readonly unknown[] }
  readonly holds: (symbol: string) => boolean
  /** Events of its channel that have happened, and not arrived. */
  readonly waiting: (readonly [string, unknown])[]
  opened: Awaited<ReturnType<World['open']>> | undefined
}

function targetsOf({ list, dear, audit, detail }: World): Target[] {
  const US = { market: 'US' }
  const target = (given: Pick<Target, 'name' | 'key' | 'options'>, holds: Target['holds'] = () => true) => ({
    ...given,
    holds,
    waiting: [],
    opened: undefined,
  })
  return [
    target({ name: 'list', key: US, options: list(US) }),
    target({ name: 'other', key: { market: 'EU' }, options: list({ market: 'EU' }) }),
    target({ name: 'dear', key: { ...US, of: 'dear' }, options: dear(US) }, (symbol) =>
      symbol.startsWith('US'),
    ),
    target({ name: 'audit', key: { ...US, of: 'audit' }, options: audit(US) }),
    target(
      { name: 'detail', key: { symbol: 'US1' }, options: detail({ symbol: 'US1' }) },
      (symbol) => symbol === 'US1',
    ),
  ]
}

const itemsIn = (data: unknown): Ticker[] => (data === undefined ? [] : [data].flat()) as Ticker[]

async function runOne(seed: number): Promise<string[]> {
  const random = createRandom(seed)
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  const world = createTickers()
  const targets = targetsOf(world)
  const now = new Map(SYMBOLS.map((symbol) => [symbol, 1]))
  const holder = {}
  const findings: string[] = []
  const seen = new Map<string, number>()
  let isHeld = false

  const look = (target: Target) => {
    for (const item of itemsIn(target.opened?.read())) {
      const { symbol, version } = item
      const name = `${target.name} ${symbol}`
      const before = seen.get(name) ?? 0
      if (version < before) findings.push(`${name}: ${version} after ${before}`)
      seen.set(name, Math.max(version, before))
      // Until its snapshot is there, it may lack what happened in a hole.
      if (world.live.status(world.queryClient, target.options.queryKey).status !== 'live') continue
      const right = at(symbol, version)
      const price = isHeld ? right.price + OPTIMISTIC : right.price
      if (item.price !== price || item.note !== right.note)
        findings.push(`${name}: ${JSON.stringify(item)} for ${JSON.stringify({ ...right, price })}`)
    }
  }
  const answer = (age: number) => {
    for (const [index, { type, resolve }] of world.fake.requests.entries()) {
      if (answered.has(index)) continue
      answered.add(index)
      const rows = SYMBOLS.map((symbol) => at(symbol, Math.max(1, (now.get(symbol) ?? 1) - age)))
      if (type === 'get_detail') resolve(rows[0])
      else if (type === 'get_dear')
        resolve(rows.filter(({ symbol, price }) => symbol.startsWith('US') && price >= 10))
      else resolve(type === 'get_audit' ? { items: rows, has_older: false } : rows)
    }
  }
  const answered = new Set<number>()
  const deliver = (target: Target) => {
    const events = target.waiting.splice(0, 1 + Math.floor(random() * 3))
    const channel = world.fake
      .openChannels()
      .find(({ spec }) => JSON.stringify(spec.key) === JSON.stringify(target.key))
    channel?.listener.onSignal({
      type: 'events',
      events: events.map(([type, payload]) => ({ type, payload })),
    })
  }
  const happen = () => {
    const symbol = pick(SYMBOLS)
    const version = (now.get(symbol) ?? 1) + 1
    now.set(symbol, version)
    const isWhole = random() < 0.4
    const event = isWhole
      ? (['updated', at(symbol, version)] as const)
      : (['changed', changeTo(symbol, version)] as const)
    for (const target of targets) if (target.holds(symbol)) target.waiting.push(event)
  }
  const acts: readonly (() => unknown)[] = [
    happen,
    happen,
    happen,
    () => deliver(pick(targets)),
    () => deliver(pick(targets)),
    () => deliver(pick(targets)),
    async () => {
      const target = pick(targets)
      if (target.opened) return
      // Only what is asked for from now on is told by its channel.
      target.waiting.length = 0
      target.opened = await world.open(target.options)
      answer(0)
    },
    () => {
      isHeld = !isHeld
      world.live.hold(
        world.queryClient,
        holder,
        isHeld
          ? SYMBOLS.map((symbol) =>
              world.ticker.patch(symbol, ({ price }) => ({ price: price + OPTIMISTIC })),
            )
          : [],
      )
    },
    () => {
      // A hole: what was under way is lost, and the next snapshot has it.
      for (const target of targets) target.waiting.length = 0
      world.fake.down()
      world.fake.live()
    },
    () => answer(0),
    () => world.settle(),
    () => world.settle(),
  ]
  for (let step = 0; step < 60 && findings.length === 0; step++) {
    await pick(acts)()
    await world.fake.settle()
    for (const target of targets) look(target)
  }
  for (const target of targets) target.opened ??= await world.open(target.options)
  for (let round = 0; round < 12; round++) {
    answer(0)
    for (const target of targets) deliver(target)
    world.fake.advance(3_000)
    await world.settle()
    for (const target of targets) look(target)
  }
  for (const target of targets) {
    const shown = itemsIn(target.opened?.read())
    for (const symbol of SYMBOLS) {
      const right = at(symbol, now.get(symbol) ?? 1)
      const item = shown.find((each) => each.symbol === symbol)
      const isThere =
        target.holds(symbol) && (target.name !== 'dear' || right.price + (isHeld ? OPTIMISTIC : 0) >= 10)
      if (isThere !== (item !== undefined))
        findings.push(`${target.name} ${symbol}: ${isThere ? 'lost' : 'a ghost'}`)
      else if (item && item.version !== right.version)
        findings.push(`${target.name} ${symbol}: ${item.version} for ${right.version}`)
    }
  }
  world.stop()
  await world.fake.settle()
  return findings
}

describe('random schedules without numbers', { timeout: Math.max(120_000, SCHEDULES * 100) }, () => {
  it('[Q59] every query shows the newest version that any was told, whole, and never an older one again', async () => {
    for (let seed = SEED; seed < SEED + SCHEDULES; seed++) {
      const findings = await runOne(seed)
      expect({ seed, findings }).toEqual({ seed, findings: [] })
    }
  })
})
