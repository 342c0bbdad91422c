/** One item in many queries: what one of them learns of it, the others show. */
import { MutationObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LiveError } from '../../src/transport/errors.ts'
import { createTickers, row } from './support/tickers.ts'

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

describe('[Q47] an optimistic patch', () => {
  interface Variables {
    readonly symbol: string
  }
  const define = (settles = false) =>
    world.live.mutation<Variables, unknown>('double', {
      request: ({ symbol }, { request }) => request('double', { symbol }),
      optimistic: ({ symbol }) => [world.ticker.patch(symbol, ({ price }) => ({ price: price * 2 }))],
      ...(settles && { settle: (result) => [world.list.upsert(US, result as never)] }),
    })
  const run = async (options: ReturnType<ReturnType<typeof define>>) => {
    const done = new MutationObserver(world.queryClient, options)
      .mutate({ symbol: 'A' })
      .catch(() => 'failed')
    await world.settle()
    return done
  }

  it('lies over the item wherever it is held, and over what it becomes', async () => {
    const { list, audit, detail, open, emit, fake } = world
    const all = [
      await open(list(US), [row('A', 1, 10), row('B', 1, 10)]),
      await open(audit(US), [row('A', 1, 10)]),
      await open(list(EU), [row('B', 1, 10)]),
    ]
    const one = await open(detail({ symbol: 'A' }), row('A', 1, 10))
    const prices = () => [
      all.map(({ read }) => (read() as { price: number }[]).map(({ price }) => price)),
      (one.read() as { price: number }).price,
    ]
    const running = run(define()())
    await world.settle()
    expect(prices()).toEqual([[[20, 10], [20], [10]], 20])
    await emit(US, ['updated', row('A', 2, 30)])
    expect(prices()).toEqual([[[60, 10], [60], [10]], 60])
    fake.live()
    await world.settle()
    fake.requests.at(-1)?.reject(new Error('no'))
    await running
    await world.settle()
    expect(prices()).toEqual([[[30, 10], [30], [10]], 30])
  })
})
