/** One item in many queries: what one of them learns of it, the others show. */
import { MutationObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sweep } from '../../src/query/entity/newest.ts'
import type { Change } from '../../src/query/index.ts'
import { LiveError } from '../../src/transport/errors.ts'
import { createTickers, row, type Ticker } from './support/tickers.ts'

let world: ReturnType<typeof createTickers>
beforeEach(() => {
  world = createTickers()
})
afterEach(() => world.stop())

const US = { market: 'US' }
const EU = { market: 'EU' }

describe('[Q59] an event', () => {
  it('reaches every list, timeline and detail that holds the item, at once, and nobody else', async () => {
    const { list, audit, detail, open, emit } = world
    const us = await open(list(US), [row('A', 1), row('B', 1)])
    const eu = await open(list(EU), [row('A', 1), row('C', 1)])
    const history = await open(audit(US), [row('A', 1), row('C', 1)])
    const one = await open(detail({ symbol: 'A' }), row('A', 1))
    const other = await open(detail({ symbol: 'B' }), row('B', 1))
    await emit(US, ['updated', row('A', 2)])
    expect(us.read()).toEqual([row('A', 2), row('B', 1)])
    expect(eu.read()).toEqual([row('A', 2), row('C', 1)])
    expect(history.read()).toEqual([row('A', 2), row('C', 1)])
    expect([one.read(), other.read()]).toEqual([row('A', 2), row('B', 1)])
    await emit({ symbol: 'B' }, ['changed', { symbol: 'B', price: 7, version: 2 }])
    expect([us.read()[1], other.read()]).toEqual([row('B', 2, 7), row('B', 2, 7)])
    await emit({ market: 'US', of: 'audit' }, ['updated', row('C', 3)])
    expect(eu.read()).toEqual([row('A', 2), row('C', 3)])
    expect(world.asked()).toHaveLength(5)
  })

  it('says nothing elsewhere that is no newer, and comes into nothing', async () => {
    const { list, open, emit } = world
    const us = await open(list(US), [row('A', 5)])
    const eu = await open(list(EU), [row('A', 5), row('B', 1)])
    await emit(EU, ['updated', row('A', 4)], ['updated', row('A', 5, 99)], ['placed', row('C', 9)])
    expect(us.read()).toEqual([row('A', 5)])
    expect(eu.read()).toEqual([row('A', 5, 99), row('B', 1), row('C', 9)])
  })

  it('that comes late on its own channel brings nothing back', async () => {
    const { list, open, emit } = world
    const us = await open(list(US), [row('A', 1)])
    const eu = await open(list(EU), [row('A', 1)])
    await emit(EU, ['updated', row('A', 3)])
    await emit(US, ['changed', { symbol: 'A', price: 20, version: 2, note: 'kept' }])
    expect(us.read()).toEqual([row('A', 3)])
    // It is the first to have all of it.
    await emit(US, ['changed', { symbol: 'A', price: 30, version: 3 }])
    expect(us.read()).toEqual([{ ...row('A', 3, 30), note: 'kept' }])
    expect(eu.read()).toEqual([row('A', 3)])
  })

  it('that says some fields is a state only on top of one that lacks nothing', async () => {
    const { list, open, emit, fake } = world
    const us = await open(list(US), [row('A', 1)])
    const eu = await open(list(EU), [row('A', 1)])
    const [channel] = fake.openChannels()
    channel?.listener.onSignal({ type: 'down' })
    channel?.listener.onSignal({ type: 'live', resumed: false, cursor: undefined })
    await emit(US, ['changed', { symbol: 'A', price: 30, version: 3 }])
    expect([us.read(), eu.read()]).toEqual([[row('A', 3, 30)], [row('A', 1)]])
    await world.reply([{ ...row('A', 3, 30), note: 'new' }])
    expect([us.read(), eu.read()]).toEqual(
      Array.from({ length: 2 }, () => [{ ...row('A', 3, 30), note: 'new' }]),
    )
  })

  it('costs a list of the same channel nothing more than itself', async () => {
    const { live, ticker, list, open, emit } = world
    const us = await open(list(US), [row('A', 1), row('B', 1)])
    const again = await open(list({ ...US, page: 2 } as never), [row('A', 1), row('B', 1)])
    await emit(US, ['changed', { symbol: 'A', price: 5, version: 2 }])
    expect(us.read()).toEqual(again.read())
    expect([us.shown.length, again.shown.length]).toEqual([us.shown.length, us.shown.length])
    expect(live.optimistic(world.queryClient, list(US).queryKey)).toEqual([])
    expect(ticker.name).toBe('ticker')
  })

  it('writes all of them in one turn, each once', async () => {
    const { list, detail, open, emit } = world
    const us = await open(list(US), [row('A', 1)])
    const one = await open(detail({ symbol: 'A' }), row('A', 1))
    const counts = [us.shown.length, one.shown.length]
    await emit(US, ['updated', row('A', 2)])
    await new Promise((resolve) => setTimeout(resolve))
    expect([us.shown.length, one.shown.length]).toEqual(counts.map((count) => count + 1))
  })
})

describe('[Q59] a filter', () => {
  it('lets go what no longer matches, and is asked about what has come to match', async () => {
    const { list, dear, open, emit, asked } = world
    await open(list(US), [row('US1', 1, 20), row('US2', 1, 5), row('EU1', 1, 5)])
    const some = await open(dear(US), [row('US1', 1, 20)])
    await emit(US, ['updated', row('US1', 2, 3)])
    expect(some.read()).toEqual([])
    await emit(US, ['updated', row('US1', 3, 30)])
    expect(some.read()).toEqual([row('US1', 3, 30)])
    expect(asked()).toEqual(['get_list', 'get_dear'])
    // Several at once, one question; and none about what is of another market.
    await emit(US, ['updated', row('US2', 2, 50)], ['updated', row('EU1', 2, 50)])
    expect(asked()).toEqual(['get_list', 'get_dear', 'get_dear'])
    await world.reply([row('US1', 3, 30), row('US2', 2, 50)])
    expect(some.read()).toEqual([row('US1', 3, 30), row('US2', 2, 50)])
    await emit(US, ['updated', row('EU1', 3, 60)], ['updated', row('US2', 3, 60)])
    expect(asked()).toHaveLength(3)
  })
})

describe('[Q60] a snapshot', () => {
  it('tells the others what is newer in it', async () => {
    const { list, detail, open } = world
    const us = await open(list(US), [row('A', 7), row('B', 7)])
    await open(detail({ symbol: 'A' }), row('A', 9))
    expect(us.read()).toEqual([row('A', 9), row('B', 7)])
    await open(list(EU), [row('B', 8), row('A', 8)])
    expect(us.read()).toEqual([row('A', 9), row('B', 8)])
  })

  it('that is older puts nothing back, not for a moment', async () => {
    const { list, audit, detail, open } = world
    const one = await open(detail({ symbol: 'A' }), row('A', 9))
    const us = await open(list(US), [row('A', 7), row('B', 7)])
    const history = await open(audit(US), [row('A', 6), row('B', 8)])
    const late = await open(detail({ symbol: 'B' }), row('B', 5))
    await new Promise((resolve) => setTimeout(resolve))
    expect([...us.shown, us.read()].filter(Boolean)).toSatisfy((all: { version: number }[][]) =>
      all.every(([first]) => first?.version === 9),
    )
    expect(history.shown.filter(Boolean)).toSatisfy((all: { version: number }[][]) =>
      all.every(([first]) => first?.version === 9),
    )
    expect(us.read()).toEqual([row('A', 9), row('B', 8)])
    expect([one.read(), late.read()]).toEqual([row('A', 9), row('B', 8)])
  })

  it('outlives whoever brought it', async () => {
    const { list, detail, open, queryClient, emit } = world
    const us = await open(list(US), [row('A', 7)])
    const one = await open(detail({ symbol: 'A' }), row('A', 9))
    one.stop()
    queryClient.removeQueries({ queryKey: detail({ symbol: 'A' }).queryKey })
    expect(us.read()).toEqual([row('A', 9)])
    await emit(US, ['updated', row('A', 8)])
    expect(us.read()).toEqual([row('A', 9)])
    await emit(US, ['updated', row('A', 10)])
    expect(us.read()).toEqual([row('A', 10)])
  })

  it('of another schema says some of the fields', async () => {
    const { narrow, detail, open, emit } = world
    const one = await open(detail({ symbol: 'A' }), { ...row('A', 1), note: 'long' })
    const some = await open(narrow(US), [row('A', 3)])
    expect(one.read()).toEqual({ ...row('A', 3), note: 'long' })
    await emit({ symbol: 'A' }, ['updated', { ...row('A', 4), note: 'other' }])
    expect(some.read()[0]).toMatchObject(row('A', 4))
  })
})

describe('[Q61] a removal', () => {
  it('is of the list that it came to; who else holds the item asks', async () => {
    const { list, detail, open, emit, asked, reply, fake } = world
    const us = await open(list(US), [row('A', 1), row('B', 1)])
    const eu = await open(list(EU), [row('A', 1)])
    const one = await open(detail({ symbol: 'A' }), row('A', 1))
    await emit(US, ['gone', 'A'], ['gone', 'B'])
    expect(us.read()).toEqual([row('B', 1)].slice(1))
    expect(eu.read()).toEqual([row('A', 1)])
    expect(asked().slice(3).toSorted()).toEqual(['get_detail', 'get_list'])
    for (const at of [3, 4]) {
      if (asked()[at] === 'get_list') await reply([], at)
      else fake.requests[at]?.reject(new LiveError('rejected', 'Gone'))
    }
    await world.settle()
    expect(eu.read()).toEqual([])
    // It is its last word, with an error beside it.
    expect([one.read(), one.observer.getCurrentResult().error?.message]).toEqual([row('A', 1), 'Gone'])
    // Nothing that is older brings it back.
    await emit({ symbol: 'A' }, ['updated', row('A', 2)])
    expect([us.read(), eu.read()]).toEqual([[], []])
  })
})

describe('[Q60] a server that begins anew with older versions', () => {
  it('is believed after a hole, by all', async () => {
    const { list, detail, open, emit, fake, settle } = world
    const us = await open(list(US), [row('A', 8), row('B', 8)])
    const one = await open(detail({ symbol: 'A' }), row('A', 8))
    await emit(US, ['updated', row('A', 9)])
    expect(one.read()).toEqual(row('A', 9))
    fake.down()
    fake.live()
    await settle()
    const at = fake.requests.findLastIndex(({ type }) => type === 'get_list')
    const other = fake.requests.findLastIndex(({ type }) => type === 'get_detail')
    fake.requests[at]?.resolve([row('A', 2), row('B', 2)])
    await settle()
    fake.requests[other]?.resolve(row('A', 2))
    await settle()
    await settle()
    expect([us.read(), one.read()]).toEqual([[row('A', 2), row('B', 2)], row('A', 2)])
  })
})

interface Variables {
  readonly symbol: string
}

const double = ({ price }: Ticker) => ({ price: price * 2 })

function defineDouble(settle?: (result: unknown) => readonly Change[]) {
  return world.live.mutation<Variables, unknown>('double', {
    request: ({ symbol }, { request }) => request('double', { symbol }),
    optimistic: ({ symbol }) => [world.ticker.patch(symbol, double)],
    ...(settle && { settle }),
  })
}

/** Begun, and asked for. */
async function begin(options: object, symbol = 'A') {
  const done = new MutationObserver<unknown, Error, Variables>(world.queryClient, options as never)
    .mutate({ symbol })
    .catch(({ message }: Error) => message)
  await world.settle()
  world.goLive()
  await world.settle()
  const at = world.fake.requests.length - 1
  expect(world.fake.requests[at]?.type).toBe('double')
  return {
    done,
    reply: (answer: unknown) => world.reply(answer, at),
    reject: () => world.fake.requests[at]?.reject(new Error('no')),
  }
}

const pricesIn = (data: unknown) => (Array.isArray(data) ? data : [data]).map((item) => item?.price)

/** What was shown of it, less what is the same again. */
const story = ({ shown }: { readonly shown: unknown[] }) =>
  shown.map((data) => pricesIn(data).join()).filter((each, at, all) => each && each !== all[at - 1])

const turn = () => new Promise((resolve) => setTimeout(resolve))

describe('[Q47] an optimistic patch', () => {
  it('lies over the item wherever it is held, and over what it becomes; refused, it is forgotten', async () => {
    const { list, audit, detail, open, emit } = world
    const all = [
      await open(list(US), [row('A', 1, 10), row('B', 1, 10)]),
      await open(audit(US), [row('A', 1, 10)]),
      await open(list(EU), [row('B', 1, 10)]),
      await open(detail({ symbol: 'A' }), row('A', 1, 10)),
    ]
    const prices = () => all.map(({ read }) => pricesIn(read()))
    const { done, reject } = await begin(defineDouble()())
    expect(prices()).toEqual([[20, 10], [20], [10], [20]])
    await emit(US, ['updated', row('A', 2, 30)])
    expect(prices()).toEqual([[60, 10], [60], [10], [60]])
    reject()
    expect(await done).toBe('no')
    await world.settle()
    expect(prices()).toEqual([[30, 10], [30], [10], [30]])
  })

  it('gives way to what the reply says, everywhere in one turn', async () => {
    const { list, detail, open } = world
    const all = [
      await open(list(US), [row('A', 1, 10)]),
      await open(list(EU), [row('A', 1, 10)]),
      await open(detail({ symbol: 'A' }), row('A', 1, 10)),
    ]
    const { done, reply } = await begin(defineDouble((item) => [list.upsert(US, item as Ticker)])())
    await reply(row('A', 2, 21))
    await done
    await world.settle()
    await turn()
    expect(all.map(story)).toEqual(all.map(() => ['10', '20', '21']))
    expect(world.asked().filter((type) => type !== 'double')).toHaveLength(3)
  })

  it('reaches a detail by its reply, also where the list that it names is nowhere', async () => {
    const { list, detail, open } = world
    const one = await open(detail({ symbol: 'A' }), row('A', 1, 10))
    const { done, reply } = await begin(defineDouble((item) => [list.upsert(US, item as Ticker)])())
    await reply(row('A', 2, 21))
    await done
    await turn()
    expect(story(one)).toEqual(['10', '20', '21'])
  })

  it('of which the reply says nothing is taken over where the item is held, and asked for there', async () => {
    const { list, detail, open, asked } = world
    const all = [
      await open(list(US), [row('A', 1, 10)]),
      await open(list(EU), [row('B', 1, 10)]),
      await open(detail({ symbol: 'A' }), row('A', 1, 10)),
    ]
    const { done, reply } = await begin(defineDouble()())
    await reply({})
    await done
    await world.settle()
    expect(all.map(({ read }) => pricesIn(read()))).toEqual([[20], [10], [20]])
    expect(asked().slice(4).toSorted()).toEqual(['get_detail', 'get_list'])
    const at = asked().lastIndexOf('get_detail')
    await world.reply(row('A', 2, 20), at)
    await world.reply([row('A', 2, 20)], at === 4 ? 5 : 4)
    await turn()
    expect(all.map(story)).toEqual([['10', '20'], ['10'], ['10', '20']])
  })

  it('lies over others in the order in which they were begun', async () => {
    const { list, detail, open, live, ticker } = world
    const one = await open(detail({ symbol: 'A' }), row('A', 1, 10))
    await open(list(US), [row('A', 1, 10)])
    const first = await begin(defineDouble()())
    const set = live.mutation<Variables, unknown>('set', {
      request: ({ symbol }, { request }) => request('double', { symbol }),
      optimistic: ({ symbol }) => [list.patch(US, { symbol, price: 7 })],
    })
    const second = await begin(set())
    const third = await begin(
      live.mutation<Variables, unknown>('add', {
        request: ({ symbol }, { request }) => request('double', { symbol }),
        optimistic: ({ symbol }, { status }) =>
          status === 'failed' ? [] : [ticker.patch(symbol, ({ price }) => ({ price: price + 1 }))],
      })(),
    )
    expect(pricesIn(one.read())).toEqual([8])
    world.queryClient
      .getMutationCache()
      .getAll()
      .forEach((mutation) => {
        if (mutation.options.mutationKey?.[1] === 'set') world.queryClient.getMutationCache().remove(mutation)
      })
    await world.settle()
    expect(pricesIn(one.read())).toEqual([21])
    first.reject()
    third.reject()
    await Promise.all([first.done, third.done])
    await world.settle()
    expect(pricesIn(one.read())).toEqual([10])
    expect(second).toBeDefined()
  })

  it('is held, applied over a snapshot that lands later, and goes with who signs out', async () => {
    const { list, open, live, ticker, queryClient } = world
    const holder = {}
    live.hold(queryClient, holder, [ticker.patch('A', double)])
    const us = await open(list(US), [row('A', 1, 10)])
    expect(story(us)).toEqual(['20'])
    live.hold(queryClient, holder, [])
    expect(pricesIn(us.read())).toEqual([10])
  })

  it('that throws is reported and changes nothing', async () => {
    const { list, open, live, ticker, queryClient, fake } = world
    const us = await open(list(US), [row('A', 1, 10)])
    live.hold(queryClient, {}, [
      ticker.patch('A', () => {
        throw new Error('odd')
      }),
    ])
    expect(pricesIn(us.read())).toEqual([10])
    expect(fake.reports).toMatchObject([{ type: 'reducer-error', definition: 'list' }])
  })

  it('of a list shows wherever the item is held, and a filter lets it go', async () => {
    const { list, dear, detail, audit, open, live, queryClient } = world
    const some = await open(dear(US), [row('US1', 1, 20)])
    const one = await open(detail({ symbol: 'US1' }), row('US1', 1, 20))
    const history = await open(audit(US), [row('US1', 1, 20)])
    const holder = {}
    live.hold(queryClient, holder, [list.patch(EU, { symbol: 'US1', price: 2 })])
    expect([some, one, history].map(({ read }) => pricesIn(read()))).toEqual([[], [2], [2]])
    live.hold(queryClient, holder, [list.upsert(EU, row('US1', 1, 3)), list.remove(EU, 'US1')])
    expect([some, one, history].map(({ read }) => pricesIn(read()))).toEqual([[], [3], [3]])
    live.hold(queryClient, holder, [list.upsert(EU, row('US1', 0, 3)), list.insert(EU, row('X', 1))])
    expect([some, one, history].map(({ read }) => pricesIn(read()))).toEqual([[20], [20], [20]])
  })
})

describe('[Q59] what else is told', () => {
  it('by the application is news like an event', async () => {
    const { list, detail, open, live, settle } = world
    const one = await open(detail({ symbol: 'A' }), row('A', 1))
    live.apply([list.upsert(US, row('A', 2)), list.upsert(US, row('A', 1, 99))])
    await settle()
    expect(one.read()).toEqual(row('A', 2))
  })

  it("without a version, or an id, is nobody else's business, and is reported once", async () => {
    const { list, detail, open, emit, fake } = world
    const us = await open(list(US), [row('A', 1)])
    const one = await open(detail({ symbol: 'A' }), row('A', 1))
    for (const version of [undefined, Number.NaN, Infinity, '7'])
      await emit(US, ['updated', { symbol: 'A', price: 5, version }])
    expect([pricesIn(us.read()), one.read()]).toEqual([[5], row('A', 1)])
    expect(fake.reports.map((entry) => String((entry as { error?: Error }).error?.message))).toEqual([
      'An item of "ticker" has no version; select what `version` of the entity returns',
    ])
  })

  it('is forgotten with the user', async () => {
    const { list, detail, open, live, settle, fake } = world
    await open(list(US), [row('A', 9)])
    await open(detail({ symbol: 'A' }), row('A', 9))
    live.forget()
    await settle()
    const us = await open(list(EU), undefined)
    for (const { type, resolve } of fake.requests.slice(2))
      resolve(type === 'get_list' ? [row('A', 1)] : row('A', 1))
    await settle()
    await settle()
    expect(us.read()).toEqual([row('A', 1)])
  })

  it('is forgotten when nobody holds it', () => {
    const newest = new Map(Array.from({ length: 500 }, (_, id) => [String(id), { id, version: 1 } as never]))
    const store = { newest, holders: new Set<never>(), learned: 0, sweepAt: 100 }
    sweep(store)
    expect([newest.size, store.sweepAt]).toEqual([0, 100])
  })
})

describe('[Q59] a value', () => {
  it('takes what is said of its own item, and nothing older', async () => {
    const { detail, open, emit } = world
    const one = await open(detail({ symbol: 'A' }), row('A', 5))
    await emit(
      { symbol: 'A' },
      ['updated', row('B', 9)],
      ['changed', { symbol: 'B', price: 1, version: 9 }],
      ['updated', row('A', 4)],
      ['changed', { price: 3, version: 4 }],
    )
    expect(one.read()).toEqual(row('A', 5))
    await emit({ symbol: 'A' }, ['changed', { price: 6, version: 6 }])
    expect(one.read()).toEqual(row('A', 6))
  })
})
