/** The market as the database has it: five hundred tickers, the orders, and what they come to. */
import type { DatabaseSync } from 'node:sqlite'
import { RequestError } from '../../../src/server/index.ts'
import { Desk, Order, Ticker, withOrder } from '../protocol.ts'

type Tx = Pick<DatabaseSync, 'prepare' | 'exec'>

const HEADS =
  'Alder Birch Cedar Dover Elgin Fjord Grove Haven Inlet Jetty Kestrel Larch Maple North Orchid Pine Quartz River Sable Tundra Umber Vale Willow Yarrow Zephyr'
/** Whoever is called so is in that sector. */
const TAILS: readonly (readonly [string, Ticker['sector']])[] = [
  ['Systems', 'Software'],
  ['Works', 'Industry'],
  ['Group', 'Finance'],
  ['Labs', 'Health'],
  ['Partners', 'Finance'],
  ['Brothers', 'Retail'],
  ['Industries', 'Industry'],
  ['Motors', 'Industry'],
  ['Power', 'Energy'],
  ['Foods', 'Retail'],
  ['Media', 'Media'],
  ['Capital', 'Finance'],
  ['Health', 'Health'],
  ['Steel', 'Materials'],
  ['Oil', 'Energy'],
  ['Trading', 'Finance'],
  ['Freight', 'Industry'],
  ['Textiles', 'Retail'],
  ['Chemical', 'Materials'],
  ['Robotics', 'Software'],
]
const TABLES = `
  CREATE TABLE IF NOT EXISTS tickers (symbol TEXT PRIMARY KEY, sector TEXT, body TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
  CREATE TABLE IF NOT EXISTS desk (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT);
`
/** Of the day before. */
const PAST_ORDERS = 120

const cents = (value: number) => Math.round(value * 100) / 100
const bodyOf = (row?: Record<string, unknown>): unknown => JSON.parse(String(row?.body ?? 'null'))

const listed: readonly Ticker[] = HEADS.split(' ').flatMap((head, at) =>
  TAILS.map(([tail, sector], of) => {
    const open = cents(5 + ((at * 37 + of * 53) % 400) * 1.13)
    const price = { open, low: open, high: open, price: open }
    const symbol = (head.slice(0, 2) + tail.slice(0, 2)).toUpperCase()
    return { symbol, name: `${head} ${tail}`, sector, ...price, volume: 0, held: 0, version: 0 }
  }),
)

/** Where there is nothing yet. */
export function openMarket(tx: Tx): void {
  tx.exec(TABLES)
  if (tx.prepare('SELECT 1 FROM desk').get()) return
  const insert = tx.prepare('INSERT INTO tickers VALUES (?, ?, ?)')
  for (const ticker of listed) insert.run(ticker.symbol, ticker.sector, JSON.stringify(ticker))
  tx.prepare('INSERT INTO desk VALUES (1, ?)').run(JSON.stringify({ orders: 0, turnover: 0 }))
  const yesterday = Date.now() - 86_400_000
  for (let at = 0; at < PAST_ORDERS; at += 1) {
    const { symbol } = listed[(at * 7) % listed.length] as Ticker
    fill(tx, { at: yesterday + at * 60_000, user: at % 2 ? 'alice' : 'bob', symbol, size: 10 + (at % 9) * 5 })
  }
}

export const tickersOf = (tx: Tx, sector: string | null = null) => {
  const rows = tx.prepare('SELECT body FROM tickers WHERE ?1 IS NULL OR sector = ?1').all(sector)
  const counts = tx.prepare('SELECT sector, count(*) AS count FROM tickers GROUP BY sector').all()
  const sectors = Object.fromEntries(counts.map(({ sector, count }) => [sector, count]))
  return { tickers: rows.map((row) => Ticker.parse(bodyOf(row))), total: listed.length, sectors }
}

/** @throws RequestError `not_found` */
export function tickerOf(tx: Tx, symbol: string): Ticker {
  const row = tx.prepare('SELECT body FROM tickers WHERE symbol = ?').get(symbol)
  if (!row) throw new RequestError('not_found', `There is no ${symbol}`)
  return Ticker.parse(bodyOf(row))
}

export const deskOf = (tx: Tx): Desk => Desk.parse(bodyOf(tx.prepare('SELECT body FROM desk').get()))

/** Somebody's price becomes another one, by less than one percent. */
export function movePrice(tx: Tx): Ticker {
  const { symbol } = listed[Math.floor(Math.random() * listed.length)] as Ticker
  const { price, low, high, volume } = tickerOf(tx, symbol)
  const next = Math.max(1, cents(price * (1 + (Math.random() - 0.5) / 60)))
  const traded = volume + Math.ceil(Math.random() * 200)
  return change(tx, symbol, {
    price: next,
    low: Math.min(low, next),
    high: Math.max(high, next),
    volume: traded,
  })
}

export type Placed = Pick<Order, 'at' | 'user' | 'symbol' | 'size'>

/** An order, done: at the price there is. */
export function fill(tx: Tx, placed: Placed): { readonly order: Order; readonly ticker: Ticker } {
  const { held, price } = tickerOf(tx, placed.symbol)
  const body = { ...placed, price }
  const row = tx.prepare('INSERT INTO orders (body) VALUES (?) RETURNING id').get(JSON.stringify(body))
  tx.prepare('UPDATE desk SET body = ?').run(JSON.stringify(withOrder(deskOf(tx), body)))
  return {
    order: { ...body, id: Number(row?.id) },
    ticker: change(tx, placed.symbol, { held: held + placed.size }),
  }
}

/** The newest first; before this one, where it is named. */
export const ordersOf = (tx: Tx, before: number, limit: number): Order[] =>
  tx
    .prepare('SELECT id, body FROM orders WHERE id < ? ORDER BY id DESC LIMIT ?')
    .all(before, limit)
    .map((row) => Order.parse({ ...(bodyOf(row) as object), id: row.id }))

function change(tx: Tx, symbol: string, changes: Partial<Ticker>): Ticker {
  const ticker = tickerOf(tx, symbol)
  const changed = { ...ticker, ...changes, version: ticker.version + 1 }
  tx.prepare('UPDATE tickers SET body = ? WHERE symbol = ?').run(JSON.stringify(changed), symbol)
  return changed
}
