/** A list of five hundred, as a dashboard has it: how much is rendered for what has changed. Counted, not timed. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render, waitFor } from '@testing-library/react'
import { memo } from 'react'
import { afterEach, expect, it } from 'vitest'
import { createLive, entity, type, upsert } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

interface Ticker {
  readonly symbol: string
  readonly price: number
  readonly version: number
}

const symbols = Array.from({ length: 500 }, (_, at) => `T${String(at).padStart(3, '0')}`)
const first = symbols.map((symbol): Ticker => ({ symbol, price: 100, version: 0 }))

afterEach(cleanup)

/** The same every time, and as good as any. */
function createRandom(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

async function mount() {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const ticker = entity('ticker', {
    item: type<Ticker>(),
    id: ({ symbol }) => symbol,
    version: ({ version }) => version,
  })
  const events = { changed: upsert((event: unknown) => event as Ticker) }
  const channel = () => ({ market: 'main' })
  const tickers = live.list('tickers', {
    ...{ channel, events, entity: ticker, item: type<Ticker>(), id: ticker.id },
    params: type<{ readonly over: number }>(),
    where: ({ price }, { over }) => price > over,
    sort: (a, b) => (a.symbol < b.symbol ? -1 : 1),
    snapshot: 'get_tickers',
  })
  const detail = live.value('detail', {
    ...{ channel, events, entity: ticker, schema: type<Ticker>() },
    params: type<{ readonly symbol: string }>(),
    snapshot: 'get_ticker',
  })
  const counts = { list: 0, rows: new Map<string, number>(), detail: 0 }
  const Row = memo(function Row({ item }: { readonly item: Ticker }) {
    counts.rows.set(item.symbol, (counts.rows.get(item.symbol) ?? 0) + 1)
    return <li>{item.price}</li>
  })
  function List() {
    const { data = [] } = useQuery(tickers({ over: 0 }))
    counts.list += 1
    return data.map((item) => <Row key={item.symbol} item={item} />)
  }
  function Detail() {
    const { data } = useQuery(detail({ symbol: 'T007' }))
    counts.detail += 1
    return <p>{data?.price}</p>
  }
  const queryClient = new QueryClient()
  live.connect(queryClient)
  const { container } = render(
    <QueryClientProvider client={queryClient}>
      <List />
      <Detail />
    </QueryClientProvider>,
  )
  await waitFor(() => expect(fake.openChannels()).toHaveLength(1))
  fake.live()
  await waitFor(() => expect(fake.requests).toHaveLength(2))
  for (const { type, resolve } of fake.requests) resolve(type === 'get_tickers' ? first : first[7])
  await waitFor(() => expect(container.querySelectorAll('li')).toHaveLength(500))
  await waitFor(() => expect(container.querySelector('p')?.textContent).toBe('100'))
  return { fake, counts, container }
}

it.each([50, 500])(
  '[Q68] at %i changes a second a row is rendered when it has changed, and no other',
  async (rate) => {
    const { fake, counts, container } = await mount()
    counts.rows.clear()
    Object.assign(counts, { list: 0, detail: 0 })
    const random = createRandom(rate)
    const state = new Map(first.map((ticker) => [ticker.symbol, ticker]))
    let [changed, ofDetail] = [0, 0]
    // As a server of the kit sends them: ten times a second, together.
    for (let turn = 0; turn < 10; turn += 1) {
      const together = Array.from({ length: rate / 10 }, () => {
        const { symbol, price, version } = state.get(symbols[random(500)] as string) as Ticker
        const next = { symbol, price: price + 1 + random(9), version: version + 1 }
        state.set(symbol, next)
        return { type: 'changed', payload: next }
      })
      const names = new Set(together.map(({ payload }) => payload.symbol))
      changed += names.size
      ofDetail += Number(names.has('T007'))
      fake.openChannels()[0]?.listener.onSignal({ type: 'events', events: together })
      await act(async () => {
        fake.frame()
        await fake.settle()
      })
    }
    const prices = () => [...container.querySelectorAll('li')].map(({ textContent }) => Number(textContent))
    await waitFor(() => expect(prices()).toEqual(symbols.map((symbol) => state.get(symbol)?.price)))
    const moved = symbols.filter((symbol) => state.get(symbol)?.version)
    expect([...counts.rows.keys()].toSorted()).toEqual(moved)
    // What comes while a write is due is in that.
    expect([...counts.rows.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(changed)
    // At once where it is quiet, and else once for what comes together.
    expect(counts.list).toBeLessThanOrEqual(10)
    expect(counts.detail).toBeLessThanOrEqual(ofDetail)
  },
)
