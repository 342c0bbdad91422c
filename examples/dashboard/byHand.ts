/**
 * The same data by hand: TanStack Query, a WebSocket, and the glue between them, as one writes it who knows both. What it still
 * does not do stands in README.md.
 */
import {
  type InfiniteData,
  infiniteQueryOptions,
  mutationOptions,
  type QueryClient,
  queryOptions,
} from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { type Filter, inOrder, isIn } from './filter.ts'
import { here, readOrders, server } from './here.ts'
import type { Facets } from './page/sources.ts'
import type { Desk, New, Order, Ticker } from './protocol.ts'

type Frame = Readonly<Record<string, unknown>> & { readonly type: string; readonly data?: unknown }
interface Waiting {
  readonly text: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}
interface Snapshot extends Facets {
  readonly tickers: readonly Ticker[]
}

const PAGE = 50
const TIMEOUT = 10_000
const PING = 30_000

let queryClient: QueryClient
let socket: WebSocket | undefined
let status = 'offline'
let losses = 0
let lastHeard = 0
let position: number | undefined
let retry: ReturnType<typeof setTimeout> | undefined
const waiting = new Map<string, Waiting>()
const listeners = new Set<() => void>()
/** What has come since the last frame of the screen. */
const arrived = new Map<string, Ticker>()
let isFlushing = false

function connect(client: QueryClient): () => void {
  queryClient = client
  dial()
  const beat = setInterval(ping, PING)
  addEventListener('online', dial)
  return () => {
    clearInterval(beat)
    clearTimeout(retry)
    removeEventListener('online', dial)
    const old = socket
    socket = undefined
    old?.close()
  }
}

function dial(): void {
  if (socket) return
  const token = server.tokenManager.getAccessToken()
  const dialled = new WebSocket(`${server.url}${server.endpoint}?token=${encodeURIComponent(token)}`)
  socket = dialled
  dialled.onmessage = ({ data }) => {
    lastHeard = Date.now()
    const frames: Frame | Frame[] = JSON.parse(data)
    for (const frame of [frames].flat()) hear(frame)
  }
  dialled.onclose = () => {
    if (socket !== dialled) return
    socket = undefined
    setStatus('offline')
    const wait = Math.min(1_000 * 1.5 ** losses, 15_000) * (0.5 + Math.random())
    losses += 1
    retry = setTimeout(dial, wait)
  }
}

/** A socket that is silent is dead, whatever it says. */
function ping(): void {
  if (socket?.readyState !== WebSocket.OPEN) return
  if (Date.now() - lastHeard > 2 * PING) return socket.close()
  socket.send(JSON.stringify({ type: 'ping', data: { timestamp: Date.now() } }))
}

function hear(frame: Frame): void {
  if (frame.reply_to !== undefined) return settle(frame)
  if (frame.type === 'welcome') return subscribe()
  if (typeof frame.seq !== 'number') return
  // Something is missing: everything is asked for again, at most as often as a request takes.
  if (position !== undefined && frame.seq > position + 1) void queryClient.invalidateQueries()
  if (position !== undefined && frame.seq <= position) return
  position = frame.seq
  if (frame.type === 'ticker_changed') tickerChanged(frame.data as Ticker)
  if (frame.type === 'order_filled') orderFilled(frame.data as Order)
}

function subscribe(): void {
  losses = 0
  position = undefined
  setStatus('catching-up')
  for (const { text } of waiting.values()) socket?.send(text)
  ask('subscribe_market', here)
    .then(() => queryClient.invalidateQueries())
    .then(() => setStatus('live'))
    // The socket went, or the server refused: the next one asks again.
    .catch(() => socket?.close())
}

function ask(type: string, data: object): Promise<unknown> {
  const id = crypto.randomUUID()
  const text = JSON.stringify({ type, data, id, timestamp: new Date().toISOString() })
  const answer = new Promise((resolve, reject) => waiting.set(id, { text, resolve, reject }))
  const timer = setTimeout(() => waiting.get(id)?.reject(new Error(`${type} was not answered`)), TIMEOUT)
  if (socket?.readyState === WebSocket.OPEN) socket.send(text)
  return answer.finally(() => {
    clearTimeout(timer)
    waiting.delete(id)
  })
}

function settle({ reply_to, error, data }: Frame): void {
  const { resolve, reject } = waiting.get(String(reply_to)) ?? {}
  if (error) reject?.(new Error((error as Error).message))
  else resolve?.(data)
}

function setStatus(next: string): void {
  status = next
  for (const listener of listeners) listener()
}

/** Many come in a frame of the screen; each query is written once for all of them. */
function tickerChanged(ticker: Ticker): void {
  arrived.set(ticker.symbol, ticker)
  if (!isFlushing) requestAnimationFrame(flush)
  isFlushing = true
}

function flush(): void {
  const changes = [...arrived.values()]
  arrived.clear()
  isFlushing = false
  for (const ticker of changes) {
    queryClient.setQueryData<Ticker>(['ticker', ticker.symbol], (old) => old && newer(old, ticker))
  }
  for (const { queryKey } of queryClient.getQueryCache().findAll({ queryKey: ['tickers'] })) {
    const filter = queryKey[1] as Filter
    queryClient.setQueryData<Snapshot>(queryKey, (old) => old && withTickers(old, changes, filter))
  }
}

const newer = (old: Ticker | undefined, next: Ticker) => (old && old.version >= next.version ? old : next)

function withTickers(old: Snapshot, changes: readonly Ticker[], filter: Filter): Snapshot {
  const bySymbol = new Map(old.tickers.map((ticker) => [ticker.symbol, ticker]))
  for (const ticker of changes) bySymbol.set(ticker.symbol, newer(bySymbol.get(ticker.symbol), ticker))
  const tickers = [...bySymbol.values()].filter((ticker) => isIn(ticker, filter))
  return { ...old, tickers: tickers.sort((a, b) => inOrder(a, b, filter)) }
}

/** Totals that are added up would be wrong after a fetch that has the order already, or not yet. */
function orderFilled(order: Order): void {
  void queryClient.invalidateQueries({ queryKey: ['desk'] })
  queryClient.setQueryData<InfiniteData<readonly Order[]>>(['orders'], (old) => {
    const [first = [], ...others] = old?.pages ?? []
    if (!old || first.some(({ id }) => id === order.id)) return old
    return { ...old, pages: [[order, ...first], ...others] }
  })
}

/** The list, and what its snapshot says beside it, are one query. */
const listed = <Selected>(filter: Filter, select: (snapshot: Snapshot) => Selected) =>
  queryOptions({
    queryKey: ['tickers', filter],
    queryFn: async () => {
      const answer = (await ask('get_tickers', { ...here, sector: filter.sector })) as Snapshot
      // What came meanwhile is newer than the answer, or is not.
      const cached = queryClient.getQueryData<Snapshot>(['tickers', filter])?.tickers ?? []
      return withTickers(answer, cached, filter)
    },
    staleTime: Number.POSITIVE_INFINITY,
    select,
  })

const tickersIn = ({ tickers }: Snapshot) => tickers
const facetsIn = ({ total, sectors }: Snapshot): Facets => ({ total, sectors })
const tickers = (filter: Filter) => listed(filter, tickersIn)
const facets = (filter: Filter) => listed(filter, facetsIn)

const ticker = ({ symbol }: { readonly symbol: string }) =>
  queryOptions({
    queryKey: ['ticker', symbol],
    queryFn: async () => {
      const answer = (await ask('get_ticker', { ...here, symbol })) as Ticker
      return newer(queryClient.getQueryData<Ticker>(['ticker', symbol]), answer)
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

const desk = () =>
  queryOptions({ queryKey: ['desk'], queryFn: async () => (await ask('get_desk', here)) as Desk })

const orders = () =>
  infiniteQueryOptions({
    queryKey: ['orders'],
    queryFn: ({ pageParam, signal }) => readOrders({ ...pageParam, limit: PAGE, signal }),
    initialPageParam: {} as { readonly before?: number },
    getNextPageParam: (page) => (page.length < PAGE ? undefined : { before: page.at(-1)?.id ?? 0 }),
    select: ({ pages }) => pages.flat().reverse(),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Shown at once, and taken back by the same amount: what has come meanwhile stays. */
function hold({ symbol, size }: New): void {
  const more = (ticker: Ticker) =>
    ticker.symbol === symbol ? { ...ticker, held: ticker.held + size } : ticker
  queryClient.setQueryData<Ticker>(['ticker', symbol], (old) => old && more(old))
  queryClient.setQueriesData<Snapshot>(
    { queryKey: ['tickers'] },
    (old) => old && { ...old, tickers: old.tickers.map(more) },
  )
}

const placeOrder = () =>
  mutationOptions({
    mutationKey: ['order'],
    mutationFn: (order: New) => ask('order', { ...here, ...order, client_id: crypto.randomUUID() }),
    onMutate: hold,
    onError: (_error, { symbol, size }) => hold({ symbol, size: -size }),
    onSettled: () => queryClient.invalidateQueries(),
  })

const useStatus = () =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => status,
  )

export const byHand = { connect, useStatus, tickers, facets, ticker, desk, orders, placeOrder }
