/** One item in a list, a filtered list, a timeline and a detail, each with a channel of its own. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import {
  createLive,
  entity,
  insert,
  patch,
  remove,
  type TimelineData,
  type,
  upsert,
} from '../../../src/query/index.ts'
import { createFakePort } from './fakePort.ts'

export interface Ticker {
  readonly symbol: string
  readonly price: number
  readonly version: number
  readonly note?: string
}

export interface Row {
  readonly symbol: string
  readonly price: number
  readonly version: number
}

export const row = (symbol: string, version: number, price = version): Ticker => ({ symbol, price, version })

interface Market {
  readonly market: string
}

const itemSchema = type<Ticker>()

export function defineTickers(port: Parameters<typeof createLive>[0]['manager']['port']) {
  const live = createLive({ manager: { port } })
  const ticker = entity('ticker', {
    item: itemSchema,
    id: ({ symbol }) => symbol,
    version: ({ version }) => version,
  })
  const common = {
    entity: ticker,
    item: itemSchema,
    id: (item: Ticker) => item.symbol,
    events: {
      placed: insert((event: unknown) => event as Ticker),
      updated: upsert((event: unknown) => event as Ticker),
      changed: patch<unknown, Ticker>((event: unknown) => event as Partial<Ticker>),
      gone: remove((event: unknown) => event as string),
    },
  }
  const ofMarket = { params: type<Market>(), channel: ({ market }: Market) => ({ market }) }
  return {
    live,
    ticker,
    list: live.list('list', { ...common, ...ofMarket, snapshot: 'get_list' }),
    dear: live.list('dear', {
      ...common,
      ...ofMarket,
      channel: ({ market }: Market) => ({ market, of: 'dear' }),
      snapshot: 'get_dear',
      where: ({ price }) => price >= 10,
      belongs: ({ symbol }, { market }) => symbol.startsWith(market),
    }),
    /** Of another schema: some of the fields. */
    narrow: live.list('narrow', {
      ...ofMarket,
      channel: ({ market }: Market) => ({ market, of: 'narrow' }),
      entity: ticker,
      item: type<Row>(),
      id: (item) => item.symbol,
      snapshot: 'get_narrow',
      events: { ticked: upsert((event: unknown) => event as Row) },
    }),
    audit: live.timeline('audit', {
      ...common,
      ...ofMarket,
      channel: ({ market }: Market) => ({ market, of: 'audit' }),
      snapshot: 'get_audit',
      order: ({ symbol }) => [symbol],
      pageSize: 3,
    }),
    detail: live.value('detail', {
      entity: ticker,
      schema: itemSchema,
      params: type<{ readonly symbol: string }>(),
      channel: ({ symbol }) => ({ symbol }),
      snapshot: 'get_detail',
      events: {
        updated: upsert((event: unknown) => event as Ticker),
        changed: patch((event: unknown) => event as Partial<Ticker>),
        gone: remove((event: unknown) => event as string),
      },
    }),
  }
}

type Channel = Readonly<Record<string, string>>

export function createTickers() {
  const fake = createFakePort()
  const defined = defineTickers(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const stops = [defined.live.connect(queryClient)]
  const settle = async () => {
    await fake.settle()
    fake.frame()
    await fake.settle()
  }
  const isLive = new Set<unknown>()
  const goLive = () => {
    for (const channel of fake.openChannels()) {
      if (isLive.has(channel)) continue
      isLive.add(channel)
      channel.listener.onSignal({ type: 'live', resumed: false, cursor: undefined })
    }
  }
  return {
    ...defined,
    fake,
    queryClient,
    settle,
    goLive,
    /** Observed, with its first snapshot. */
    async open(options: object, answer?: unknown) {
      const isPaged = 'initialPageParam' in options
      const Observer = (isPaged ? InfiniteQueryObserver : QueryObserver) as typeof QueryObserver
      const observer = new Observer<unknown>(queryClient, options as never)
      const shown: unknown[] = []
      const read = () => {
        const { data } = observer.getCurrentResult()
        return isPaged
          ? (data as TimelineData<Ticker> | undefined)?.pages.toReversed().flatMap(({ items }) => items)
          : data
      }
      const stop = observer.subscribe(() => void shown.push(read()))
      stops.push(stop)
      await fake.settle()
      goLive()
      await fake.settle()
      if (answer !== undefined) {
        fake.requests.at(-1)?.resolve(answer)
        await settle()
      }
      return { read: read as () => never, shown, stop, observer }
    },
    async emit(key: Channel, ...events: readonly (readonly [type: string, payload: unknown])[]) {
      const channel = fake.openChannels().find(({ spec }) => JSON.stringify(spec.key) === JSON.stringify(key))
      if (!channel) throw new Error('no such channel')
      channel.listener.onSignal({
        type: 'events',
        events: events.map(([type, payload]) => ({ type, payload })),
      })
      await settle()
    },
    async reply(answer: unknown, at = fake.requests.length - 1) {
      fake.requests[at]?.resolve(answer)
      await settle()
    },
    asked: () => fake.requests.map(({ type }) => type),
    stop() {
      for (const stop of stops.toReversed()) stop()
      queryClient.clear()
    },
  }
}
