// The back end: a list of prices that everybody hears of, and for each of them a channel with its last trades.
import { createServer } from 'node:http'
import { createLiveServer, memoryStore } from 'querywire/server'
import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })
const Trade = z.object({ id: z.number(), price: z.number() })
const Ticker = z.object({ symbol: z.string(), trades: z.array(Trade) })
const protocol = defineProtocol({
  events: { price_changed: Price, traded: Trade },
  requests: {
    get_prices: { params: z.object({}), result: z.array(Price) },
    get_ticker: { params: z.object({ symbol: z.string() }), result: Ticker },
  },
  channels: {
    key: 'symbol',
    subscribe: 'subscribe_ticker',
    unsubscribe: 'unsubscribe_ticker',
    field: 'tickers',
  },
})

const market = new Map(['ABC', 'JKL', 'XYZ'].map((symbol) => [symbol, [{ id: 1, price: 100 }]]))
const priceOf = (symbol) => market.get(symbol).at(-1).price

const live = createLiveServer({
  protocol,
  authenticate: (token) => (token ? { id: token, username: token } : null),
  store: memoryStore(),
  channels: { symbol: ({ key }) => market.has(key) },
  requests: {
    get_prices: () => [...market.keys()].map((symbol) => ({ symbol, price: priceOf(symbol) })),
    get_ticker: ({ key, read }) => read(() => ({ symbol: key, trades: market.get(key) })),
  },
})

const http = createServer()
await live.attach(http)
http.listen(Number(process.env.BACKEND_PORT ?? 9000), '127.0.0.1', () =>
  console.log(`Listening on port ${http.address().port}`),
)

let id = 1
setInterval(
  async () => {
    const symbols = [...market.keys()]
    const symbol = symbols[Math.floor(Math.random() * symbols.length)]
    await live.transaction(({ publish }) => {
      id += 1
      const trade = { id, price: priceOf(symbol) + 1 }
      market.set(symbol, [...market.get(symbol), trade].slice(-5))
      publish('traded', trade, symbol)
    })
    live.broadcast('price_changed', { symbol, price: priceOf(symbol) })
  },
  Number(process.env.TICK_MS ?? 1_000),
)
