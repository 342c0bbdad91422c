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
  createLive,
  insert,
  patch,
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
