/** Fetches of one history that overlap, and rows that are not what they should be. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { insert, NO_HISTORY, type } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, type Message, message, range, textsOf } from './support/room.ts'

const ROOM = { roomId: 'a' }

let fake: ReturnType<typeof createFakePort>
let room: ReturnType<typeof defineRoom>
let queryClient: QueryClient
let server: Message[]
const cleanups: (() => void)[] = []

beforeEach(() => {
  fake = createFakePort()
  room = defineRoom(fake.port)
  server = range(1, 30)
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(room.live.connect(queryClient))
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

function observeMessages(maxPages?: number) {
  const options = { ...room.messages(ROOM), ...(maxPages && { maxPages }) }
  const observer = new InfiniteQueryObserver(queryClient, options)
  cleanups.push(observer.subscribe(() => undefined))
  return observer
}

/** As the model of a server would. */
function pageOf({ before, after, around, limit }: Record<string, unknown>) {
  if (around !== undefined) {
    const middle = server.findIndex(({ id }) => id === around)
    const from = Math.max(0, middle - (Number(limit) >> 1))
    const to = from + Number(limit)
    return history(server.slice(from, to), { has_older: from > 0, has_newer: to < server.length })
  }
  const end = before === undefined ? server.length : server.findIndex(({ id }) => id === before)
  const from =
    after === undefined ? Math.max(0, end - Number(limit)) : server.findIndex(({ id }) => id === after) + 1
  const to = after === undefined ? end : from + Number(limit)
  return history(server.slice(from, to), { has_older: from > 0, has_newer: to < server.length })
}

async function settle() {
  await fake.settle()
  fake.frame()
  await fake.settle()
}

const answered = new Set<unknown>()

async function answerAll() {
  for (let round = 0; round < 10; round++) {
    const open = fake.requests.filter((request) => !answered.has(request))
    for (const request of open) {
      answered.add(request)
      request.resolve(pageOf(request.data))
    }
    await settle()
  }
}

async function observeThreePages(maxPages?: number) {
  const observer = observeMessages(maxPages)
  fake.live()
  await settle()
  await answerAll()
  for (let page = 0; page < 2; page++) {
    void observer.fetchNextPage()
    await settle()
    await answerAll()
  }
  return observer
}

const idsOf = (
  observer:
    | InfiniteQueryObserver<never, Error, never, never, never>
    | { getCurrentResult(): { data: unknown } },
) => textsOf((observer.getCurrentResult() as { data: Parameters<typeof textsOf>[0] }).data)
const texts = (from: number, to: number) => range(from, to).map(({ text }) => text)

describe('[Q16] overlapping fetches leave no hole', () => {
  it('when a history is invalidated twice in one tick after it has grown', async () => {
    const observer = await observeThreePages()
    server = range(1, 34)
    for (const { id, text } of range(31, 34)) fake.emit({ type: 'created', payload: { id, text } })
    await settle()
    const { queryKey } = observer.options
    void queryClient.invalidateQueries({ queryKey })
    void queryClient.invalidateQueries({ queryKey })
    await settle()
    server = range(1, 36)
    await answerAll()
    const shown = idsOf(observer)
    expect(shown).toEqual(texts(Number(shown[0]?.slice(1)), 36))
    expect(shown.length).toBeGreaterThanOrEqual(9)
  })

  it('when the answer to the superseded one comes last', async () => {
    const observer = await observeThreePages()
    const { queryKey } = observer.options
    void queryClient.invalidateQueries({ queryKey })
    await settle()
    void queryClient.invalidateQueries({ queryKey })
    await settle()
    const [old, next] = fake.requests.slice(-2)
    const stale = pageOf(old?.data ?? {})
    server = range(1, 33)
    next?.resolve(pageOf(next.data))
    await settle()
    old?.resolve(stale)
    await settle()
    const shown = idsOf(observer)
    expect(shown).toEqual(texts(Number(shown[0]?.slice(1)), 33))
  })

  it('when the newest page of what one request gave is dropped for an older one, and the rest is asked for again', async () => {
    const observer = await observeThreePages(3)
    void observer.refetch()
    await settle()
    await answerAll()
    void observer.fetchNextPage()
    await settle()
    await answerAll()
    const shown = idsOf(observer)
    server = server.map((item) => ({ ...item, text: `${item.text}!` }))
    const asked = fake.requests.length
    void observer.refetch()
    await settle()
    expect(fake.requests).toHaveLength(asked + 1)
    await answerAll()
    expect(idsOf(observer)).toEqual(shown.map((text) => `${text}!`))
  })

  it.each(['fetchNextPage', 'refetch', 'invalidate', 'cancel'] as const)(
    'when %s overlaps each of the others',
    async (second) => {
      for (const first of ['fetchNextPage', 'refetch', 'invalidate'] as const) {
        const observer = await observeThreePages()
        const { queryKey } = observer.options
        const run = {
          fetchNextPage: () => observer.fetchNextPage(),
          refetch: () => observer.refetch(),
          invalidate: () => queryClient.invalidateQueries({ queryKey }),
          cancel: () => queryClient.cancelQueries({ queryKey }),
        }
        run[first]().catch(() => undefined)
        server = range(1, 31)
        fake.emit({ type: 'created', payload: message(31) })
        run[second]().catch(() => undefined)
        await settle()
        await answerAll()
        const shown = idsOf(observer)
        expect(shown, `${first}, ${second}`).toEqual(texts(Number(shown[0]?.slice(1)), 31))
        server = range(1, 30)
        queryClient.removeQueries({ queryKey })
        for (const cleanup of cleanups.splice(1)) cleanup()
        fake.advance(10_000)
      }
    },
  )

  it('when one page is all that may be held', async () => {
    const observer = await observeThreePages(1)
    const result = () => observer.getCurrentResult().data?.pages
    expect(result()?.map(({ items }) => items.map(({ id }) => id))).toEqual([[22, 23, 24]])
    expect(result()?.[0]).toMatchObject({ hasNewer: true, after: 24 })
    fake.emit({ type: 'created', payload: message(31) })
    await settle()
    expect(idsOf(observer)).toEqual(texts(22, 24))
    void observer.fetchPreviousPage()
    await settle()
    await answerAll()
    expect(idsOf(observer)).toEqual(texts(25, 27))
  })

  it('when a page was removed from the window that another one was asked for below', async () => {
    const observer = await observeThreePages(3)
    void observer.fetchNextPage()
    await settle()
    queryClient.setQueryData(
      observer.options.queryKey,
      (data: { pages: object[]; pageParams: object[] }) => ({
        pages: data.pages.slice(0, 2),
        pageParams: data.pageParams.slice(0, 2),
      }),
    )
    await settle()
    await answerAll()
    const shown = idsOf(observer)
    expect(shown).toEqual(texts(Number(shown[0]?.slice(1)), 30))
  })

  it('and keep nothing for a query that was removed meanwhile', async () => {
    const members = new QueryObserver(queryClient, room.members(ROOM))
    cleanups.push(members.subscribe(() => undefined))
    const observer = observeMessages()
    fake.live()
    await settle()
    queryClient.removeQueries({ queryKey: observer.options.queryKey })
    fake.requests.find(({ type }) => type === 'get_members')?.resolve({ members: [] })
    await settle()
    // A number is taken for the first one only where no snapshot is awaited that would tell the position.
    fake.emit({ type: 'joined', payload: { id: 'u', name: 'U' }, seq: 8, epoch: 'e' })
    await settle()
    expect(members.getCurrentResult().data).toEqual([{ id: 'u', name: 'U' }])
  })
})

/** Rows without a text do not fit. */
const strict: StandardSchemaV1<unknown, Message> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof (value as Partial<Message> | null)?.text === 'string'
        ? { value: value as Message }
        : { issues: [{ message: 'expected a text', path: ['text'] }] },
  },
}

const odd = (id: unknown) => ({ id, text: null }) as unknown as Message

describe('[Q17] an odd row', () => {
  function observeStrict() {
    const timeline = room.live.timeline('strict', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      item: strict,
      id: (item) => item.id,
      order: (item) => [item.id],
      pageSize: 3,
      snapshot: 'get_history',
      events: { created: insert((event) => event as Message) },
    })
    const observer = new InfiniteQueryObserver(queryClient, timeline(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    return observer
  }
  const quarantined = () => fake.reports.filter((entry) => entry.type === 'quarantine')

  it.each([
    ['at the old end of each page', [1, 4, 7, 25, 28]],
    ['at the new end of each page', [3, 27, 30]],
    ['in place of a whole page', [25, 26, 27]],
    ['in place of the newest page', [28, 29, 30]],
    ['everywhere but for one', range(2, 30).map(({ id }) => id)],
  ])('%s costs no good one, and does not end the history', async (_where, ids) => {
    server = range(1, 30).map((row) => (ids.includes(row.id) ? odd(row.id) : row))
    const observer = observeStrict()
    fake.live()
    await settle()
    // Whether there are more is told by how many came.
    const guess = (data: Record<string, unknown>) => ({ messages: pageOf(data).messages })
    for (let page = 0; page < 12; page++) {
      for (const request of fake.requests.splice(0)) request.resolve(guess(request.data))
      await settle()
      if (!observer.getCurrentResult().hasNextPage) break
      void observer.fetchNextPage()
      await settle()
    }
    const good = server.filter(({ text }) => text !== null).map(({ text }) => text)
    expect(idsOf(observer)).toEqual(good)
    expect(quarantined().length).toBeGreaterThan(0)
    expect(quarantined()[0]).toMatchObject({
      definition: 'strict',
      error: { code: 'invalid_frame', message: expect.stringContaining('at "text": expected a text') },
    })
  })

  it('that cannot even be named does not make a page be asked for for ever', async () => {
    const observer = observeStrict()
    fake.live()
    await settle()
    fake.requests.at(-1)?.resolve({ messages: [null, 7, odd(undefined)], has_older: true })
    await settle()
    expect(observer.getCurrentResult()).toMatchObject({ status: 'success', hasNextPage: false })
  })

  it.each([[null], [undefined], ['text'], [{}], [{ id: null, text: 'x' }]])(
    'like %j is left out of lists, snapshots and events, and their neighbours are not',
    async (row) => {
      const list = room.live.list('anything', {
        item: type<Message>(),
        id: (item) => item.id,
        snapshot: 'get_list',
        events: { created: insert((event) => event as Message) },
      })
      const observer = new QueryObserver(queryClient, list())
      cleanups.push(observer.subscribe(() => undefined))
      fake.live()
      await settle()
      fake.requests.at(-1)?.resolve([message(1), row, message(2)])
      await settle()
      fake.emit({ type: 'created', payload: row }, { type: 'created', payload: message(3) })
      await settle()
      expect(observer.getCurrentResult().data).toEqual(range(1, 3))
      expect(fake.reports.filter((entry) => 'error' in entry).length).toBeGreaterThan(0)
    },
  )
})

describe('[Q18] rows with equal places', () => {
  interface Timed {
    readonly id: string
    readonly at: number
  }
  const row = (id: string, at = 1): Timed => ({ id, at })
  const shownIn = (observer: { getCurrentResult(): { data: unknown } }) =>
    (observer.getCurrentResult().data as { pages: { items: Timed[] }[] }).pages
      .toReversed()
      .flatMap(({ items }) => items.map(({ id }) => id))
      .join('')

  async function observeTimed(items: readonly Timed[], more: object = {}) {
    const timed = room.live.timeline('timed', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      item: type<Timed>(),
      id: (item) => item.id,
      order: (item) => [item.at],
      pageSize: 3,
      snapshot: 'get_history',
      events: { created: insert((event) => event as Timed) },
    })
    const observer = new InfiniteQueryObserver(queryClient, timed(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    fake.live()
    await settle()
    fake.requests.at(-1)?.resolve({ items, ...more })
    await settle()
    return observer
  }

  it('stand as the server sent them, whatever their ids', async () => {
    expect(shownIn(await observeTimed(['f', 'c', '9', 'a'].map((id) => row(id))))).toBe('fc9a')
  })

  it('stand as the server sent them where it sends the newest first', async () => {
    expect(shownIn(await observeTimed([row('z', 3), row('b', 2), row('y', 2), row('a', 1)]))).toBe('aybz')
  })

  it('come last when they come', async () => {
    const observer = await observeTimed([row('f', 1), row('c', 2), row('x', 3)], { has_older: true })
    for (const item of [row('9', 2), row('1', 3), row('0', 1)]) fake.emit({ type: 'created', payload: item })
    await settle()
    expect(shownIn(observer)).toBe('f0c9x1')
  })
})

describe('[Q1d] without a history', () => {
  it('an event that comes in one go with the subscription is shown', async () => {
    const timeline = room.live.timeline('plain', {
      params: type<{ roomId: string }>(),
      channel: ({ roomId }) => ({ room_id: roomId }),
      item: type<Message>(),
      id: (item) => item.id,
      order: (item) => [item.id],
      snapshot: async () => NO_HISTORY,
      events: { created: insert((event) => event as Message) },
    })
    const observer = new InfiniteQueryObserver(queryClient, timeline(ROOM))
    cleanups.push(observer.subscribe(() => undefined))
    await settle()
    fake.live()
    fake.emit({ type: 'created', payload: message(1) })
    await settle()
    expect(idsOf(observer)).toEqual(['m1'])
  })
})
