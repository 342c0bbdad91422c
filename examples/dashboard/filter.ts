/** What somebody wants to see of the market, and in which order. Both data layers, and the page, mean the same by it. */
import { type } from '../../src/query/index.ts'
import { type SECTORS, Ticker } from './protocol.ts'

export interface Filter {
  readonly sector?: (typeof SECTORS)[number] | undefined
  /** Those that have moved by so much since the opening, up or down. Percent. */
  readonly moved: number
  readonly by: keyof typeof ORDERS
}

export const moveOf = ({ price, open }: Ticker) => ((price - open) / open) * 100

export const isIn = (ticker: Ticker, { sector, moved }: Filter) =>
  (sector === undefined || ticker.sector === sector) && Math.abs(moveOf(ticker)) >= moved

/** Where nobody has chosen. */
export const EVERYTHING: Filter = { moved: 0, by: 'symbol' }

const bySymbol = (a: Ticker, b: Ticker) => (a.symbol < b.symbol ? -1 : Number(a.symbol > b.symbol))

export const ORDERS = {
  symbol: bySymbol,
  gain: (a: Ticker, b: Ticker) => moveOf(b) - moveOf(a) || bySymbol(a, b),
  loss: (a: Ticker, b: Ticker) => moveOf(a) - moveOf(b) || bySymbol(a, b),
  held: (a: Ticker, b: Ticker) => b.held - a.held || bySymbol(a, b),
} as const

export const inOrder = (a: Ticker, b: Ticker, { by }: Filter) => ORDERS[by](a, b)

/** What a list of tickers says of it. */
export const filtered = { item: Ticker, params: type<Filter>(), where: isIn, sort: inOrder }
