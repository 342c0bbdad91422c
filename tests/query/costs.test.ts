/** What one event costs, where no clock can tell: what is called, how often, and how many bytes it leaves to be collected. */
import { Session } from 'node:inspector/promises'
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TimelinePage } from '../../src/query/index.ts'
import { createLive, insert, patch, type } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

interface Item {
  readonly id: string
  readonly n: number
  readonly rank: number
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
  vi.restoreAllMocks()
})

const itemAt = (n: number, rank = n): Item => ({ id: `i${n}`, n, rank })

/** A timeline that is live, with so many pages loaded. */
async function timelineOf(pageCount: number) {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const items = live.timeline<Item>('items', {
    item: type<Item>(),
    id: ({ id }) => id,
    order: ({ n }) => [n],
    pageSize: 50,
    snapshot: () => new Promise(() => undefined),
    events: { added: insert((event) => event as Item), edited: patch((event) => event as Item) },
  })
  const pages = Array.from({ length: pageCount }, (_, at): TimelinePage<Item> => {
    const first = -(at + 1) * 50
    const edge = at < pageCount - 1 && { hasOlder: true, before: `i${first}`, low: [first] }
    const rows = Array.from({ length: 50 }, (_, place) => itemAt(first + place))
    return { items: rows, hasOlder: false, hasNewer: false, unseen: 0, asOf: 0, ...edge }
  })
  const queryClient = new QueryClient()
  queryClient.setQueryData(items({}).queryKey, { pages, pageParams: pages.map(() => ({})) })
  cleanups.push(live.connect(queryClient))
  const observer = new InfiniteQueryObserver(queryClient, { ...items({}), staleTime: Infinity })
  cleanups.push(observer.subscribe(() => undefined))
  fake.live(true)
  await fake.settle()
  let seq = 0
  const add = async (count: number) => {
    for (let at = 0; at < count; at++) {
      fake.emit({ type: 'added', payload: itemAt(seq), seq: ++seq })
      await Promise.resolve()
      fake.frame()
      await Promise.resolve()
    }
  }
  await add(150)
  const newest = () => observer.getCurrentResult().data?.pages[0]?.items.at(-1)
  /** So many that nothing comes between, a signal each, shown together. */
  const stream = async (count: number) => {
    for (let at = 0; at < count; at++) fake.emit({ type: 'added', payload: itemAt(seq), seq: ++seq })
    fake.frame()
    await fake.settle()
  }
  return { add, stream, newest, observer, count: () => seq }
}

/** Bytes that were allocated meanwhile, whatever has been collected of them; sampled, so within a few percent. */
async function allocatedBy(run: () => Promise<void>): Promise<number> {
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 256,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as never)
  await run()
  const { profile } = await session.post('HeapProfiler.stopSampling')
  session.disconnect()
  const sum = (node: { selfSize: number; children: readonly never[] }): number =>
    node.children.reduce((total, child) => total + sum(child), node.selfSize)
  return sum(profile.head as never)
}

describe('[Q46] the write of a lone event', () => {
  it('hashes no key, and puts nothing into text', async () => {
    const { add, newest, count } = await timelineOf(20)
    const stringify = vi.spyOn(JSON, 'stringify')
    await add(50)
    expect(stringify).not.toHaveBeenCalled()
    stringify.mockRestore()
    expect(newest()?.n).toBe(count() - 1)
  })

  it('leaves as many bytes behind with a thousand pages loaded as with twenty, but for the array of pages', async () => {
    const events = 100
    const bytes: number[] = []
    for (const pageCount of [20, 1_000]) {
      const { add } = await timelineOf(pageCount)
      bytes.push((await allocatedBy(() => add(events))) / events)
    }
    const [few = 0, many = 0] = bytes
    // An array of a thousand pages is 8 kB; TanStack and the fold make a few.
    expect(many - few).toBeLessThan(5 * 8_000)
    // A copy of the newest page, and what TanStack makes of a write: 19 kB in all.
    expect(few).toBeLessThan(30_000)
  })
})

describe('[T66] events one after another', () => {
  it('are one write, and leave a few hundred bytes each behind until then', async () => {
    const { stream, newest, observer, count } = await timelineOf(20)
    for (let round = 0; round < 30; round++) await stream(400)
    let told = 0
    cleanups.push(observer.subscribe(() => told++))
    const bytes = (await allocatedBy(() => stream(400))) / 400
    expect(told).toBeLessThanOrEqual(2)
    expect(newest()?.n).toBe(count() - 1)
    // The item, the event and the signal are the test's own, and most of it: an input of the machine each was 2 kB more.
    expect(bytes).toBeLessThan(2_500)
  })
})

describe('[Q45] a lone change in a sorted list of ten thousand', () => {
  it('compares a few of them, and asks none of the others for its id', async () => {
    const fake = createFakePort()
    const live = createLive({ manager: { port: fake.port } })
    const counter = { compared: 0, named: 0 }
    const list = live.list<Item>('list', {
      item: type<Item>(),
      id({ id }) {
        counter.named++
        return id
      },
      sort(a, b) {
        counter.compared++
        return b.rank - a.rank
      },
      snapshot: async () => Array.from({ length: 10_000 }, (_, at) => itemAt(at)),
      events: { changed: patch((event) => event as Partial<Item>) },
    })
    const queryClient = new QueryClient()
    cleanups.push(live.connect(queryClient))
    const observer = new QueryObserver(queryClient, list())
    cleanups.push(observer.subscribe(() => undefined))
    fake.live()
    await fake.settle()
    const change = async (n: number, rank: number) => {
      fake.emit({ type: 'changed', payload: { id: `i${n}`, rank } })
      await fake.settle()
      fake.frame()
      await fake.settle()
    }
    await change(5_000, 20_000)
    const before = observer.getCurrentResult().data ?? []
    Object.assign(counter, { compared: 0, named: 0 })
    await change(17, 20_001)
    await change(9_000, 3.5)
    expect(counter.compared).toBeLessThanOrEqual(2 * 64)
    expect(counter.named).toBeLessThanOrEqual(2 * 8)
    const after = observer.getCurrentResult().data ?? []
    expect(after).toHaveLength(10_000)
    expect(after.slice(0, 2).map(({ n }) => n)).toEqual([17, 5_000])
    expect(after.every((item, at) => at === 0 || (after[at - 1]?.rank ?? 0) >= item.rank)).toBe(true)
    // All others are the objects that they were.
    const known = new Set(before)
    expect(after.filter((item) => known.has(item))).toHaveLength(9_998)
  })
})
