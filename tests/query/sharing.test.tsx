/** What others do to the cache that live queries are in: another live, the application, the QueryClient itself. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLive, insert, type TimelineData, type } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, type Message, message, range, textsOf } from './support/room.ts'

const ROOM = { roomId: 'a' }
type Data = TimelineData<Message>

let fake: ReturnType<typeof createFakePort>
let room: ReturnType<typeof defineRoom>
let queryClient: QueryClient
const cleanups: (() => void)[] = []

beforeEach(() => {
  fake = createFakePort()
  room = defineRoom(fake.port)
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

async function settle() {
  await fake.settle()
  fake.frame()
  await fake.settle()
}

function observeMessages() {
  const observer = new InfiniteQueryObserver(queryClient, room.messages(ROOM))
  cleanups.push(observer.subscribe(() => undefined))
  return { observer, key: observer.options.queryKey, texts: () => textsOf(observer.getCurrentResult().data) }
}

async function answer(body: unknown, of = 'get_history') {
  for (const request of fake.requests.splice(0)) if (request.type === of) request.resolve(body)
  await settle()
}

async function observeLive(items = range(1, 3)) {
  cleanups.push(room.live.connect(queryClient))
  const observed = observeMessages()
  fake.live()
  await settle()
  await answer(history(items))
  return observed
}

const sending = (live: ReturnType<typeof createLive>, messages: (typeof room)['messages']) =>
  live.mutation<string, unknown, { roomId: string }>('send', {
    channel: ({ roomId }) => ({ room_id: roomId }),
    optimistic: (text, { params, clientId }) => [
      messages.insert(params, { id: clientId as unknown as number, client_id: clientId, text }),
    ],
    request: (text, { clientId, request }) => request('send', { text, clientId }),
  })

describe('[Q19] what an application writes into a live query', () => {
  it.each([[null], ['text'], [7], [{}], [{ pages: undefined }], [{ pages: [undefined], pageParams: [{}] }]])(
    'that is no history at all, like %j, is overwritten by what there was',
    async (garbage) => {
      const { key, texts } = await observeLive()
      try {
        queryClient.setQueryData(key, garbage as never)
      } catch {
        // TanStack's own observers cannot bear all of it.
      }
      fake.emit({ type: 'created', payload: message(4) })
      await settle()
      expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
      void queryClient.invalidateQueries({ queryKey: key })
      await settle()
      await answer(history(range(1, 5)))
      expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
    },
  )

  it('where there is nothing yet, and is no history, is replaced by a snapshot', async () => {
    queryClient.setQueryData(room.messages(ROOM).queryKey, null as never)
    const { texts } = await observeLive()
    expect(texts()).toEqual(['m1', 'm2', 'm3'])
  })

  it('with a row that does not fit is taken without it', async () => {
    const { key, texts } = await observeLive()
    queryClient.setQueryData(key, (data: Data) => ({
      ...data,
      pages: data.pages.map((page) => ({ ...page, items: [...page.items, undefined] })),
    }))
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3'])
  })

  it('with its optimistic rows in it makes no history of them, wherever they stand', async () => {
    const send = sending(room.live, room.messages)
    const { key, texts } = await observeLive()
    send.start(queryClient, 'mine', ROOM).catch(() => undefined)
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'mine'])
    queryClient.setQueryData(key, (data: Data) => ({
      ...data,
      pages: data.pages.map((page) => ({ ...page, items: [...page.items, message(4)] })),
    }))
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4', 'mine'])
    fake.requests.find(({ type }) => type === 'send')?.reject(new Error('no'))
    queryClient.getMutationCache().clear()
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  it('that it read a while ago is brought up to date', async () => {
    const { key, texts } = await observeLive()
    const read = queryClient.getQueryData(key)
    fake.emit({ type: 'created', payload: message(4) })
    await settle()
    queryClient.setQueryData(key, read)
    await settle()
    await answer(history(range(1, 4)))
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  it('while a page is on its way does not lose the page', async () => {
    const { observer, key, texts } = await observeLive(range(4, 6))
    void observer.fetchNextPage()
    await settle()
    queryClient.setQueryData(key, (data: Data) => ({ ...data, pages: [...data.pages] }))
    await settle()
    await answer(history(range(1, 3), { has_older: false }))
    await answer(history(range(1, 6), { has_older: false }))
    expect(texts()).toEqual(range(1, 6).map(({ text }) => text))
  })

  it('of a list or a value is shown until a snapshot has come', async () => {
    cleanups.push(room.live.connect(queryClient))
    const members = new QueryObserver(queryClient, room.members(ROOM))
    const topic = new QueryObserver(queryClient, room.topic(ROOM))
    cleanups.push(
      members.subscribe(() => undefined),
      topic.subscribe(() => undefined),
    )
    const snapshots = { get_members: { members: [{ id: 'u', name: 'U' }] }, get_topic: { text: 'old' } }
    const answerBoth = async () => {
      for (const request of fake.requests.splice(0)) {
        request.resolve(snapshots[request.type as keyof typeof snapshots])
      }
      await settle()
    }
    fake.live()
    await settle()
    await answerBoth()
    queryClient.setQueryData(members.options.queryKey as string[], [])
    queryClient.setQueryData(topic.options.queryKey as string[], { text: 'mine' })
    expect(members.getCurrentResult().data).toEqual([])
    expect(topic.getCurrentResult().data).toEqual({ text: 'mine' })
    await settle()
    await answerBoth()
    expect(members.getCurrentResult().data).toEqual([{ id: 'u', name: 'U' }])
    expect(topic.getCurrentResult().data).toEqual({ text: 'old' })
    queryClient.setQueryData(members.options.queryKey as string[], null)
    fake.emit({ type: 'joined', payload: { id: 'v', name: 'V' } })
    await settle()
    expect(members.getCurrentResult().data).toEqual([
      { id: 'u', name: 'U' },
      { id: 'v', name: 'V' },
    ])
  })
})

describe('[Q20] queries that are removed', () => {
  it('leave the others of their channel as they are, and come back when they are mounted', async () => {
    const { texts } = await observeLive()
    const members = new QueryObserver(queryClient, room.members(ROOM))
    const stop = members.subscribe(() => undefined)
    await settle()
    await answer({ members: [{ id: 'u', name: 'U' }] }, 'get_members')
    stop()
    queryClient.removeQueries({ queryKey: members.options.queryKey as string[] })
    fake.emit({ type: 'created', payload: message(4) }, { type: 'joined', payload: { id: 'v', name: 'V' } })
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
    const again = new QueryObserver(queryClient, room.members(ROOM))
    cleanups.push(again.subscribe(() => undefined))
    await settle()
    await answer({ members: [{ id: 'v', name: 'V' }] }, 'get_members')
    expect(again.getCurrentResult().data).toEqual([{ id: 'v', name: 'V' }])
  })

  it('all at once, by clear(), leave no channel and no timer', async () => {
    await observeLive()
    queryClient.clear()
    fake.advance(10_000)
    await settle()
    fake.frame()
    expect(fake.openChannels()).toEqual([])
    expect(fake.pendingTimers()).toBe(0)
    const again = new InfiniteQueryObserver(queryClient, room.messages(ROOM))
    cleanups.push(again.subscribe(() => undefined))
    fake.live()
    await settle()
    await answer(history(range(1, 2)))
    expect(textsOf(again.getCurrentResult().data)).toEqual(['m1', 'm2'])
  })
})

describe('[Q21] two lives in one QueryClient', () => {
  const refused = expect.objectContaining({
    code: 'misconfigured',
    message: expect.stringContaining('scope'),
  })

  it('with the same names: the second is refused, until the first has gone', () => {
    const other = defineRoom(createFakePort().port)
    const disconnect = room.live.connect(queryClient)
    expect(() => other.live.connect(queryClient)).toThrow(refused)
    expect(() => other.live.connect(new QueryClient())).not.toThrow()
    disconnect()
    const back = other.live.connect(queryClient)
    expect(() => room.live.connect(queryClient)).toThrow(refused)
    back()
    cleanups.push(room.live.connect(queryClient))
  })

  it('with the same names: one that is only used gives way to one that is connected', async () => {
    const { texts } = observeMessages()
    fake.live()
    await settle()
    await answer(history(range(1, 3)))
    expect(fake.openChannels()).toHaveLength(1)
    const reloaded = createFakePort()
    const next = defineRoom(reloaded.port)
    const { queryKey } = room.messages(ROOM)
    expect(next.live.status(queryClient, queryKey).status).toBe('offline')
    expect(fake.openChannels()).toHaveLength(1)
    cleanups.push(next.live.connect(queryClient))
    expect(fake.openChannels()).toHaveLength(0)
    expect(reloaded.openChannels()).toHaveLength(1)
    reloaded.live()
    await settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3'])
    expect(room.live.status(queryClient, queryKey).status).toBe('offline')
  })

  it('with a scope each: both are live, each from its own server, with sends of its own', async () => {
    const lives = ['one', 'two'].map((scope) => {
      const port = createFakePort()
      const live = createLive({ manager: { port: port.port }, scope })
      const messages = live.timeline('messages', {
        params: type<{ roomId: string }>(),
        channel: ({ roomId }) => ({ room_id: roomId }),
        item: type<Message>(),
        id: (item) => item.id,
        key: (item) => item.client_id ?? item.id,
        order: (item) => [item.id],
        snapshot: 'get_history',
        events: { created: insert((event) => event as Message) },
      })
      const send = sending(live, messages as never)
      cleanups.push(live.connect(queryClient))
      const observer = new InfiniteQueryObserver(queryClient, messages(ROOM))
      cleanups.push(observer.subscribe(() => undefined))
      return { scope, port, live, send, texts: () => textsOf(observer.getCurrentResult().data) }
    })
    for (const { port, scope } of lives) {
      port.live()
      await port.settle()
      port.requests[0]?.resolve(history([{ id: 1, text: scope }]))
      await port.settle()
    }
    const [one, two] = lives
    one?.send.start(queryClient, 'mine', ROOM).catch(() => undefined)
    two?.live.refresh('messages', ROOM)
    for (const { port } of lives) await port.settle()
    expect(one?.texts()).toEqual(['one', 'mine'])
    expect(two?.texts()).toEqual(['two'])
    expect(one?.port.requests.map(({ type }) => type)).toEqual(['get_history', 'send'])
    expect(two?.port.requests.map(({ type }) => type)).not.toContain('send')
  })
})
