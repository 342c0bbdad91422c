/** Mutations that say nothing of what their reply means for the data. */
import { InfiniteQueryObserver, MutationObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import { createLive, patch, type, upsert } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

interface Card {
  readonly id: string
  readonly title: string
  readonly column: string
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function open() {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const cards = live.list('cards', {
    item: type<Card>(),
    id: ({ id }) => id,
    snapshot: 'get_cards',
    events: {
      card_changed: upsert((card) => card as Card),
      card_moved: patch((card) => card as Card),
    },
  })
  const move = live.mutation<Pick<Card, 'id' | 'column'>>('move', {
    request: (card, { request }) => request('move_card', card),
    optimistic: (card) => [cards.patch({}, card)],
  })
  const add = live.mutation<Omit<Card, 'id'>>('add', {
    request: (card, { request }) => request('add_card', card),
    optimistic: (card, { clientId }) => [cards.insert({}, { ...card, id: clientId })],
    settle: () => [],
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = live.connect(queryClient)
  const observer = new QueryObserver(queryClient, cards())
  const unsubscribe = observer.subscribe(() => undefined)
  cleanups.push(unsubscribe, disconnect, () => queryClient.clear())
  const settle = async () => {
    await fake.settle()
    fake.frame()
    await fake.settle()
  }
  const answer = async (of: string, body: unknown) => {
    for (const request of fake.requests.splice(0)) if (request.type === of) request.resolve(body)
    await settle()
  }
  fake.live()
  await settle()
  const before = { id: '1', title: 'Sail', column: 'todo' }
  await answer('get_cards', [before])
  return {
    fake,
    settle,
    answer,
    before,
    shown: () => observer.getCurrentResult().data,
    move: (id: string, column: string) => new MutationObserver(queryClient, move()).mutate({ id, column }),
    add: (title: string) => new MutationObserver(queryClient, add()).mutate({ title, column: 'todo' }),
  }
}

it('[Q42] show what they anticipated until it is done, and then what the server says', async () => {
  const { fake, settle, answer, before, shown, move } = await open()
  const moving = move('1', 'done')
  await settle()
  expect(shown()).toEqual([{ ...before, column: 'done' }])
  await answer('move_card', {})
  await moving
  await settle()
  expect(shown()).toEqual([{ ...before, column: 'done' }])
  // Somebody else moves it on.
  fake.emit({ type: 'card_changed', payload: { ...before, column: 'review' } })
  await settle()
  expect(shown()).toEqual([{ ...before, column: 'review' }])
})

it('[Q42] leave no row that only they have named', async () => {
  const { fake, settle, answer, before, shown, add } = await open()
  const adding = add('Row')
  await settle()
  expect(shown()?.map(({ title }) => title)).toEqual(['Sail', 'Row'])
  const added = { id: '2', title: 'Row', column: 'todo' }
  await answer('add_card', added)
  await adding
  fake.emit({ type: 'card_changed', payload: added })
  await settle()
  await answer('get_cards', [before, added])
  expect(shown()).toEqual([before, added])
})

it('[Q42] of a value as well, and nothing of somebody else is hidden behind them', async () => {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const topic = live.value('topic', {
    schema: type<{ readonly text: string }>(),
    snapshot: 'get_topic',
    events: { topic_changed: upsert((next) => next as { readonly text: string }) },
  })
  const rename = live.mutation<string>('rename', {
    request: (text, { request }) => request('rename', { text }),
    optimistic: (text) => [topic.upsert({}, { text })],
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = live.connect(queryClient)
  const observer = new QueryObserver(queryClient, topic())
  cleanups.push(
    observer.subscribe(() => undefined),
    disconnect,
    () => queryClient.clear(),
  )
  const settle = async (of = '', body: unknown = {}) => {
    await fake.settle()
    for (const request of fake.requests.splice(0)) if (request.type === of) request.resolve(body)
    await fake.settle()
    fake.frame()
    await fake.settle()
  }
  fake.live()
  await settle('get_topic', { text: 'a' })
  const renaming = new MutationObserver(queryClient, rename()).mutate('b')
  await settle('rename')
  await renaming
  expect(observer.getCurrentResult().data).toEqual({ text: 'b' })
  fake.emit({ type: 'topic_changed', payload: { text: 'c' } })
  await settle()
  expect(observer.getCurrentResult().data).toEqual({ text: 'c' })
})

it('[Q42] of a timeline: what is changed or removed ends with the reply, and hides nothing that comes later', async () => {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const log = live.timeline('log', {
    item: type<Card>(),
    id: ({ id }) => id,
    order: ({ id }) => [Number(id)],
    snapshot: async ({ request }) => (await request('get_log', {})) as never,
    events: { changed: upsert((card) => card as Card) },
  })
  const retitle = live.mutation<Pick<Card, 'id' | 'title'>>('retitle', {
    request: (card, { request }) => request('retitle', card),
    optimistic: (card) => [log.patch({}, card)],
  })
  const drop = live.mutation<string>('drop', {
    request: (id, { request }) => request('drop', { id }),
    optimistic: (id) => [log.remove({}, id)],
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = live.connect(queryClient)
  const observer = new InfiniteQueryObserver(queryClient, log())
  cleanups.push(
    observer.subscribe(() => undefined),
    disconnect,
    () => queryClient.clear(),
  )
  const before = ['1', '2'].map((id) => ({ id, title: 'v1', column: '' }))
  const show = async () => {
    await fake.settle()
    fake.frame()
    await fake.settle()
  }
  const settle = async (of: string, body: unknown = {}) => {
    await fake.settle()
    for (const request of fake.requests.splice(0)) if (request.type === of) request.resolve(body)
    await show()
  }
  const page = (items: readonly Card[]) => ({ items, hasOlder: false, hasNewer: false })
  const shown = () =>
    observer.getCurrentResult().data?.pages.flatMap(({ items }) => items.map(({ id, title }) => id + title))
  fake.live()
  await settle('get_log', page(before))
  expect(shown()).toEqual(['1v1', '2v1'])
  const renaming = new MutationObserver(queryClient, retitle()).mutate({ id: '1', title: 'v2' })
  const dropping = new MutationObserver(queryClient, drop()).mutate('2')
  await show()
  expect(shown()).toEqual(['1v2'])
  for (const request of fake.requests.splice(0)) request.resolve({})
  await Promise.all([renaming, dropping])
  await settle('get_log', page([{ id: '1', title: 'v2', column: '' }]))
  expect(shown()).toEqual(['1v2'])
  // A moderator changes it once more.
  fake.emit({ type: 'changed', payload: { id: '1', title: 'v3', column: '' } })
  await show()
  expect(shown()).toEqual(['1v3'])
  expect(queryClient.getMutationCache().getAll()).toEqual([])
})

it('[Q42] that show nothing are not kept when they are done', async () => {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  const touch = live.mutation<void>('touch', { request: (_, { request }) => request('touch', {}) })
  const queryClient = new QueryClient()
  cleanups.push(live.connect(queryClient), () => queryClient.clear())
  const touching = [1, 2, 3].map(() => touch.start(queryClient, undefined))
  await fake.settle()
  fake.live()
  await fake.settle()
  for (const request of fake.requests.splice(0)) request.resolve({})
  await Promise.all(touching)
  await fake.settle()
  fake.frame()
  await fake.settle()
  expect(queryClient.getMutationCache().getAll()).toEqual([])
})

it('[Q42] reach the query with their parameters, objects among them, and no other', async () => {
  const fake = createFakePort()
  const live = createLive({ manager: { port: fake.port } })
  interface Params {
    readonly filter: { readonly state: string }
  }
  const orders = live.list('orders', {
    params: type<Params>(),
    item: type<Card>(),
    id: ({ id }) => id,
    snapshot: 'get_orders',
    events: {},
  })
  const place = live.mutation<Card, Card, Params>('place', {
    params: type<Params>(),
    request: (card, { request }) => request('place', card) as Promise<Card>,
    settle: (card, _variables, params) => [orders.upsert(params, card)],
  })
  const queryClient = new QueryClient()
  cleanups.push(live.connect(queryClient), () => queryClient.clear())
  const [open, closed] = ['open', 'closed'].map((state) => {
    const observer = new QueryObserver(queryClient, orders({ filter: { state } }))
    cleanups.push(observer.subscribe(() => undefined))
    return () => observer.getCurrentResult().data
  })
  fake.live()
  await fake.settle()
  for (const request of fake.requests.splice(0)) request.resolve([])
  await fake.settle()
  const card = { id: '1', title: 'a', column: '' }
  const placing = place.start(queryClient, card, { filter: { state: 'open' } })
  await fake.settle()
  for (const request of fake.requests.splice(0)) request.resolve(card)
  await placing
  await fake.settle()
  fake.frame()
  await fake.settle()
  expect([open?.(), closed?.()]).toEqual([[card], []])
})
