import { createLive, createWebSocketManager, patch, reduce, type } from 'querywire'
import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })
const Trade = z.object({ id: z.number(), price: z.number() })
const Ticker = z.object({ symbol: z.string(), trades: z.array(Trade) })
type Ticker = z.infer<typeof Ticker>

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

const manager = createWebSocketManager({
  url: location.origin.replace(/^http/, 'ws'),
  endpoint: '/ws/',
  protocol,
  tokenManager: { getAccessToken: () => 'alice' },
})
export const live = createLive({ manager })

export const prices = live.list('prices', {
  item: Price,
  id: (price) => price.symbol,
  snapshot: 'get_prices',
  events: { price_changed: patch((event) => event) },
})

const withTrade = (ticker: Ticker, trade: z.infer<typeof Trade>): Ticker => ({
  ...ticker,
  trades: [...ticker.trades, trade].slice(-5),
})

/** The last trades of one symbol, in a channel of its own: it is open while somebody looks. */
export const ticker = live.value('ticker', {
  params: type<{ symbol: string }>(),
  channel: ({ symbol }) => ({ symbol }),
  schema: Ticker,
  snapshot: 'get_ticker',
  events: { traded: reduce(withTrade) },
})
