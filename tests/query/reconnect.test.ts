/** What a reconnect costs with a long history on the screen, counted at the port. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, message, range, rowsOf } from './support/room.ts'

const PAGES = 20
const PAGE = 3
const MISSED = 30
const LOADED = PAGES * PAGE

let fake: ReturnType<typeof createFakePort>
let room: ReturnType<typeof defineRoom>
let queryClient: QueryClient
let stop: () => void

beforeEach(() => {
  fake = createFakePort()
  room = defineRoom(fake.port)
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  stop = room.live.connect(queryClient)
})
afterEach(() => {
  stop()
  queryClient.clear()
})

/** Twenty pages, loaded one after another. */
async function load(position: Readonly<Record<string, unknown>>) {
  const observer = new InfiniteQueryObserver(queryClient, room.messages({ roomId: 'a' }))
  const unsubscribe = observer.subscribe(() => undefined)
  const stopAll = stop
  stop = () => {
    unsubscribe()
    stopAll()
  }
  fake.live(false, 'as_of' in position ? { seq: 100, epoch: 'e' } : undefined)
  await fake.settle()
  for (let page = 0; page < PAGES; page++) {
    if (page > 0) void observer.fetchNextPage()
    await fake.settle()
    const newest = LOADED - page * PAGE
    fake.requests.at(-1)?.resolve(history(range(newest - PAGE + 1, newest), { ...position, has_older: true }))
    await fake.settle()
  }
  const rows = () => rowsOf(observer.getCurrentResult().data)
  expect(rows()).toHaveLength(LOADED)
  expect(fake.requests).toHaveLength(PAGES)
  return { rows, observer }
}

/** TanStack takes the pages of a refetch one after another, each a few promises later. */
async function settleAll() {
  for (let page = 0; page < PAGES; page++) await fake.settle()
}

const missed = () => range(LOADED + 1, LOADED + MISSED)

describe('[Q9] after a reconnect', () => {
  it('with positions: nothing is asked for but what came since, and every row keeps its identity', async () => {
    const { rows, observer } = await load({ as_of: 100, epoch: 'e' })
    const before = rows()
    fake.down()
    expect(fake.channels[0]?.listener.cursor()).toEqual({ seq: 100, epoch: 'e' })
    fake.emit(...missed().map((payload, at) => ({ type: 'created', payload, seq: 101 + at, epoch: 'e' })))
    fake.live(true, { seq: 100 + MISSED, epoch: 'e' })
    await fake.settle()
    fake.frame()
    await fake.settle()
    expect(fake.requests).toHaveLength(PAGES)
    expect(fake.channels).toHaveLength(1)
    expect(rows().map(({ id }) => id)).toEqual([...range(1, LOADED), ...missed()].map(({ id }) => id))
    expect(before.every((row, at) => row === rows()[at])).toBe(true)
    expect(room.live.status(queryClient, observer.options.queryKey).status).toBe('live')
  })

  it('without positions: the whole window is one request, and unchanged rows keep their identity', async () => {
    const { rows, observer } = await load({})
    const before = new Map(rows().map((row) => [row.id, row]))
    fake.down()
    fake.live()
    await fake.settle()
    expect(room.live.status(queryClient, observer.options.queryKey).status).toBe('catching-up')
    expect(rows()).toHaveLength(LOADED)
    expect(fake.requests).toHaveLength(PAGES + 1)
    expect(fake.requests.at(-1)?.data).toEqual({ room_id: 'a', limit: LOADED })
    const edited = message(LOADED, 'edited meanwhile')
    const window = [...range(MISSED + 1, LOADED - 1), edited, ...missed()]
    fake.requests.at(-1)?.resolve(history(window))
    await settleAll()
    expect(fake.requests).toHaveLength(PAGES + 1)
    expect(rows()).toEqual(window)
    const kept = rows().filter(({ id }) => id < LOADED)
    expect(kept.every((row) => row === before.get(row.id))).toBe(true)
    expect(observer.getCurrentResult().data?.pages).toHaveLength(PAGES)
    expect(room.live.status(queryClient, observer.options.queryKey).status).toBe('live')
  })

  it('of a server that starts another history: positions of the old one are not continued', async () => {
    const { rows } = await load({ as_of: 100, epoch: 'e' })
    fake.down()
    fake.live(false, { seq: 2, epoch: 'f' })
    await fake.settle()
    expect(fake.requests).toHaveLength(PAGES + 1)
    fake.emit({ type: 'created', payload: message(LOADED + 1), seq: 3, epoch: 'f' })
    fake.requests.at(-1)?.resolve(history(range(1, LOADED), { as_of: 2, epoch: 'f' }))
    await settleAll()
    expect(rows().map(({ id }) => id)).toEqual(range(1, LOADED + 1).map(({ id }) => id))
  })
})
