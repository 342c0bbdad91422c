import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ItemSpec } from '../../src/query/fold/items.ts'
import { foldList } from '../../src/query/fold/list/foldList.ts'
import { createLive, patch, reduce, remove, upsert } from '../../src/query/index.ts'
import { admit, baseline, topOf } from '../../src/query/stream/sequencer.ts'
import type { LiveEvent } from '../../src/transport/port.ts'
import { createFakePort } from './support/fakePort.ts'
import { ODD_THROWS } from './support/oddThrows.ts'

const Row = z.object({ id: z.union([z.string(), z.number()]), name: z.string() }).loose()
type Row = z.infer<typeof Row>
const TEXTLESS = { toString: 1, valueOf: 1 }
const deep = () => {
  let value: unknown = 1
  for (let level = 0; level < 10_000; level++) value = [value]
  return value
}

/** The first change is written at once, the next ones with a frame. */
async function shown(fake: ReturnType<typeof createFakePort>) {
  await fake.settle()
  fake.frame()
  await fake.settle()
}

async function listing() {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const rows = live.list('rows', {
    item: Row,
    id: (row: Row) => row.id,
    snapshot: 'get_rows',
    events: {
      put: upsert((event) => event as Row),
      put_unchecked: upsert((event) => event as Row),
      change: patch((event) => event as Partial<Row>),
      drop: remove((event) => (event as { id: string }).id),
      broken: reduce((_, event) => {
        throw event
      }),
      unread: upsert((event) => {
        throw event
      }),
    },
  })
  const client = new QueryClient()
  live.connect(client)
  const observer = new QueryObserver(client, rows())
  observer.subscribe(() => undefined)
  fake.live()
  await fake.settle()
  fake.requests.at(-1)?.resolve([{ id: 'a', name: 'A' }])
  await fake.settle()
  return { fake, data: () => observer.getCurrentResult().data }
}

it('[C92] what is of other parameters is left out, in snapshots, events and replies, and reported', async () => {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  type Card = { id: string; board?: string }
  const cards = live.list<Card, { board: string }>('cards', {
    item: z.object({ id: z.string() }).loose(),
    id: (card) => card.id,
    belongs: (card, { board }) => card.board === board,
    channel: ({ board }) => ({ board }),
    snapshot: 'get_cards',
    events: { put: upsert((event) => event as Card), change: patch((event) => event as Card) },
  })
  const client = new QueryClient()
  live.connect(client)
  const observer = new QueryObserver(client, cards({ board: 'b1' }))
  observer.subscribe(() => undefined)
  fake.live()
  await fake.settle()
  fake.requests.at(-1)?.resolve([
    { id: 'a', board: 'b1' },
    { id: 'x', board: 'b2' },
  ])
  await fake.settle()
  fake.emit({ type: 'put', payload: { id: 'y', board: 'b2' } })
  fake.emit({ type: 'change', payload: { id: 'a', board: 'b2' } })
  fake.emit({ type: 'put', payload: { id: 'b', board: 'b1' } })
  live.apply([cards.upsert({ board: 'b1' }, { id: 'z', board: 'b2' })])
  await shown(fake)
  expect(observer.getCurrentResult().data?.map(({ id, board }) => `${id} ${board}`)).toEqual(['a b1', 'b b1'])
  expect(fake.reports.filter(({ type }) => type === 'quarantine')).toHaveLength(4)
})

describe('events of a hostile server', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
    '[Q26] no op comes of an event named %s',
    async (name) => {
      const { fake, data } = await listing()
      for (const kind of ['patch', 'insert', 'upsert', 'remove', 'reduce'])
        fake.emit({
          type: name,
          payload: { kind, id: 'a', item: { id: 'b', name: 1 }, fields: { id: 'a', name: 1 } },
        })
      fake.emit({ type: 'put', payload: { id: 'c', name: 'C' } })
      await shown(fake)
      expect(data()).toEqual([
        { id: 'a', name: 'A' },
        { id: 'c', name: 'C' },
      ])
    },
  )

  it.each<[string, string, unknown]>([
    ['a change that would not fit', 'change', { id: 'a', name: 5 }],
    ['a change of nothing', 'change', { name: 'B' }],
    ['a change of what has no text', 'change', { id: TEXTLESS }],
    ['a removal of what has no text', 'drop', { id: TEXTLESS }],
    ['an item without a text', 'put', { id: TEXTLESS, name: 'B' }],
    ['an item that is nested too deep', 'put', { id: 'b', name: 'B', more: deep() }],
    ['a change that is nested too deep', 'change', { id: 'a', more: deep() }],
    ...ODD_THROWS.flatMap((thrown): [string, string, unknown][] => [
      ['code that throws', 'broken', thrown],
      ['code that throws before there is a change', 'unread', thrown],
    ]),
  ])('[Q26] %s is reported and left out, its neighbours are not', async (_what, name, payload) => {
    const { fake, data } = await listing()
    fake.emit(
      { type: 'put', payload: { id: 'b', name: 'B' } },
      { type: name, payload },
      { type: 'put', payload: { id: 'c', name: 'C' } },
    )
    await shown(fake)
    expect(data()?.map(({ name }) => name)).toEqual(['A', 'B', 'C'])
    expect(fake.reports.filter((report) => 'error' in report)).toHaveLength(1)
  })
})

const spec = (sort?: (a: Row, b: Row) => number): ItemSpec<Row> => ({
  id: ({ id }) => id,
  key: ({ id }) => id,
  order: () => [],
  sort,
  version: () => undefined,
  merge: undefined,
})

/** CPU of one run in milliseconds; the least of several, as the machine may be busy. */
function costOf(run: () => void): number {
  return Math.min(
    ...Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      run()
      return process.cpuUsage(before).user / 1000
    }),
  )
}

describe('costs', () => {
  it('[Q27] 200 000 events that come the wrong way round', () => {
    const event = (seq: number): LiveEvent => ({ type: 'x', payload: seq, seq })
    const order = { cursor: { seq: 0 }, held: new Map<number, LiveEvent>() }
    const events = Array.from({ length: 200_000 }, (_, at) => event(200_000 - at))
    expect(admit(order, events)).toHaveLength(200_000)
    const held = new Map(events.map((each) => [each.seq ?? 0, each]))
    expect(topOf({ cursor: undefined, held })).toBe(200_000)
    expect(baseline({ cursor: undefined, held }, undefined)).toHaveLength(200_000)
  })

  it.each([
    ['in order of the server', undefined],
    ['sorted', (a: Row, b: Row) => (a.name < b.name ? -1 : Number(a.name > b.name))],
    ['sorted, all of them equal', () => 0],
  ])('[Q27] removed and back again, over and over, %s: the cost grows with the number', (_what, sort) => {
    const run = (count: number) => {
      const rows = Array.from({ length: count }, (_, id): Row => ({ id, name: String(id).padStart(9, '0') }))
      const ops = rows.flatMap((item) => [
        { op: { kind: 'remove', id: item.id } as const, seq: undefined },
        { op: { kind: 'upsert', item } as const, seq: undefined },
        { op: { kind: 'patch', fields: { id: item.id, more: 1 } } as const, seq: undefined },
      ])
      return () => expect(foldList(spec(sort), rows, ops)).toHaveLength(count)
    }
    run(2_000)()
    const few = costOf(run(2_000))
    expect(costOf(run(16_000))).toBeLessThan(40 * Math.max(few, 1))
  })
})
