/** Lists that hold some of what there is, or a part of it, and what their snapshots say beside it. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ItemSpec } from '../../src/query/fold/items.ts'
import { foldList } from '../../src/query/fold/list/foldList.ts'
import { isLacking } from '../../src/query/fold/list/lacking.ts'
import type { Op } from '../../src/query/fold/op.ts'
import { insert, type ListOptions, meta, patch, remove, type, upsert } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom } from './support/room.ts'

interface Order {
  readonly id: number
  readonly price: number
  readonly status: 'open' | 'done'
}
interface Params {
  readonly over: number
}
type Options = ListOptions<Params, Record<string, unknown>, Order>

const order = (id: number, price: number, status: Order['status'] = 'open'): Order => ({ id, price, status })

let fake: ReturnType<typeof createFakePort>
let queryClient: QueryClient
let live: ReturnType<typeof defineRoom>['live']
let isUp = false
const cleanups: (() => void)[] = []

beforeEach(() => {
  fake = createFakePort()
  isUp = false
  live = defineRoom(fake.port).live
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(live.connect(queryClient))
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

const define = (more: Partial<Options>) =>
  live.list('orders', {
    params: type<Params>(),
    item: type<Order>(),
    id: (each) => each.id,
    snapshot: 'get_orders',
    events: {
      placed: insert((event) => event as Order),
      updated: upsert((event) => event as Order),
      changed: patch((event) => event as Order),
      gone: remove((event) => event as number),
    },
    ...more,
  })

/** Observed, with its first snapshot. */
async function open(options: { readonly queryKey: readonly unknown[] }, answer: unknown) {
  const observer = new QueryObserver<readonly Order[]>(queryClient, options as never)
  cleanups.push(observer.subscribe(() => undefined))
  if (!isUp) fake.live()
  isUp = true
  await fake.settle()
  await reply(answer)
  return {
    ids: () => observer.getCurrentResult().data?.map(({ id }) => id),
    rows: () => observer.getCurrentResult().data,
    error: () => observer.getCurrentResult().error,
  }
}

async function reply(answer: unknown, at = fake.requests.length - 1) {
  fake.requests[at]?.resolve(answer)
  await fake.settle()
}

async function emit(...events: readonly (readonly [type: string, payload: unknown])[]) {
  fake.emit(...events.map(([type, payload]) => ({ type, payload })))
  await fake.settle()
  fake.frame()
  await fake.settle()
}

const asked = () => fake.requests.length
const reported = () =>
  fake.reports.map((entry) => String((entry as unknown as { error?: Error }).error?.message))

describe('[Q54] a filter', () => {
  const where: Options['where'] = ({ price, status }, { over }) => status === 'open' && price > over

  it('lets items in and out as they change, by the parameters of the query', async () => {
    const { ids } = await open(define({ where })({ over: 10 }), [order(1, 20), order(2, 5), order(3, 30)])
    expect(ids()).toEqual([1, 3])
    await emit(['placed', order(4, 11)], ['placed', order(5, 10)])
    expect(ids()).toEqual([1, 3, 4])
    await emit(['changed', { id: 1, price: 7 }], ['updated', order(3, 30, 'done')])
    expect(ids()).toEqual([4])
    await emit(['updated', order(3, 40)], ['gone', 4])
    expect(ids()).toEqual([3])
    expect(asked()).toBe(1)
  })

  it('holds for what is optimistic, and for what others put into the cache', async () => {
    const orders = define({ where })
    const list = orders({ over: 10 })
    const { ids } = await open(list, [order(1, 20)])
    const holder = {}
    live.hold(queryClient, holder, [
      orders.insert({ over: 10 }, order(7, 70)),
      orders.insert({ over: 10 }, order(8, 1)),
    ])
    expect(ids()).toEqual([1, 7])
    live.hold(queryClient, holder, [orders.patch({ over: 10 }, { id: 1, status: 'done' })])
    expect(ids()).toEqual([])
    live.hold(queryClient, holder, [])
    queryClient.setQueryData(list.queryKey, [order(1, 20), order(2, 2)])
    await fake.settle()
    fake.frame()
    await fake.settle()
    await reply([order(1, 20), order(2, 2)])
    expect(ids()).toEqual([1])
  })

  it('that throws costs the item, and says so', async () => {
    const { ids, error } = await open(define({ where: ({ status }) => status.length > 0 })({ over: 0 }), [
      order(1, 1),
      { id: 2, price: 2 },
    ])
    expect([ids(), error()]).toEqual([[1], null])
    expect(reported()).toEqual([expect.stringMatching(/1 of 2 rows left out.*makes `where` throw/)])
    await emit(
      ['placed', { id: 3, price: 3 }],
      ['placed', order(4, 4)],
      ['changed', { id: 1, status: undefined }],
    )
    expect(ids()).toEqual([1, 4])
    expect(reported()).toHaveLength(3)
  })
})

describe('[Q55] a change of what is not in the list', () => {
  const where: Options['where'] = ({ price, status }, { over }) => status === 'open' && price > over

  it('asks for a snapshot where it may let it in, once for many', async () => {
    const { ids } = await open(define({ where })({ over: 10 }), [order(1, 20)])
    await emit(...[2, 3, 4, 5].map((id) => ['changed', { id, price: 50 }] as const))
    expect(asked()).toBe(2)
    // While it is under way there is nothing more to ask for.
    await emit(['changed', { id: 6, price: 60 }])
    expect(asked()).toBe(2)
    await reply([order(1, 20), order(3, 50)])
    expect(ids()).toEqual([1, 3])
    // It came after that one had been asked for.
    await emit()
    expect(asked()).toBe(3)
    await reply([order(1, 20), order(3, 50), order(6, 60)])
    await emit()
    expect([asked(), ids()]).toEqual([3, [1, 3, 6]])
  })

  it('asks for nothing where what it says is enough to keep it out', async () => {
    const { ids } = await open(define({ where: ({ price }, { over }) => price > over })({ over: 10 }), [
      order(1, 20),
    ])
    await emit(['changed', { id: 2, price: 9 }], ['changed', { id: 2, price: 1 }], ['gone', 2])
    expect([asked(), ids()]).toEqual([1, [1]])
    await emit(['changed', { id: 2, status: 'open' }])
    expect(asked()).toBe(2)
  })

  it('is known within one batch, and after it', async () => {
    const { ids } = await open(define({ where })({ over: 10 }), [order(1, 20)])
    await emit(['placed', order(2, 30)], ['changed', { id: 2, price: 40 }], ['changed', { id: 1, price: 30 }])
    expect([asked(), ids()]).toEqual([1, [1, 2]])
    // Out and in again: what it became in between nobody has kept.
    await emit(['changed', { id: 1, price: 1 }], ['changed', { id: 1, price: 99 }])
    expect([asked(), ids()]).toEqual([2, [2]])
    await reply([order(1, 99), order(2, 40)])
    expect(ids()).toEqual([1, 2])
  })

  it.each([
    ['its names', (item: Order) => Object.keys(item).length > 5],
    ['whether it has a field', (item: Order) => 'status' in item && item.status === 'done'],
    ['a copy of it', (item: Order) => ({ ...item }).status === 'done'],
    ['what it is as text', (item: Order) => JSON.stringify(item).includes('done')],
  ])('counts as unknown where the filter looks at %s', async (_what, looks) => {
    await open(define({ where: looks })({ over: 0 }), [order(1, 1, 'done')])
    await emit(['changed', { id: 2, price: 9 }])
    expect(asked()).toBe(2)
  })

  it('is the only thing that a filtered list can miss', () => {
    const ids = fc.integer({ min: 0, max: 6 })
    const prices = fc.integer({ min: 0, max: 4 })
    const statuses = fc.constantFrom<Order['status']>('open', 'done')
    const rows = fc.uniqueArray(fc.record({ id: ids, price: prices, status: statuses }), {
      selector: ({ id }) => id,
    })
    const change = fc.record({ id: ids, price: prices, status: statuses }, { requiredKeys: ['id'] })
    const op = fc.oneof(
      fc
        .record({ id: ids, price: prices, status: statuses })
        .map((item): Op<Order> => ({ kind: 'upsert', item })),
      change.map((fields): Op<Order> => ({ kind: 'patch', fields: fields as Partial<Order> })),
      ids.map((id): Op<Order> => ({ kind: 'remove', id })),
    )
    const all: ItemSpec<Order> = {
      id: ({ id }) => id,
      key: ({ id }) => id,
      order: () => [],
      sort: (a, b) => a.price - b.price || a.id - b.id,
      version: () => undefined,
      merge: undefined,
    }
    const filters = [
      ({ price, status }: Order) => status === 'open' && price > 1,
      ({ price, status }: Order) => price > 1 || status === 'done',
      ({ price }: Order) => price > 1,
      (item: Order) => Object.values(item).includes('open'),
    ]
    let missed = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...filters),
        rows,
        fc.array(op, { maxLength: 6 }),
        (isSome, data, given) => {
          const some = { ...all, where: isSome }
          const ops = given.map((each) => ({ op: each }))
          const held = data.filter(isSome)
          if (isLacking(some, held, ops)) {
            missed++
            return
          }
          const whole = foldList(all, data.slice(), ops).filter(isSome)
          expect(foldList(some, held, ops).toSorted(all.sort)).toEqual(whole.toSorted(all.sort))
        },
      ),
      { numRuns: 3_000 },
    )
    expect(missed).toBeLessThan(2_500)
  })

  it('changes nothing in a list of all', async () => {
    await open(define({})({ over: 0 }), [order(1, 1)])
    await emit(['changed', { id: 2, price: 9 }])
    expect(asked()).toBe(1)
  })
})

describe('[Q56] sorting', () => {
  it('knows the parameters', async () => {
    const orders = define({ sort: (a, b, { over }) => (over < 0 ? b.price - a.price : a.price - b.price) })
    const up = await open(orders({ over: 0 }), [order(1, 3), order(2, 1), order(3, 2)])
    const down = await open(orders({ over: -1 }), [order(1, 3), order(2, 1), order(3, 2)])
    expect([up.ids(), down.ids()]).toEqual([
      [2, 3, 1],
      [1, 3, 2],
    ])
    await emit(['changed', { id: 2, price: 9 }], ['placed', order(4, 5)])
    expect([up.ids(), down.ids()]).toEqual([
      [3, 1, 4, 2],
      [2, 4, 1, 3],
    ])
  })
})

describe('[Q57] a page of a list', () => {
  const sort: Options['sort'] = (a, b) => a.price - b.price

  it('is asked for by offset and limit, each page by itself', async () => {
    const orders = define({ pageSize: 2 })
    const first = await open(orders({ over: 0 }), [order(1, 1), order(2, 2)])
    expect(fake.requests.at(-1)?.data).toEqual({ over: 0, offset: 0, limit: 2 })
    const second = await open(orders({ over: 0 }, { offset: 2, pageSize: 3 }), [order(3, 3)])
    expect(fake.requests.at(-1)?.data).toEqual({ over: 0, offset: 2, limit: 3 })
    expect([first.ids(), second.ids()]).toEqual([[1, 2], [3]])
    await emit(['changed', { id: 3, price: 30 }])
    expect([first.ids(), second.rows(), asked()]).toEqual([[1, 2], [order(3, 30)], 2])
  })

  it('gives a function what it needs', async () => {
    const seen: unknown[] = []
    const snapshot: Options['snapshot'] = async ({ offset, limit }) => {
      seen.push([offset, limit])
      return []
    }
    await open(define({ pageSize: 2, snapshot })({ over: 0 }, { offset: 4 }), [])
    expect(seen).toEqual([[4, 2]])
  })

  it.each([
    ['comes', ['placed', order(9, 9)], 2],
    ['goes', ['gone', 1], 2],
    ['goes elsewhere', ['gone', 77], 2],
    ['moves', ['changed', { id: 1, price: 99 }], 2],
    ['elsewhere may move', ['changed', { id: 77, price: 99 }], 2],
    ['changes where it stands', ['changed', { id: 1, status: 'done' }], 1],
    ['is said again', ['updated', order(1, 1)], 1],
  ] as const)(
    'asks anew only where what it begins with may move: something %s',
    async (_what, event, times) => {
      const { ids } = await open(define({ pageSize: 2, sort })({ over: 0 }), [order(1, 1), order(2, 2)])
      await emit(event)
      expect(asked()).toBe(times)
      // What is not in it has no place in it before the server says so.
      expect(ids()?.includes(9)).toBe(false)
    },
  )
})

describe('[Q58] what a snapshot says beside its items', () => {
  it('is data of its own, as it was said last; the list stays a list', async () => {
    const orders = define({})
    const list = orders({ over: 0 })
    const beside = new QueryObserver(queryClient, meta(list))
    const told: unknown[] = []
    cleanups.push(beside.subscribe(({ data }) => told.push(data)))
    const { ids } = await open(list, { items: [order(1, 1)], total: 5, facets: ['a'], as_of: 3, epoch: 'e' })
    await new Promise((resolve) => setTimeout(resolve))
    expect([ids(), beside.getCurrentResult().data, asked()]).toEqual([[1], { total: 5, facets: ['a'] }, 1])
    fake.down()
    fake.live()
    await emit()
    expect(asked()).toBe(2)
    await reply({ orders: [order(1, 1), order(2, 2)], total: 6 })
    await new Promise((resolve) => setTimeout(resolve))
    expect([ids(), beside.getCurrentResult().data]).toEqual([[1, 2], { total: 6 }])
    expect(told.at(-1)).toEqual({ total: 6 })
  })

  it('is asked for where nobody has wanted to know it before, and is nothing for a bare array', async () => {
    const orders = define({})
    await open(orders({ over: 0 }), { items: [order(1, 1)], total: 5 })
    const asking = queryClient.query(meta(orders({ over: 0 })))
    await fake.settle()
    if (asked() > 1) await reply({ items: [order(1, 1)], total: 7 })
    expect(await asking).toEqual({ total: 7 })
    const bare = queryClient.query(meta(orders({ over: 1 })))
    await fake.settle()
    await reply([order(1, 1)])
    expect(await bare).toEqual({})
  })

  it('is forgotten with the list', async () => {
    const orders = define({})
    const asking = queryClient.query(meta(orders({ over: 0 })))
    await fake.settle()
    fake.live()
    await fake.settle()
    await reply({ items: [], total: 5 })
    await asking
    void live.forget()
    expect(queryClient.getQueryData(meta(orders({ over: 0 })).queryKey)).toBeUndefined()
  })
})
