/** What a fetch result may and may not do to the cache; each of these was once found by the random schedules. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { insert, patch, reduce, type, upsert } from '../../src/query/index.ts'
import { LiveError } from '../../src/transport/errors.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, type Message, message, range, textsOf } from './support/room.ts'

const ROOM = { roomId: 'a' }
const AT = (seq: number) => ({ as_of: seq, epoch: 'e' })

let fake: ReturnType<typeof createFakePort>
let room: ReturnType<typeof defineRoom>
let queryClient: QueryClient
const cleanups: (() => void)[] = []

beforeEach(() => {
  fake = createFakePort()
  room = defineRoom(fake.port)
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(room.live.connect(queryClient))
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

function observeMessages(more: { readonly maxPages?: number; readonly around?: number } = {}) {
  const { maxPages, ...window } = more
  const options = { ...room.messages(ROOM, window), ...(maxPages && { maxPages }) }
  const observer = new InfiniteQueryObserver(queryClient, options)
  cleanups.push(observer.subscribe(() => undefined))
  return { observer, texts: () => textsOf(observer.getCurrentResult().data) }
}

function observeVersioned() {
  const { live } = room
  const versioned = live.timeline('versioned', {
    params: type<{ roomId: string }>(),
    channel: ({ roomId }) => ({ room_id: roomId }),
    item: type<Message>(),
    id: (item) => item.id,
    order: (item) => [item.id],
    version: (item) => item.version,
    snapshot: 'get_history',
    events: { changed: patch((event) => event as Partial<Message>) },
  })
  const observer = new InfiniteQueryObserver(queryClient, versioned(ROOM))
  cleanups.push(observer.subscribe(() => undefined))
  return { texts: () => textsOf(observer.getCurrentResult().data) }
}

const asked = () => fake.requests.map(({ data }) => data)

async function answer(body: unknown, at = fake.requests.length - 1) {
  fake.requests[at]?.resolve(body)
  await fake.settle()
}

async function emit(type: string, payload: unknown, seq?: number) {
  fake.emit({ type, payload, ...(seq !== undefined && { seq, epoch: 'e' }) })
  await fake.settle()
  fake.frame()
  await fake.settle()
}

describe('[Q8] a fetch', () => {
  it('that was cancelled before there was data is done again while somebody waits for it', async () => {
    const { observer, texts } = observeMessages()
    fake.live()
    await fake.settle()
    await queryClient.cancelQueries({ queryKey: observer.options.queryKey })
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(2)
    await answer(history(range(1, 3)))
    expect(texts()).toEqual(['m1', 'm2', 'm3'])
  })

  it('that was superseded vouches for nothing', async () => {
    const { observer, texts } = observeMessages()
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3)))
    fake.down()
    fake.live()
    await fake.settle()
    const status = () => room.live.status(queryClient, observer.options.queryKey).status
    expect(status()).toBe('catching-up')
    void queryClient.invalidateQueries({ queryKey: observer.options.queryKey })
    await fake.settle()
    expect(fake.requests).toHaveLength(3)
    await answer(history(range(1, 4)), 1)
    expect(status()).toBe('catching-up')
    await answer(history(range(1, 5)), 2)
    expect(status()).toBe('live')
    expect(texts()).toEqual(range(1, 5).map(({ text }) => text))
  })

  it('that fails is repeated after a pause, not at once', async () => {
    const { texts } = observeMessages()
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3)))
    fake.down()
    fake.live()
    await fake.settle()
    fake.requests[1]?.reject(new LiveError('rejected', 'no'))
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(2)
    fake.advance(2_000)
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(3)
    await answer(history(range(1, 4)))
    expect(texts()).toContain('m4')
  })

  const observeOverHttp = () => {
    const list = room.live.list('over http', {
      item: type<{ readonly id: number }>(),
      id: (item) => item.id,
      snapshot: ({ request }) => request('http', {}),
      events: { created: insert((event) => event as { id: number }) },
    })
    const observer = new QueryObserver(queryClient, list())
    cleanups.push(observer.subscribe(() => undefined))
    return () => observer.getCurrentResult().data
  }

  it('that did not wait for the channel is repeated once the channel stands', async () => {
    const data = observeOverHttp()
    await fake.settle()
    expect(fake.requests).toHaveLength(0)
    fake.advance(2_000)
    await fake.settle()
    expect(fake.requests).toHaveLength(1)
    // Subscribed while the answer was on its way: what happened before that is in neither.
    fake.live()
    await answer([{ id: 1 }], 0)
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(2)
    await answer([{ id: 1 }, { id: 2 }])
    expect(data()).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('that does not need the channel does not wait for one that is refused', async () => {
    const data = observeOverHttp()
    fake.down(new LiveError('rejected', 'not a member'))
    await fake.settle()
    await answer([{ id: 1 }])
    expect(data()).toEqual([{ id: 1 }])
  })

  it('takes no event from before it was asked: an outage may lie between', async () => {
    const data = observeOverHttp()
    fake.emit({ type: 'created', payload: { id: 1 } })
    // Removed while nobody listened.
    fake.down()
    fake.live()
    await fake.settle()
    await answer([{ id: 2 }])
    expect(data()).toEqual([{ id: 2 }])
  })
})

describe('[Q8] where the order does not tell items apart', () => {
  interface Timed {
    readonly id: number
    readonly at: number
  }
  const timed = (id: number, at = 5): Timed => ({ id, at })
  const observeTimed = () => {
    const messages = room.live.timeline('timed', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      item: type<Timed>(),
      id: (item) => item.id,
      order: (item) => [item.at],
      pageSize: 3,
      snapshot: 'get_history',
      events: { created: insert((event) => event as Timed), updated: upsert((event) => event as Timed) },
    })
    const observer = new InfiniteQueryObserver(queryClient, messages(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    return () => observer.getCurrentResult().data?.pages.flatMap(({ items }) => items.map(({ id }) => id))
  }
  const page = (...items: readonly Timed[]) => ({ messages: items, has_older: true })

  it('what came before a row of the answer, and is not in it, is older than that', async () => {
    const ids = observeTimed()
    fake.live()
    await fake.settle()
    for (const id of [1, 2, 3, 4, 5]) fake.emit({ type: 'created', payload: timed(id) })
    await answer(page(timed(2), timed(3), timed(4)))
    expect(ids()).toEqual([2, 3, 4, 5])
  })

  it('a change to one that is not loaded brings it in no more than one of another time', async () => {
    const ids = observeTimed()
    fake.live()
    await fake.settle()
    fake.emit({ type: 'updated', payload: timed(1) })
    await answer(page(timed(2), timed(3), timed(4)))
    await emit('updated', timed(1))
    expect(ids()).toEqual([2, 3, 4])
    await emit('created', timed(5))
    expect(ids()).toEqual([2, 3, 4, 5])
  })
})

describe('[Q2] a reducer that throws', () => {
  it('is reported, and costs neither the event behind it nor the fetch', async () => {
    const words = room.live.value('words', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      schema: type<{ readonly text: string }>(),
      snapshot: 'get_words',
      events: {
        said: reduce((data: { readonly text: string }, event) => ({
          text: data.text + (event as { readonly word: string }).word.toUpperCase(),
        })),
      },
    })
    const observer = new QueryObserver(queryClient, words(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    fake.live()
    await fake.settle()
    fake.emit({ type: 'said', payload: {} }, { type: 'said', payload: { word: 'b' } })
    await answer({ text: 'A' })
    await emit('said', {})
    await emit('said', { word: 'c' })
    expect(observer.getCurrentResult().data).toEqual({ text: 'ABC' })
    expect(observer.getCurrentResult().status).toBe('success')
    expect(fake.reports.filter((report) => report.type === 'reducer-error')).toHaveLength(2)
  })
})

describe('[Q8] a position', () => {
  function observeCount() {
    const count = room.live.value('count', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      schema: type<{ readonly total: number }>(),
      snapshot: 'get_count',
      events: { counted: reduce((data: { readonly total: number }) => ({ total: data.total + 1 })) },
    })
    const observer = new QueryObserver(queryClient, count(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    return { observer, total: () => observer.getCurrentResult().data?.total }
  }

  it('ahead of the stream: what is still to come is in the answer already', async () => {
    const { total } = observeCount()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer({ total: 12, ...AT(12) })
    await emit('counted', {}, 11)
    await emit('counted', {}, 12)
    await emit('counted', {}, 13)
    expect(total()).toBe(13)
  })

  it('behind the stream: what the log remembers is added', async () => {
    const { total } = observeCount()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await emit('counted', {}, 11)
    await emit('counted', {}, 12)
    await answer({ total: 11, ...AT(11) })
    expect(total()).toBe(12)
  })

  it('behind what the log remembers: it is shown, and asked for again', async () => {
    const { total } = observeCount()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer({ total: 7, ...AT(7) })
    expect(total()).toBe(7)
    fake.advance(2_000)
    await fake.settle()
    fake.frame()
    await fake.settle()
    await answer({ total: 10, ...AT(10) })
    expect(total()).toBe(10)
  })

  it('of a cache from elsewhere: it is continued from the log', async () => {
    const { observer, texts } = observeMessages()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer(history(range(1, 3), AT(10)))
    const older = queryClient.getQueryData(observer.options.queryKey)
    await emit('created', message(4), 11)
    queryClient.setQueryData(observer.options.queryKey, structuredClone(older))
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
    expect(fake.requests).toHaveLength(1)
  })

  it('of a page that is behind the others: that page takes what is still to come, and they do not', async () => {
    const { observer, texts } = observeMessages()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer(history([message(7), message(8)], AT(12)))
    void observer.fetchNextPage()
    await fake.settle()
    await answer(history(range(4, 6), AT(10)))
    await emit('deleted', { id: 5 }, 11)
    await emit('changed', { id: 7, text: 'from before' }, 12)
    expect(texts()).toEqual(['m4', 'm6', 'm7', 'm8'])
  })

  it('ahead of the stream holds while nobody looks', async () => {
    const { observer, total } = observeCount()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer({ total: 12, ...AT(12) })
    cleanups.pop()?.()
    fake.advance(60_000)
    expect(fake.openChannels()).toEqual([])
    cleanups.push(observer.subscribe(() => undefined))
    await fake.settle()
    expect(fake.openChannels()[0]?.listener.cursor()).toEqual({ seq: 12, epoch: 'e' })
    fake.live(true, { seq: 12, epoch: 'e' })
    await emit('counted', {}, 13)
    expect(total()).toBe(13)
    expect(fake.requests).toHaveLength(1)
  })

  it('ahead of the stream: what a reply tells may be gone already, and is asked for', async () => {
    const { texts } = observeMessages()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer(history([message(1)], AT(12)))
    // Written at 11, removed at 12; the reply comes before either event.
    room.live.apply([room.messages.upsert(ROOM, message(2))])
    fake.frame()
    await fake.settle()
    await answer(history([message(1)], AT(12)))
    await emit('created', message(2), 11)
    await emit('deleted', { id: 2 }, 12)
    expect(texts()).toEqual(['m1'])
  })

  it.each([
    ['without a position', {}],
    ['older than the reply', AT(10)],
  ] as const)('%s: what a reply told while it was on its way is not lost again', async (_, position) => {
    const { texts } = observeMessages()
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer(history([message(1)], AT(10)))
    void queryClient.invalidateQueries()
    await fake.settle()
    room.live.apply([room.messages.upsert(ROOM, message(2))])
    fake.frame()
    await fake.settle()
    await answer(history([message(1)], position))
    expect(texts()).toEqual(['m1', 'm2'])
    await emit('created', message(2), 11)
    await emit('deleted', { id: 2 }, 12)
    expect(texts()).toEqual(['m1'])
  })

  it('is worth more than a version that a partial change has put on an item with a hole behind it', async () => {
    const versioned = (fields: object) => ({ ...message(1), ...fields })
    const { texts } = observeVersioned()
    fake.live()
    await fake.settle()
    await answer(history([versioned({ version: 1 })]))
    fake.down()
    fake.live()
    await fake.settle()
    // Version 2 changed the text, and was missed.
    await emit('changed', { id: 1, version: 3 })
    await answer(history([versioned({ text: 'edited', version: 2 })]))
    expect(texts()).toEqual(['edited'])
  })

  it('none at all, of a cache from elsewhere where the first load had failed: it is asked for again', async () => {
    const { observer, texts } = observeMessages()
    fake.live()
    await fake.settle()
    fake.requests[0]?.reject(new LiveError('rejected', 'no'))
    await fake.settle()
    expect(observer.getCurrentResult().status).toBe('error')
    queryClient.setQueryData(observer.options.queryKey, {
      pages: [{ items: range(1, 3), hasOlder: true, hasNewer: false, unseen: 0, before: 1 }],
      pageParams: [{}],
    })
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(2)
    await answer(history(range(2, 4)))
    expect(texts()).toEqual(['m2', 'm3', 'm4'])
  })

  it('none at all, of a cache from elsewhere: it is shown, and asked for again', async () => {
    const { observer, texts } = observeMessages()
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3)))
    const older = queryClient.getQueryData(observer.options.queryKey)
    await emit('created', message(4))
    queryClient.setQueryData(observer.options.queryKey, structuredClone(older))
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(texts()).toEqual(['m1', 'm2', 'm3'])
    await answer(history(range(1, 4)))
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })
})

describe('[Q3] a stream', () => {
  it('whose beginning is told after it is live notices that its first event is missing', async () => {
    const { texts } = observeMessages()
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3)))
    fake.live(true, { seq: 10, epoch: 'e' })
    await emit('created', message(5), 12)
    fake.advance(200)
    expect(fake.channels[0]?.resyncs).toBe(1)
    await emit('created', message(4), 11)
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
    expect(fake.requests).toHaveLength(1)
  })
})

describe('[Q7] a window', () => {
  it('with a cap drops its oldest pages when live events make it grow', async () => {
    const { observer, texts } = observeMessages({ maxPages: 2 })
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3), { has_older: false }))
    for (let id = 4; id <= 20; id++) await emit('created', message(id))
    expect(observer.getCurrentResult().data?.pages).toHaveLength(2)
    expect(texts()).toEqual(range(13, 20).map(({ text }) => text))
    expect(observer.getCurrentResult().hasNextPage).toBe(true)
    void observer.refetch()
    await fake.settle()
    await answer(history(range(13, 20)))
    expect(texts()).toEqual(range(13, 20).map(({ text }) => text))
    expect(fake.requests).toHaveLength(2)
  })

  it('with a cap loses nothing to a page that a server without history cannot give', async () => {
    const { observer, texts } = observeMessages({ maxPages: 2 })
    fake.live()
    await fake.settle()
    await answer({ items: [], partial: true })
    for (let id = 1; id <= 20; id++) await emit('created', message(id))
    const before = texts()
    expect(observer.getCurrentResult().hasNextPage).toBe(true)
    void observer.fetchNextPage()
    await fake.settle()
    await answer({ items: [], partial: true })
    expect(texts()).toEqual(before)
    expect(observer.getCurrentResult().hasNextPage).toBe(false)
    await emit('created', message(21))
    expect(texts().at(-1)).toBe('m21')
  })

  it('that ends before the newest item is fetched again around its middle, in one request', async () => {
    const { observer, texts } = observeMessages({ around: 5 })
    fake.live()
    await fake.settle()
    await answer(history(range(4, 6), { has_newer: true }))
    void observer.fetchNextPage()
    await fake.settle()
    await answer(history(range(1, 3), { has_older: false }))
    void observer.refetch()
    await fake.settle()
    expect(asked().at(-1)).toEqual({ room_id: 'a', around: 3, limit: 6 })
    await answer(history(range(1, 6), { has_older: false, has_newer: true }))
    expect(texts()).toEqual(range(1, 6).map(({ text }) => text))
    expect(fake.requests).toHaveLength(3)
  })

  it('counts what arrives beyond its end, and places what belongs inside', async () => {
    const { observer, texts } = observeMessages({ around: 5 })
    fake.live()
    await fake.settle()
    await answer(history([message(4), message(6), message(8)], { has_newer: true }))
    await emit('deleted', { id: 8 })
    await emit('created', message(7))
    await emit('created', message(9))
    expect(texts()).toEqual(['m4', 'm6', 'm7'])
    expect(observer.getCurrentResult().data?.pages[0]?.unseen).toBe(1)
    void observer.fetchPreviousPage()
    await fake.settle()
    expect(asked().at(-1)).toEqual({ room_id: 'a', after: 8, limit: 3 })
    await answer(history([message(9)], { has_newer: false }))
    expect(texts()).toEqual(['m4', 'm6', 'm7', 'm9'])
    await emit('created', message(10))
    expect(texts()).toContain('m10')
  })

  it('takes from the events what belongs between its end and the page that is loading', async () => {
    const { observer, texts } = observeMessages({ around: 2 })
    fake.live()
    await fake.settle()
    await answer(history(range(1, 3), { has_newer: true }))
    void observer.fetchPreviousPage()
    await fake.settle()
    await emit('created', message(5))
    await answer(history([message(7), message(8)], { has_newer: true }))
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm5', 'm7', 'm8'])
  })

  it('reaches as far as an answer from a replica that lags, and takes what that lacks from the log', async () => {
    const { observer, texts } = observeMessages({ around: 2 })
    fake.live(false, { seq: 10, epoch: 'e' })
    await fake.settle()
    await answer(history(range(1, 3), { has_newer: true, ...AT(10) }))
    await emit('created', message(4), 11)
    void observer.refetch()
    await fake.settle()
    await answer(history(range(1, 3), { has_newer: true, ...AT(11) }))
    void observer.fetchPreviousPage()
    await fake.settle()
    await answer(history([], AT(10)))
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4'])
  })

  it('that was replaced while a page of it was loading does not take that page', async () => {
    const { observer, texts } = observeMessages()
    fake.live(false, { seq: 1, epoch: 'e' })
    await fake.settle()
    await answer(history(range(7, 9), AT(1)))
    void observer.fetchNextPage()
    await fake.settle()
    queryClient.setQueryData(observer.options.queryKey, {
      pages: [
        { items: range(20, 22), hasOlder: true, hasNewer: false, asOf: 1, epoch: 'e', unseen: 0, before: 20 },
      ],
      pageParams: [{}],
    })
    await answer(history(range(4, 6), AT(1)))
    expect(texts()).toEqual(['m20', 'm21', 'm22'])
  })
})
