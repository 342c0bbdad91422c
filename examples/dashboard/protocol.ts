/** What travels between the dashboard and its server, over the socket and over HTTP; both sides are typed and checked by it. */
import * as z from 'zod'
import { defineProtocol } from '../../src/transport/protocol.ts'

export const SECTORS = [
  'Energy',
  'Finance',
  'Health',
  'Industry',
  'Materials',
  'Media',
  'Retail',
  'Software',
] as const
/** The only channel. */
export const MARKET = 'main'
/** The desk may hold so many of one. */
export const LIMIT = 1_000

/** `held`: how many the desk has. `version` grows with every change, of the price or of what is held. */
export const Ticker = z.object({
  symbol: z.string(),
  name: z.string(),
  sector: z.enum(SECTORS),
  open: z.number(),
  low: z.number(),
  high: z.number(),
  price: z.number(),
  volume: z.number(),
  held: z.int(),
  version: z.int(),
})
export type Ticker = z.infer<typeof Ticker>

/** Done, and never changed again. `size`: how many were bought, or less than 0, sold. */
export const Order = z.object({
  id: z.int(),
  at: z.number(),
  user: z.string(),
  symbol: z.string(),
  size: z.int(),
  price: z.number(),
})
export type Order = z.infer<typeof Order>

/** One that is to be. */
export type New = Pick<Order, 'symbol' | 'size'>

/** All orders ever, together. */
export const Desk = z.object({ orders: z.int(), turnover: z.number() })
export type Desk = z.infer<typeof Desk>

/** What all orders come to, after one more. */
export const withOrder = (desk: Desk, { size, price }: Pick<Order, 'size' | 'price'>): Desk => ({
  ...desk,
  orders: desk.orders + 1,
  turnover: desk.turnover + Math.abs(size) * price,
})

const market = z.string()
const counts = z.record(z.enum(SECTORS), z.int())
export const protocol = defineProtocol({
  events: { ticker_changed: Ticker, order_filled: Order },
  requests: {
    get_tickers: {
      params: z.object({ market, sector: z.enum(SECTORS).optional() }),
      result: z.object({ tickers: z.array(Ticker), total: z.int(), sectors: counts }),
    },
    get_ticker: { params: z.object({ market, symbol: z.string() }), result: Ticker },
    get_desk: { params: z.object({ market }), result: Desk },
    order: {
      params: z.object({
        market,
        symbol: z.string(),
        size: z.int().min(-LIMIT).max(LIMIT),
        client_id: z.string(),
      }),
      result: Ticker,
    },
  },
  channels: {
    key: 'market',
    subscribe: 'subscribe_market',
    unsubscribe: 'unsubscribe_market',
    field: 'markets',
  },
})
