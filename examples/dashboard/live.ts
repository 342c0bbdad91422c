/** All that the page knows of the server: what is live, and what changes it. */
import { createLive, createWebSocketManager, insert, reduce, type, upsert } from '../../src/index.ts'
import { filtered } from './filter.ts'
import { here, market, readOrders, server } from './here.ts'
import { Desk, type New, Order, protocol, Ticker, withOrder } from './protocol.ts'

export const live = createLive({ manager: createWebSocketManager({ ...server, protocol }) })
const stock = { ...market, id: ({ symbol }: Ticker) => symbol, version: ({ version }: Ticker) => version }
export const tickers = live.list('tickers', {
  ...stock,
  ...filtered,
  item: Ticker,
  snapshot: ({ params: { sector }, request }) => request('get_tickers', { ...here, sector }),
  events: { ticker_changed: upsert((ticker) => ticker) },
})
export const ticker = live.value('ticker', {
  ...market,
  params: type<{ symbol: string }>(),
  schema: Ticker,
  snapshot: ({ params, request }) => request('get_ticker', { ...here, ...params }),
  events: { ticker_changed: upsert((now, { params }) => (now.symbol === params.symbol ? now : undefined)) },
})
export const desk = live.value('desk', {
  ...market,
  schema: Desk,
  snapshot: 'get_desk',
  events: { order_filled: reduce(withOrder) },
})
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
  request: (order: New, { clientId: client_id, request }) =>
    request('place_order', { ...here, ...order, client_id }),
  optimistic: ({ symbol, size }) => [ticker.patch({ symbol }, {}, ({ held }) => ({ held: held + size }))],
})
