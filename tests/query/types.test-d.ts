import {
  type InfiniteData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useSuspenseInfiniteQuery,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod/mini'
import {
  append,
  createLive,
  type Entity,
  entity,
  insert,
  type LiveList,
  type LiveTimeline,
  type LiveValue,
  meta,
  NO_HISTORY,
  patch,
  reduce,
  remove,
  rows,
  type TimelinePage,
  type,
  upsert,
} from '../../src/query/index.ts'
import { createWebSocketManager, defineProtocol } from '../../src/transport/index.ts'

const Price = z.object({ symbol: z.string(), price: z.number() })
type Price = z.infer<typeof Price>

const protocol = defineProtocol({
  events: { price_changed: Price, price_gone: z.object({ symbol: z.string() }) },
})
const manager = createWebSocketManager({ url: 'wss://api.example.com', protocol })
const live = createLive({ manager })
const queryClient = new QueryClient()

const prices = live.list('prices', {
  params: type<{ market: string }>(),
  item: Price,
  id: (price) => price.symbol,
  snapshot: 'get_prices',
  events: { price_changed: patch((event) => event), price_gone: remove((event) => event.symbol) },
})
const trades = live.timeline('trades', {
  params: type<{ market: string }>(),
  item: Price,
  id: (trade) => trade.symbol,
  order: (trade) => [trade.price, trade.symbol],
  snapshot: 'get_trades',
  events: { price_changed: insert((event) => event) },
})
const best = live.value('best', {
  schema: Price,
  snapshot: async () => ({ symbol: 'a', price: 1 }),
  events: { price_changed: upsert((event) => event) },
})
const buy = live.mutation<{ symbol: string }, number, { market: string }>('buy', {
  request: async () => 1,
  optimistic: ({ symbol }, { params }) => [prices.patch(params, { symbol, price: 0 })],
})

describe('[Q11] a definition', () => {
  it('types its keys, so that the cache is typed', () => {
    const list = prices({ market: 'x' })
    expectTypeOf(queryClient.getQueryData(list.queryKey)).toEqualTypeOf<readonly Price[] | undefined>()
    expectTypeOf(queryClient.getQueryData(best().queryKey)).toEqualTypeOf<Price | undefined>()
    expectTypeOf(queryClient.getQueryData(trades({ market: 'x' }).queryKey)).toEqualTypeOf<
      InfiniteData<TimelinePage<Price>, unknown> | undefined
    >()
  })

  it('works in every hook', () => {
    const list = prices({ market: 'x' })
    expectTypeOf(() => useQuery(list).data).returns.toEqualTypeOf<readonly Price[] | undefined>()
    expectTypeOf(() => useSuspenseQuery(list).data).returns.toEqualTypeOf<readonly Price[]>()
    expectTypeOf(
      () => useQuery({ ...list, select: (all) => all.map(({ symbol }) => symbol) }).data,
    ).returns.toEqualTypeOf<string[] | undefined>()
    expectTypeOf(() => useQueries({ queries: [list, best()] })[1].data).returns.toEqualTypeOf<
      Price | undefined
    >()
    const pages = trades({ market: 'x' }, { around: 7, pageSize: 20 })
    expectTypeOf(() => useSuspenseInfiniteQuery(pages).data.pages[0]?.items).returns.toEqualTypeOf<
      readonly Price[] | undefined
    >()
    expectTypeOf(() => useInfiniteQuery(pages).data?.pages.length).returns.toEqualTypeOf<number | undefined>()
    expectTypeOf(
      () => useMutation(buy({ market: 'x' })).mutateAsync,
    ).returns.returns.resolves.toEqualTypeOf<number>()
  })

  it('takes its items from the schema, not from events that have only some of their fields', () => {
    const named = live.list('named', {
      item: z.object({ symbol: z.string(), name: z.string() }),
      id: (item) => item.symbol,
      snapshot: 'get_named',
      events: { price_gone: patch((event) => event) },
    })
    expectTypeOf(queryClient.getQueryData(named().queryKey)).toEqualTypeOf<
      readonly { symbol: string; name: string }[] | undefined
    >()
  })

  it('works outside React', () => {
    expectTypeOf(queryClient.query(prices({ market: 'x' }))).resolves.toEqualTypeOf<readonly Price[]>()
    expectTypeOf(
      queryClient.infiniteQuery(trades({ market: 'x' })).then(({ pages }) => pages[0]),
    ).resolves.toEqualTypeOf<TimelinePage<Price> | undefined>()
  })

  it('infers what rows select', () => {
    const { data } = useInfiniteQuery({ ...trades({ market: 'x' }), select: rows })
    expectTypeOf(data).toEqualTypeOf<readonly Price[] | undefined>()
    const { data: pages } = useSuspenseInfiniteQuery(trades({ market: 'x' }))
    expectTypeOf(rows(pages)).toEqualTypeOf<readonly Price[]>()
    expectTypeOf(rows<Price>(undefined)).toEqualTypeOf<readonly Price[]>()
  })

  it('refuses what would never work', () => {
    live.list('a', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 's',
      // @ts-expect-error: the protocol has no such event
      events: { unknown: remove(() => 'a') },
    })
    live.list('b', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 's',
      // @ts-expect-error: the event has no such field
      events: { price_gone: remove((event) => event.id) },
    })
    live.list('g', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 's',
      // @ts-expect-error: a field of the item has another type
      events: { price_gone: patch((event) => ({ symbol: event.symbol, price: 'high' })) },
    })
    // @ts-expect-error: an item has no such field to be identified by
    live.list('c', { item: Price, id: (price) => price.id, snapshot: 's', events: {} })
    // @ts-expect-error: a timeline needs an order
    live.timeline('d', { item: Price, id: (price) => price.symbol, snapshot: 's', events: {} })
    // @ts-expect-error: a value without a snapshot needs something to start from
    live.value('e', { schema: Price, events: {} })
    // @ts-expect-error: the parameter is called market
    prices({ room: 'x' })
    // @ts-expect-error: parameters are not optional where they were declared for a timeline
    trades()
    // @ts-expect-error: fields of the item only
    prices.patch({ market: 'x' }, { symbol: 'a', colour: 'red' })
  })
})

const asked = defineProtocol({
  events: { price_changed: Price, ticked: z.object({ name: z.string(), price: z.number() }) },
  requests: {
    get_prices: { params: z.object({ market: z.string() }), result: z.array(Price) },
    get_page: {
      params: z.object({ market: z.string() }),
      result: z.object({ prices: z.array(Price), total: z.number() }),
    },
    get_total: { params: z.object({}), result: z.object({ total: z.number() }) },
  },
})
const typed = createLive({
  manager: createWebSocketManager({ url: 'wss://api.example.com', protocol: asked }),
})
const item = { item: Price, id: (price: Price) => price.symbol, events: {} }
const Total = z.object({ total: z.number() })

describe('[Q49] the compiler refuses', () => {
  it('a request that the protocol does not declare', () => {
    typed.list('a', { ...item, snapshot: 'get_prices' })
    typed.list('b', { ...item, snapshot: 'get_page' })
    typed.value('c', { schema: Total, snapshot: 'get_total', events: {} })
    // @ts-expect-error: get_prices is meant
    typed.list('d', { ...item, snapshot: 'get_pricez' })
    // @ts-expect-error: get_total is meant
    typed.value('e', { schema: Total, snapshot: 'get_totals', events: {} })
    // @ts-expect-error: get_prices is meant
    typed.timeline('f', { ...item, order: () => [], snapshot: 'get_pricez' })
    // @ts-expect-error: get_prices is meant
    typed.list('g', { ...item, snapshot: ({ request }) => request('get_pricez', { market: 'x' }) })
    // @ts-expect-error: it is asked by its market
    typed.list('h', { ...item, snapshot: ({ request }) => request('get_prices', {}) })
    typed.mutation('i', {
      request: (total: number, { request }) =>
        // @ts-expect-error: get_total is meant
        request('get_totals', { total }),
    })
    // Any, where none are declared.
    live.list('j', { ...item, snapshot: 'get_anything' })
  })

  it('a snapshot of other items, or of none', () => {
    // @ts-expect-error: the result of that request is no list
    typed.list('a', { ...item, snapshot: 'get_total' })
    // @ts-expect-error: other items
    live.list('b', { ...item, snapshot: async () => [{ id: 7 }] })
    // @ts-expect-error: other items, under a name
    live.list('c', { ...item, snapshot: async () => ({ rows: [{ id: 7 }], total: 1 }) })
    // @ts-expect-error: a total is no item
    live.list('d', { ...item, snapshot: async () => ({ total: 5 }) })
    // @ts-expect-error: what is in the response is meant
    live.list('e', { ...item, snapshot: () => fetch('/prices') })
    // @ts-expect-error: nothing is returned
    live.list('f', { ...item, snapshot: async () => {} })
    // @ts-expect-error: what is in the response is meant
    live.timeline('g', { ...item, order: () => [], snapshot: () => fetch('/prices') })
    // @ts-expect-error: other items
    live.timeline('h', { ...item, order: () => [], snapshot: async () => ({ items: [{ id: 7 }] }) })
    // @ts-expect-error: what is in the response is meant
    live.value('i', { schema: Price, snapshot: () => fetch('/best'), events: {} })
    // @ts-expect-error: another value
    live.value('j', { schema: Price, snapshot: async () => ({ total: 5 }), events: {} })
    // @ts-expect-error: the result of that request is another value
    typed.value('k', { schema: Price, snapshot: 'get_total', events: {} })
  })

  it('and takes what may be right', () => {
    live.list('a', { ...item, snapshot: async () => (await fetch('/prices')).json() })
    live.list('b', { ...item, snapshot: ({ request }) => request('get_prices', {}) })
    live.list('c', { ...item, snapshot: async () => [] })
    live.list('d', { ...item, snapshot: async () => ({ prices: [{ symbol: 'a', price: 1 }], total: 1 }) })
    live.timeline('e', { ...item, order: () => [], snapshot: async () => NO_HISTORY })
    live.timeline('f', {
      ...item,
      order: () => [],
      snapshot: async ({ request }) => (await request('get_history', {})) ?? NO_HISTORY,
    })
    live.list('g', {
      ...item,
      item: z.object({ symbol: z.string(), side: z.enum(['buy', 'sell']) }),
      id: ({ symbol }) => symbol,
      snapshot: async () => [{ symbol: 'a', side: 'buy' }],
    })
    live.value('h', { schema: Price, snapshot: async () => (await fetch('/best')).json(), events: {} })
    live.value<{ total: number }, { market: string }>('i', {
      schema: Total,
      snapshot: async ({ params }) => ({ total: params.market.length }),
      events: {},
    })
  })

  it('parameters that are left out', () => {
    const here = { ...item, params: type<{ market: string }>(), snapshot: 'get_prices' }
    const list = live.list('a', here)
    const timeline = live.timeline('b', { ...here, order: () => [] })
    const value = live.value('c', {
      params: type<{ market: string }>(),
      schema: Price,
      snapshot: 'get_best',
      events: {},
    })
    list({ market: 'x' })
    value({ market: 'x' })
    timeline({ market: 'x' }, { pageSize: 20 })
    // @ts-expect-error: of which market?
    list()
    // @ts-expect-error: of which market?
    value()
    // @ts-expect-error: of which market?
    timeline()
    // @ts-expect-error: of which market?
    buy()
    // @ts-expect-error: of which market?
    void buy.start(queryClient, { symbol: 'a' })
    live.list('d', { ...here, params: type<{ market?: string }>() })()
    live.list('e', { ...item, snapshot: 'get_prices' })()
  })

  it('a patch that names no item', () => {
    const named = {
      item: Price,
      id: (price: { readonly symbol: string }) => price.symbol,
      snapshot: 'get_prices',
    }
    const list = typed.list('a', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 'get_prices',
      events: {
        price_changed: patch((event) => event),
        ticked: patch(({ name, price }) => ({ symbol: name, price })),
      },
    })
    typed.list('b', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 'get_prices',
      // @ts-expect-error: of which symbol?
      events: { ticked: patch(({ price }) => ({ price })) },
    })
    typed.timeline('c', {
      item: Price,
      // @ts-expect-error: of which symbol?
      events: { ticked: patch(({ price }) => ({ price })) },
      order: () => [],
      id: ({ symbol }) => symbol,
      snapshot: 'get_prices',
    })
    // @ts-expect-error: of which symbol?
    list.patch({}, { price: 1 })
    list.patch({}, { symbol: 'a', price: 1 })
    // What the id is made of cannot be told here.
    typed.list('d', {
      ...named,
      snapshot: 'get_prices',
      events: { ticked: patch(({ price }) => ({ price })) },
    })
    typed.list('e', {
      ...named,
      snapshot: 'get_prices',
      events: { ticked: patch((event) => event as Partial<Price>) },
    })
    const pair = {
      item: z.object({ a: z.string(), b: z.string(), price: z.number() }),
      snapshot: 'get_pairs',
    }
    live.list('f', {
      ...pair,
      id: ({ a, b }) => `${a}/${b}`,
      events: { price_changed: patch(({ symbol: a }) => ({ a })) },
    })
    live.list('g', {
      ...pair,
      id: ({ a, b }) => a || b,
      events: { price_changed: patch(({ symbol: b }) => ({ b })) },
    })
  })
})

describe('[Q50] reducers know, without a word,', () => {
  it('the parameters of the query', () => {
    typed.list('a', {
      params: type<{ market: string }>(),
      item: Price,
      id: (price) => price.symbol,
      snapshot: 'get_prices',
      events: {
        price_changed: upsert((event, { params }) => {
          expectTypeOf(params).toEqualTypeOf<{ market: string }>()
          return event
        }),
        ticked: remove((event, { params }) => (event.name === params.market ? event.name : undefined)),
      },
    })
    typed.timeline('b', {
      params: type<{ market: string }>(),
      item: Price,
      id: (price) => price.symbol,
      order: (price) => [price.price],
      snapshot: 'get_prices',
      events: {
        price_changed: insert((event, { params }) => ({ ...event, symbol: params.market })),
        // @ts-expect-error: it is called market
        ticked: remove((event, { params }) => (event.name === params.room ? event.name : undefined)),
      },
    })
  })

  it('[Q69] what they reduce, which they do not change', () => {
    typed.list('a', {
      params: type<{ market: string }>(),
      item: Price,
      id: (price) => price.symbol,
      snapshot: 'get_prices',
      events: {
        ticked: reduce((current, event, { params }) => {
          expectTypeOf(current).toEqualTypeOf<readonly Readonly<Price>[]>()
          expectTypeOf(event).toEqualTypeOf<{ name: string; price: number }>()
          expectTypeOf(params.market).toEqualTypeOf<string>()
          return current.filter(({ symbol }) => symbol !== event.name)
        }),
      },
    })
    typed.timeline('b', {
      item: Price,
      id: (price) => price.symbol,
      order: (price) => [price.price],
      snapshot: 'get_prices',
      events: { ticked: reduce((current, event) => current.filter(({ price }) => price > event.price)) },
    })
    typed.value('c', {
      schema: Total,
      snapshot: 'get_total',
      events: { ticked: reduce((current, { price }) => ({ total: current.total + price })) },
    })
    typed.value('e', {
      schema: Total,
      initial: { total: 0 },
      events: {
        ticked: reduce((current, { price }) => {
          // @ts-expect-error: [Q69] what is there is not changed; what it becomes is returned
          current.total = price
          return current
        }),
      },
    })
    typed.list('f', {
      item: Price,
      id: (price) => price.symbol,
      snapshot: 'get_prices',
      events: {
        ticked: reduce((current, { price }) => {
          // @ts-expect-error: [Q69] what is there is not changed; what it becomes is returned
          for (const each of current) each.price = price
          return current
        }),
      },
    })
    typed.value('d', {
      schema: Total,
      initial: { total: 0 },
      // @ts-expect-error: a total is a number
      events: { ticked: reduce(({ total }, { name }) => ({ total: total + name })) },
    })
    live.list('e', {
      ...item,
      snapshot: 'get_prices',
      events: { price_gone: reduce((current: Price[], event) => current.filter((each) => each !== event)) },
    })
  })

  it('and what is made has a short name', () => {
    expectTypeOf(prices).toEqualTypeOf<LiveList<{ market: string }, Price, 'symbol'>>()
    expectTypeOf(trades).toEqualTypeOf<LiveTimeline<{ market: string }, Price, 'symbol'>>()
    expectTypeOf(best).toEqualTypeOf<LiveValue<Readonly<Record<never, never>>, Price>>()
  })
})

describe('[Q58] what a snapshot says beside its items', () => {
  it('is known as far as the snapshot is', () => {
    const paged = typed.list('a', { ...item, snapshot: 'get_page' })
    expectTypeOf(() => useQuery(meta(paged())).data).returns.toEqualTypeOf<{ total: number } | undefined>()
    const made = live.list('b', {
      ...item,
      snapshot: async () => ({ items: [{ symbol: 'a', price: 1 }], facets: ['x'], as_of: 7, epoch: 'e' }),
    })
    expectTypeOf(queryClient.query(meta(made()))).resolves.toEqualTypeOf<{ facets: string[] }>()
    const unknown = live.list('c', { ...item, snapshot: 'get_prices' })
    expectTypeOf(queryClient.query(meta(unknown()))).resolves.toEqualTypeOf<
      Readonly<Record<string, unknown>>
    >()
    expectTypeOf(() => useQuery(paged()).data).returns.toEqualTypeOf<readonly Price[] | undefined>()
    // @ts-expect-error: [Q69] a timeline says nothing beside its items
    meta(trades({ market: 'x' }))
    live.list('text', {
      // @ts-expect-error: [Q69] parameters have names
      params: type<string>(),
      item: Price,
      id: (price) => price.symbol,
      snapshot: 's',
      events: {},
    })
    // @ts-expect-error: it says no such thing
    expectTypeOf(queryClient.query(meta(paged()))).resolves.toHaveProperty('count')
  })
})

describe('[Q54] a filter, [Q56] an order', () => {
  it('know item and parameters', () => {
    live.list('a', {
      ...item,
      params: type<{ over: number }>(),
      snapshot: 'get_prices',
      where: ({ price }, { over }) => price > over,
      sort: (a, b, { over }) => (over > 0 ? a.price - b.price : b.price - a.price),
    })
    live.list('b', {
      ...item,
      snapshot: 'get_prices',
      // @ts-expect-error: an item has no such field
      where: ({ colour }) => colour === 'red',
    })
  })
})

describe('[Q62] a piece of a text', () => {
  const Note = z.object({ id: z.string(), title: z.optional(z.string()), size: z.number() })
  const note = { item: Note, id: ({ id }: z.infer<typeof Note>) => id, snapshot: 's' }

  it('knows its event, and names a field that holds a text', () => {
    live.list('a', {
      ...note,
      events: {
        price_gone: append(
          ({ symbol }) => ({ id: symbol, field: 'title', at: 0, text: symbol }),
          ({ size }) => size > 0,
        ),
      },
    })
    live.list('b', {
      ...note,
      // @ts-expect-error: a number does not grow
      events: { price_gone: append(({ symbol }) => ({ id: symbol, field: 'size', at: 0, text: symbol })) },
    })
    live.list('c', {
      ...note,
      // @ts-expect-error: where it begins is a number
      events: { price_gone: append(({ symbol }) => ({ id: symbol, field: 'title', at: '0', text: symbol })) },
    })
    live.value('d', {
      schema: z.string(),
      initial: '',
      events: { price_gone: append(({ symbol }) => ({ at: 0, text: symbol })) },
    })
  })
})

describe('[Q48] an entity', () => {
  const Ticker = z.object({ symbol: z.string(), price: z.number(), version: z.number() })
  type Ticker = z.infer<typeof Ticker>
  const ticker = entity('ticker', {
    item: Ticker,
    id: ({ symbol }) => symbol,
    version: ({ version }) => version,
  })

  it('knows its items, and the definitions and mutations know it', () => {
    expectTypeOf(ticker).toEqualTypeOf<Entity<Ticker>>()
    const tickers = live.list('a', {
      entity: ticker,
      item: Ticker,
      id: ({ symbol }) => symbol,
      params: type<{ market: string }>(),
      where: ({ price }) => price > 1,
      snapshot: 'get_tickers',
      events: { price_changed: patch((event) => event) },
    })
    expectTypeOf(tickers).toEqualTypeOf<LiveList<{ market: string }, Ticker, 'symbol'>>()
    const detail = live.value('b', { entity: ticker, schema: Ticker, snapshot: 'get_ticker', events: {} })
    expectTypeOf(detail).toEqualTypeOf<LiveValue<Readonly<Record<never, never>>, Ticker>>()
    live.timeline('c', {
      entity: ticker,
      item: z.extend(Ticker, { note: z.string() }),
      id: ({ symbol }) => symbol,
      order: ({ note }) => [note],
      snapshot: 'get_notes',
      events: {},
    })
    live.mutation('d', {
      request: async (symbol: string) => symbol,
      optimistic: (symbol) => [ticker.patch(symbol, ({ price }) => ({ price: price + 1 }))],
    })
  })

  it('needs a version, items of its own, and is optimistic only', () => {
    // @ts-expect-error: which of two states is the newer one?
    entity('a', { item: Ticker, id: ({ symbol }) => symbol })
    // @ts-expect-error: a version is a number
    entity('b', { item: Ticker, id: ({ symbol }) => symbol, version: ({ symbol }) => symbol })
    live.list('c', {
      // @ts-expect-error: these items have no version
      entity: ticker,
      item: Price,
      id: ({ symbol }) => symbol,
      snapshot: 'get_prices',
      events: {},
    })
    live.value('d', {
      // @ts-expect-error: nor has this value
      entity: ticker,
      schema: Price,
      snapshot: 'get_price',
      events: {},
    })
    // @ts-expect-error: it has no such field
    ticker.patch('a', () => ({ colour: 'red' }))
    // @ts-expect-error: a price is a number
    ticker.patch('a', ({ symbol }) => ({ price: symbol }))
    // @ts-expect-error: what is so for good has a version
    live.apply([ticker.patch('a', () => ({ price: 1 }))])
    live.mutation('e', {
      request: async (symbol: string) => symbol,
      // @ts-expect-error: so has what a reply says
      settle: (symbol: string) => [ticker.patch(symbol, () => ({ price: 1 }))],
    })
  })
})
