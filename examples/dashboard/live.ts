/** All that the page knows of the server: what is live, and what changes it. */
import { createLive, createWebSocketManager, entity, insert, reduce, type, upsert } from '../../src/index.ts'
import { filtered } from './filter.ts'
import { here, market, readOrders, server } from './here.ts'
import { Desk, type New, Order, protocol, Ticker, withOrder } from './protocol.ts'

export const live = createLive({ manager: createWebSocketManager({ ...server, protocol }) })
const stock = entity('ticker', { item: Ticker, id: (item) => item.symbol, version: (item) => item.version })
const moves = { ticker_changed: upsert((ticker: Ticker) => ticker) }
const totals = { order_filled: reduce(withOrder) }
export const tickers = live.list('tickers', {
  ...market,
  ...filtered,
  entity: stock,
  id: stock.id,
  snapshot: ({ params: { sector }, request }) => request('get_tickers', { ...here, sector }),
  events: moves,
})
export const ticker = live.value('ticker', {
  ...market,
  params: type<{ symbol: string }>(),
  entity: stock,
  schema: Ticker,
  snapshot: ({ params, request }) => request('get_ticker', { ...here, ...params }),
  events: moves,
})
export const desk = live.value('desk', { ...market, schema: Desk, snapshot: 'get_desk', events: totals })
export const orders = live.timeline('orders', {
  ...market,
  item: Order,
  id: ({ id }) => id,
  order: ({ id }) => [id],
  snapshot: ({ pageParam, limit, signal }) => readOrders({ ...pageParam, limit, signal }),
  events: { order_filled: insert((order) => order) },
})
export const placeOrder = live.mutation('order', {
  ...market,
  request: (one: New, { clientId, request }) => request('order', { ...here, ...one, client_id: clientId }),
  optimistic: ({ symbol, size }) => [stock.patch(symbol, ({ held }) => ({ held: held + size }))],
})
