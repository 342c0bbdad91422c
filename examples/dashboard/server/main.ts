/** `node examples/dashboard/server/main.ts`: a market that moves, in one SQLite file. Former orders are read over HTTP. */
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createLiveServer, RequestError, sqliteStore } from '../../../src/server/index.ts'
import { LIMIT, MARKET, protocol } from '../protocol.ts'
import { deskOf, fill, movePrice, openMarket, ordersOf, tickerOf, tickersOf } from './market.ts'

const { DASHBOARD_PORT = '9002', DASHBOARD_DB = 'dashboard.sqlite', DASHBOARD_RATE = '50' } = process.env
/** Prices change in steps of so many milliseconds. */
const STEP = 100
const PAGE = 100

const store = sqliteStore(DASHBOARD_DB)
// Whoever says who they are may do everything: check a token here, and a right below.
const userOf = (token?: string) => (token ? { id: token, username: token } : null)

const live = createLiveServer({
  protocol,
  store,
  authenticate: userOf,
  channels: { market: ({ key }) => key === MARKET },
  requests: {
    get_tickers: ({ data: { sector }, read }) => read((tx) => tickersOf(tx, sector)),
    get_ticker: ({ data: { symbol }, read }) => read((tx) => tickerOf(tx, symbol)),
    get_desk: ({ read }) => read(deskOf),
    order: ({ user, data: { symbol, size }, transaction, publish }) =>
      transaction((tx) => {
        const { held } = tickerOf(tx, symbol)
        if (size === 0) throw new RequestError('invalid', 'An order of nothing')
        if (held + size < 0) throw new RequestError('forbidden', `The desk has only ${held} ${symbol}`)
        if (held + size > LIMIT)
          throw new RequestError('forbidden', `The desk may hold ${LIMIT} ${symbol} at most`)
        const { order, ticker } = fill(tx, { at: Date.now(), user: user.username, symbol, size })
        publish('ticker_changed', ticker)
        publish('order_filled', order)
        return ticker
      }),
  },
})
await live.transaction(({ tx }) => openMarket(tx))

/** How many prices change in a second; and of those that are due, what is no whole one. */
let [rate, rest] = [Number(DASHBOARD_RATE), 0]
async function step(): Promise<void> {
  const due = rest + (rate * STEP) / 1_000
  rest = due % 1
  if (due < 1) return
  await live.transaction(({ tx, publish }) => {
    for (let count = Math.floor(due); count > 0; count -= 1) publish('ticker_changed', movePrice(tx), MARKET)
  })
}

type Answer = readonly [status: number, body: unknown]

/** `GET /orders?before=17&limit=20` and `/rate`, where `PUT /rate?rate=50` makes another one, with a token. */
async function answer({ url = '/', method, headers }: IncomingMessage): Promise<Answer> {
  if (method === 'OPTIONS') return [200, {}]
  if (!userOf(headers.authorization?.replace(/^Bearer /, ''))) return [401, { message: 'Who are you?' }]
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  if (pathname === '/rate') return method === 'PUT' ? putRate(searchParams.get('rate')) : [200, rate]
  if (pathname !== '/orders') return [404, { message: 'There are /orders and /rate' }]
  const before = Number(searchParams.get('before') || Number.MAX_SAFE_INTEGER)
  const limit = Number(searchParams.get('limit') ?? PAGE)
  if (!(Number.isSafeInteger(before) && limit >= 1 && limit <= PAGE))
    return [400, { message: 'No such page' }]
  const { result } = await store.snapshot([], (tx) => ordersOf(tx, before, Math.floor(limit)))
  return [200, result]
}

function putRate(text: string | null): Answer {
  const next = Number(text || Number.NaN)
  if (!(next >= 0 && next <= 2_000)) return [400, { message: 'No such rate' }]
  rate = next
  return [200, rate]
}

const http = createServer((request, response) => {
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization',
    'access-control-allow-methods': 'GET, PUT',
  }
  answer(request)
    .catch((error: unknown): Answer => [500, { message: String(error) }])
    .then(([status, body]) => response.writeHead(status, headers).end(JSON.stringify(body)))
    .catch(console.error)
})
await live.attach(http)
http.listen(Number(DASHBOARD_PORT), '127.0.0.1', () => console.log(JSON.stringify(http.address())))
process.once('SIGTERM', () => live.close({ graceMs: 1_000 }).finally(() => process.exit()))
for (;;) {
  await step().catch(console.error)
  await setTimeout(STEP)
}
