/** docs/mistakes.md, by what is really said. The mistakes that the compiler finds are in tests/package. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InfiniteQueryObserver, QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query'
import { cleanup, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createChat } from '../../src/chat/index.ts'
import {
  createLive,
  type ListOptions,
  LiveProvider,
  type Op,
  patch,
  reduce,
  type,
  upsert,
  useLiveStatus,
} from '../../src/query/index.ts'
import { createChatServer, createFakeEnvironment, mountOnFakeSockets } from '../../src/testing/index.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/mistakes.md'), 'utf8')
const told = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), /^> (.*)$/m.exec(part)?.[1] ?? ''] as const),
)

const Price = z.object({ symbol: z.string(), price: z.number() })
type Price = z.infer<typeof Price>
interface Params {
  readonly symbols?: readonly string[]
}
type Options = ListOptions<Params, Record<string, unknown>, Price>

let warned: string[] = []
const stops: (() => void)[] = []
beforeEach(() => {
  warned = []
  vi.stubEnv('NODE_ENV', 'development')
  vi.spyOn(console, 'warn').mockImplementation((line) => {
    warned.push(String(line).replace('[querywire] ', ''))
  })
})
afterEach(() => {
  cleanup()
  for (const stop of stops.splice(0).reverse()) stop()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const rows = [{ symbol: 'ABC', price: 1 }]

interface More {
  readonly token?: string | null
  readonly rows?: unknown
  readonly endpoint?: string
}

function open(more: More = {}) {
  const { token = 'alice', endpoint = '/ws/' } = more
  const server = createChatServer({
    users: ['alice'],
    handlers: { get_prices: () => more.rows ?? rows },
  })
  const { environment, clock } = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
  const errors: string[] = []
  const options = {
    url: 'ws://prices.test',
    endpoint,
    tokenManager: { getAccessToken: () => token },
    environment,
    onError: ({ message }: Error) => errors.push(message),
  }
  const manager = createWebSocketManager(options)
  stops.push(() => manager.close())
  const live = createLive({ manager })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  stops.push(() => queryClient.clear())
  const list = (given: Partial<Options> = {}) =>
    live.list('prices', {
      params: type<Params>(),
      item: Price,
      id: (each) => each.symbol,
      snapshot: 'get_prices',
      events: { price_changed: upsert((event) => event as Price) },
      ...given,
    })
  return {
    ...{ server, clock, manager, options, live, queryClient, list, errors },
    async observe(options: object) {
      stops.push(live.connect(queryClient))
      const observer = new QueryObserver(queryClient, options as never)
      stops.push(observer.subscribe(() => undefined))
      await clock.advance(50)
      return observer
    },
    async tell(type: string, payload: unknown) {
      server.broadcast(type, payload)
      await clock.advance(50)
    },
  }
}

type World = ReturnType<typeof open>

/** With one list, and one event of the server. */
const withEvents = async (events: Options['events'], payload: object = { symbol: 'ABC', price: 2 }) => {
  const world = open()
  await world.observe(world.list({ events })())
  await world.tell('price_changed', payload)
  // Once is enough.
  await world.tell('price_changed', payload)
  return world
}

/** Title of a mistake, and what makes it. On the console it is the only thing said, and `onError` hears it too. */
const ON_THE_CONSOLE: Readonly<Record<string, () => Promise<World>>> = {
  async 'An item that its schema leaves out'() {
    const world = open({ rows: [...rows, { symbol: 'XYZ', price: 'high' }] })
    await world.observe(world.list()())
    return world
  },
  'An event that its item cannot take': () =>
    withEvents({ price_changed: upsert((event) => ({ symbol: (event as Price).symbol }) as Price) }),
  'A reducer that throws': () =>
    withEvents({ price_changed: patch((event) => (event as { quote: { fields: Price } }).quote.fields) }),
  'A reducer that is none': () => withEvents({ price_changed: ((event: unknown) => event) as never }),
  'A `reduce` that forgets to return': () => withEvents({ price_changed: reduce(() => undefined as never) }),
  async 'An id that is not one'() {
    const world = open({ rows: [...rows, { symbol: 'XYZ', price: 2 }] })
    await world.observe(world.list({ id: () => 'USD' })())
    return world
  },
  'A patch without an id': () =>
    withEvents({ price_changed: patch((event) => ({ price: (event as Price).price }) as Partial<Price>) }),
  'A patch with another id': () =>
    withEvents({
      price_changed: patch((event) => ({
        ...(event as Price),
        symbol: (event as Price).symbol.toLowerCase(),
      })),
    }),
  'The name of an event, misspelt': () => withEvents({ price_change: patch((event) => event as Price) }),
  async 'A filter that throws'() {
    const world = open()
    const where = ({ symbol }: Price, { symbols }: Params) => (symbols as readonly string[]).includes(symbol)
    await world.observe(world.list({ where })())
    return world
  },
  async 'Another structuralSharing'() {
    const world = open()
    await world.observe({ ...world.list()(), structuralSharing: false })
    await world.tell('price_changed', { symbol: 'ABC', price: 2 })
    return world
  },
  async 'An optimistic change that throws'() {
    const world = open()
    const prices = world.list()
    const buy = world.live.mutation<{ symbol: { name?: { short: string } } }>('buy', {
      request: async () => undefined,
      optimistic: ({ symbol }) => [prices.patch({}, { symbol: (symbol.name as { short: string }).short })],
    })
    await world.observe(prices())
    await buy.start(world.queryClient, { symbol: {} })
    return world
  },
  async 'An optimistic change that is no array'() {
    const world = open()
    const prices = world.list()
    const buy = world.live.mutation<{ symbol: string }>('buy', {
      request: async () => undefined,
      optimistic: ({ symbol }) => prices.patch({}, { symbol, price: 0 }) as never,
    })
    await world.observe(prices())
    await buy.start(world.queryClient, { symbol: 'ABC' })
    return world
  },
  async 'Two managers for one address'() {
    const world = open()
    world.manager.connect()
    await world.clock.advance(50)
    const other = createWebSocketManager(world.options)
    stops.push(() => other.close())
    other.connect()
    await world.clock.advance(50)
    return world
  },
  async 'Nobody is signed in'() {
    const world = open({ token: null })
    world.manager.connect()
    await world.clock.advance(50)
    return world
  },
  async 'An address where nobody is'() {
    const world = open({ endpoint: '/wss/' })
    // As `attach` of the kit, for any path but its own.
    const turnedAway = createFakeEnvironment({
      onSocket: (socket) => {
        socket.accept()
        socket.drop(4003, 'no such address')
      },
    })
    const manager = createWebSocketManager({ ...world.options, environment: turnedAway.environment })
    stops.push(() => manager.close())
    manager.connect()
    await turnedAway.clock.advance(50)
    return world
  },
  async 'A token that the server does not take'() {
    const world = open({ token: 'nobody' })
    world.manager.connect()
    await world.clock.advance(20_000)
    return world
  },
  async 'A chat that talks to no chat server'() {
    const world = open()
    // It takes everything and answers nothing.
    const server = createChatServer({ level: 0, users: ['alice'] })
    const silent = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
    const chat = createChat({ ...world.options, environment: silent.environment })
    stops.push(() => chat.manager.close())
    stops.push(chat.live.connect(world.queryClient))
    const observer = new QueryObserver(world.queryClient, chat.rooms())
    stops.push(observer.subscribe(() => undefined))
    await silent.clock.advance(20_000)
    return world
  },
}

const thrown = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

const AS_AN_ERROR: Readonly<Record<string, () => Promise<string | undefined> | string | undefined>> = {
  async 'A snapshot that is no list'() {
    const world = open({ rows: { total: 5 } })
    return (await world.observe(world.list()())).getCurrentResult().error?.message
  },
  async 'A timeline, read as a query'() {
    const world = open()
    const trades = world.live.timeline('trades', {
      item: Price,
      id: (each) => each.symbol,
      order: (each) => [each.price],
      snapshot: 'get_prices',
      events: {},
    })
    return (await world.observe(trades())).getCurrentResult().error?.message
  },
  'Live data that nobody has connected'() {
    const { list, queryClient } = open()
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const wrapper = ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    )
    const prices = list()()
    return thrown(() => renderHook(() => useLiveStatus(prices), { wrapper }))
  },
  'The providers in the wrong order'() {
    const { live } = open()
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const wrapper = ({ children }: { children: ReactNode }) => (
      <LiveProvider live={live}>{children}</LiveProvider>
    )
    return thrown(() => renderHook(() => undefined, { wrapper }))
  },
  'A name that is taken'() {
    const { list } = open()
    list()
    return thrown(list)
  },
}

describe('docs/mistakes.md', () => {
  it.each(Object.entries(ON_THE_CONSOLE))('[Q51] [D6] [C108] %s', async (title, make) => {
    const { errors } = await make()
    expect(warned).toEqual([told.get(title)])
    expect(errors).toContain(told.get(title))
  })

  it.each(Object.entries(ON_THE_CONSOLE))(
    '[Q51] in production %s is for onError alone',
    async (title, make) => {
      vi.stubEnv('NODE_ENV', 'production')
      const { errors } = await make()
      expect(warned).toEqual([])
      expect(errors).toContain(told.get(title))
    },
  )

  it.each(Object.entries(AS_AN_ERROR))('[Q52] %s', async (title, make) => {
    expect(await make()).toBe(told.get(title))
  })

  it('[D6] has twenty of them, each with a test', () => {
    const { length } = page.slice(0, page.indexOf('## What the console')).match(/^### /gm) ?? []
    expect(told.size).toBeGreaterThanOrEqual(20)
    const tried = [...Object.keys(ON_THE_CONSOLE), ...Object.keys(AS_AN_ERROR)]
    expect([...told.keys()].slice(length)).toEqual(tried)
  })
})

describe('what is right', () => {
  it('[Q51] is not told of: events of other definitions, of the protocol, of a subscriber, and patches that meet', async () => {
    const world = open()
    stops.push(world.manager.subscribe('noticed', () => undefined))
    const prices = world.list({ events: { price_changed: patch((event) => event as Price) } })
    world.live.value('best', {
      schema: Price,
      initial: { symbol: 'ABC', price: 0 },
      events: { best_changed: reduce((current, event) => ({ ...current, ...(event as Price) })) },
    })
    await world.observe(prices())
    await world.tell('noticed', {})
    await world.tell('best_changed', { symbol: 'ABC', price: 2 })
    await world.tell('price_changed', { symbol: 'ABC', price: 2 })
    // From here on it is nothing new that something is not there.
    await world.tell('price_changed', { symbol: 'gone', price: 2 })
    await world.tell('unheard_of', {})
    expect([warned, world.errors]).toEqual([[], []])
  })

  it('[Q51] a reducer of one’s own may be a plain function, and a timeline may lack what a patch is about', async () => {
    const world = open()
    const trades = world.live.timeline('trades', {
      item: Price,
      id: (each) => each.symbol,
      order: (each) => [each.price],
      snapshot: 'get_prices',
      events: { price_changed: (event): Op<Price> => ({ kind: 'patch', fields: event as Price }) },
    })
    stops.push(world.live.connect(world.queryClient))
    const observer = new InfiniteQueryObserver(world.queryClient, trades())
    stops.push(observer.subscribe(() => undefined))
    await world.clock.advance(50)
    await world.tell('price_changed', { symbol: 'older', price: 2 })
    expect([warned, world.errors]).toEqual([[], []])
  })

  it('[Q53] a status needs no provider where live was connected, and finds its own among several', async () => {
    const world = open()
    const other = createLive({ manager: world.manager, scope: 'other' })
    const values = other.value('best', { schema: Price, initial: { symbol: 'ABC', price: 0 }, events: {} })
    stops.push(other.connect(world.queryClient))
    await world.observe(world.list()())
    const observer = new QueryObserver(world.queryClient, values())
    stops.push(observer.subscribe(() => undefined))
    await world.clock.advance(50)
    const wrapper = ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={world.queryClient}>{children}</QueryClientProvider>
    )
    const key = { queryKey: world.queryClient.getQueryCache().getAll()[0]?.queryKey ?? [] }
    const { result } = renderHook(() => [useLiveStatus(key).status, useLiveStatus(values()).status], {
      wrapper,
    })
    expect(result.current).toEqual(['live', 'live'])
  })
})
