import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLive, insert, patch, remove, type TimelineData, type, upsert } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

interface Message {
  readonly id: number
  readonly text: string
  readonly seq?: number
  readonly client_id?: string
}

const message = (id: number, text = `m${id}`): Message => ({ id, text })
const range = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at))

let fake: ReturnType<typeof createFakePort>
let queryClient: QueryClient
let stop: () => void
const cleanups: (() => void)[] = []

function setup() {
  const live = createLive({ manager: { port: fake.port } })
  const messages = live.timeline('messages', {
    params: type<{ roomId: string }>(),
    item: type<Message>() as never,
    id: (item: Message) => item.id,
    key: (item) => item.client_id ?? item.id,
    order: (item) => [item.id],
    pageSize: 3,
    endpoint: '/ws/',
    channel: ({ roomId }) => ({ room_id: roomId }),
    snapshot: 'get_history',
    events: {
      created: insert((event) => event as Message),
      updated: upsert((event) => event as Message),
      changed: patch((event) => event as Partial<Message>),
      deleted: remove((event) => (event as { id: number }).id),
    },
  })
  stop = live.connect(queryClient)
  return { live, messages }
}

function observe(messages: ReturnType<typeof setup>['messages']) {
  const observer = new InfiniteQueryObserver(queryClient, messages({ roomId: 'a' }))
  cleanups.push(observer.subscribe(() => undefined))
  const rows = () =>
    (observer.getCurrentResult().data?.pages ?? [])
      .toReversed()
      .flatMap((page) => page.items)
      .map((item) => item.text)
  return { observer, rows }
}

const answer = (items: Message[], more: Record<string, unknown> = {}) => ({
  messages: items,
  has_older: true,
  has_newer: false,
  ...more,
})

beforeEach(() => {
  fake = createFakePort()
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
  stop()
  queryClient.clear()
})

describe('timeline', () => {
  it('subscribes before it asks, and folds what arrives meanwhile into the answer', async () => {
    const { messages } = setup()
    const { rows } = observe(messages)
    await fake.settle()
    expect(fake.openChannels()).toHaveLength(1)
    expect(fake.requests).toHaveLength(0)
    fake.live()
    await fake.settle()
    expect(fake.requests[0]?.data).toEqual({ room_id: 'a', limit: 3 })
    fake.emit({ type: 'created', payload: message(4) })
    fake.requests[0]?.resolve(answer(range(1, 3)))
    await fake.settle()
    expect(rows()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  it('keeps a message that arrives while an older page is loading', async () => {
    const { messages } = setup()
    const { observer, rows } = observe(messages)
    fake.live()
    await fake.settle()
    fake.requests[0]?.resolve(answer(range(4, 6)))
    await fake.settle()
    void observer.fetchNextPage({ cancelRefetch: false })
    await fake.settle()
    expect(fake.requests[1]?.data).toEqual({ room_id: 'a', before: 4, limit: 3 })
    fake.emit({ type: 'created', payload: message(7) })
    await fake.settle()
    fake.emit({ type: 'changed', payload: { id: 2, text: 'edited' } })
    fake.requests[1]?.resolve(answer(range(1, 3), { has_older: false }))
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(rows()).toEqual(['m1', 'edited', 'm3', 'm4', 'm5', 'm6', 'm7'])
  })

  it('refetches the whole window in one request after a reconnect, and keeps unchanged rows identical', async () => {
    const { messages } = setup()
    const { observer, rows } = observe(messages)
    fake.live()
    await fake.settle()
    fake.requests[0]?.resolve(answer(range(4, 6)))
    await fake.settle()
    void observer.fetchNextPage({ cancelRefetch: false })
    await fake.settle()
    fake.requests[1]?.resolve(answer(range(1, 3)))
    await fake.settle()
    const before = observer.getCurrentResult().data?.pages[1]?.items[0]
    fake.down()
    fake.live()
    await fake.settle()
    expect(fake.requests).toHaveLength(3)
    expect(fake.requests[2]?.data).toEqual({ room_id: 'a', limit: 6 })
    fake.requests[2]?.resolve(answer([...range(3, 6), message(7), message(8)]))
    await fake.settle()
    expect(fake.requests.slice(3).map((request) => request.data)).toEqual([])
    expect(rows()).toEqual(['m3', 'm4', 'm5', 'm6', 'm7', 'm8'])
    expect(before?.text).toBe('m1')
    const data = observer.getCurrentResult().data
    expect(data?.pages.map((page) => page.before)).toEqual([6, 3])
  })

  it('holds numbered events back until the missing one is there', async () => {
    const { messages } = setup()
    const { rows } = observe(messages)
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    fake.requests[0]?.resolve(answer(range(1, 3), { as_of: 10, epoch: 'e' }))
    await fake.settle()
    fake.emit({ type: 'created', payload: message(5), seq: 12, epoch: 'e' })
    fake.frame()
    await fake.settle()
    expect(rows()).toEqual(['m1', 'm2', 'm3'])
    fake.emit({ type: 'created', payload: message(4), seq: 11, epoch: 'e' })
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(rows()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
  })

  it('does not apply what the snapshot has already', async () => {
    const { messages } = setup()
    const { rows } = observe(messages)
    fake.live(false, { seq: 1, epoch: 'e' })
    await fake.settle()
    fake.emit(
      { type: 'created', payload: message(4), seq: 2, epoch: 'e' },
      { type: 'deleted', payload: { id: 1 }, seq: 3, epoch: 'e' },
    )
    fake.requests[0]?.resolve(answer([message(2), message(3), message(4)], { as_of: 3, epoch: 'e' }))
    await fake.settle()
    expect(rows()).toEqual(['m2', 'm3', 'm4'])
  })

  it('seals the old half of a head that live events made grow', async () => {
    const { messages } = setup()
    const { observer, rows } = observe(messages)
    fake.live()
    await fake.settle()
    fake.requests[0]?.resolve(answer(range(1, 3)))
    await fake.settle()
    for (let id = 4; id <= 12; id++) {
      fake.emit({ type: 'created', payload: message(id) })
      await fake.settle()
      fake.frame()
    }
    await fake.settle()
    expect(rows()).toEqual(range(1, 12).map((item) => item.text))
    const data = observer.getCurrentResult().data as TimelineData<Message>
    expect(data.pages.length).toBeGreaterThan(1)
    expect(data.pageParams).toHaveLength(data.pages.length)
    fake.emit({ type: 'deleted', payload: { id: 2 } })
    await fake.settle()
    fake.frame()
    expect(rows()).not.toContain('m2')
  })

  it('shares one subscription between queries of a channel and lingers', async () => {
    const { messages, live } = setup()
    const { observer } = observe(messages)
    observe(messages)
    await fake.settle()
    expect(fake.channels).toHaveLength(1)
    expect(live.status(queryClient, observer.options.queryKey).status).toBe('offline')
    for (const cleanup of cleanups.splice(0)) cleanup()
    fake.advance(4_000)
    expect(fake.openChannels()).toHaveLength(1)
    fake.live()
    await fake.settle()
    fake.requests[0]?.resolve(answer(range(1, 3)))
    await fake.settle()
    fake.advance(6_000)
    expect(fake.openChannels()).toHaveLength(0)
  })
})

describe('list', () => {
  it('is live, sorted, and hands select outputs through unchanged', async () => {
    const live = createLive({ manager: { port: fake.port } })
    interface Price {
      readonly symbol: string
      readonly price: number
    }
    const prices = live.list('prices', {
      item: type<Price>() as never,
      id: (item: Price) => item.symbol,
      sort: (a, b) => b.price - a.price,
      snapshot: 'get_prices',
      events: { price_changed: patch((event) => event as Price) },
    })
    stop = live.connect(queryClient)
    const observer = new QueryObserver(queryClient, {
      ...prices(),
      select: (all) => all.map((item) => item.symbol),
    })
    cleanups.push(observer.subscribe(() => undefined))
    fake.live()
    await fake.settle()
    fake.requests[0]?.resolve([
      { symbol: 'a', price: 1 },
      { symbol: 'b', price: 2 },
    ])
    await fake.settle()
    const first = observer.getCurrentResult().data
    expect(first).toEqual(['b', 'a'])
    fake.emit({ type: 'price_changed', payload: { symbol: 'b', price: 3 } })
    await fake.settle()
    expect(observer.getCurrentResult().data).toBe(first)
    fake.frame()
    fake.emit({ type: 'price_changed', payload: { symbol: 'a', price: 9 } })
    fake.frame()
    await fake.settle()
    expect(observer.getCurrentResult().data).toEqual(['a', 'b'])
  })
})
