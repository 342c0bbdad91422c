/** What the devtools are told of the live queries of a QueryClient. */
import { InfiniteQueryObserver, MutationObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { inspectQueries } from '../../src/query/live/inspection.ts'
import { LiveError } from '../../src/transport/errors.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, message, range } from './support/room.ts'

const ROOM = { roomId: 'a' }

let fake: ReturnType<typeof createFakePort>
let room: ReturnType<typeof defineRoom>
let queryClient: QueryClient
let unsubscribe: () => void

beforeEach(async () => {
  fake = createFakePort()
  room = defineRoom(fake.port)
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  room.live.connect(queryClient)
  unsubscribe = new InfiniteQueryObserver(queryClient, room.messages(ROOM)).subscribe(() => undefined)
  await fake.settle()
})

afterEach(() => {
  unsubscribe()
  queryClient.clear()
})

const start = async (snapshot: Readonly<Record<string, unknown>> = {}) => {
  fake.live(false, { seq: 10, epoch: 'e' })
  await fake.settle()
  fake.requests.find(({ type }) => type === 'get_history')?.resolve(history(range(1, 2), snapshot))
  await fake.settle()
}

const created = (seq: number) => ({ type: 'created', payload: message(seq), seq, epoch: 'e' })

it('[Q14] tells of a channel where it stands, and how far what arrived is ahead of that', async () => {
  expect(inspectQueries(queryClient).channels).toMatchObject([
    { endpoint: '/ws/', key: { room_id: 'a' }, status: 'down', position: undefined, readers: 1, sessions: 0 },
  ])
  await start({ as_of: 10, epoch: 'e' })
  expect(inspectQueries(queryClient).channels).toMatchObject([
    { status: 'live', position: { seq: 10 }, behind: 0, sessions: 1 },
  ])
  fake.emit(created(13))
  expect(inspectQueries(queryClient).channels).toMatchObject([
    { status: 'gap', position: { seq: 10 }, behind: 3 },
  ])
  expect(inspectQueries(queryClient).queries).toMatchObject([{ status: 'gap' }])
  fake.emit(created(11), created(12))
  expect(inspectQueries(queryClient).channels).toMatchObject([
    { status: 'live', position: { seq: 13 }, behind: 0 },
  ])
})

it('[Q14] tells which queries hold their channel, which linger, and which have let go', async () => {
  await start()
  const leases = () => inspectQueries(queryClient).queries.map(({ name, lease }) => `${name} ${lease}`)
  expect(leases()).toEqual(['messages held'])
  const stop = new QueryObserver(queryClient, room.members(ROOM)).subscribe(() => undefined)
  expect(inspectQueries(queryClient).channels).toMatchObject([{ readers: 2 }])
  expect(inspectQueries(queryClient).queries).toMatchObject([
    { name: 'messages', params: ROOM, observers: 1, isFetching: false },
    { name: 'members', params: ROOM, observers: 1, isFetching: true },
  ])
  await fake.settle()
  fake.requests.find(({ type }) => type === 'get_members')?.resolve([])
  await fake.settle()
  stop()
  expect(leases()).toEqual(['messages held', 'members lingering'])
  fake.advance(5_000)
  expect(leases()).toEqual(['messages held', 'members none'])
})

it('[Q14] tells of sends until they have arrived, and of a failed one why', async () => {
  const rename = room.live.mutation<string>('rename', {
    request: (text, { request }) => request('rename', { text }),
  })
  const send = (text: string) =>
    new MutationObserver(queryClient, rename()).mutate(text).catch(() => undefined)
  await start()
  void send('one')
  void send('two')
  await fake.settle()
  const states = () => inspectQueries(queryClient).sends.map(({ name, status }) => `${name} ${status}`)
  expect(states()).toEqual(['rename queued', 'rename queued'])
  fake.live()
  await fake.settle()
  expect(states()).toEqual(['rename sending', 'rename sending'])
  const [first, second] = fake.requests.filter(({ type }) => type === 'rename')
  first?.resolve({})
  second?.reject(new LiveError('rejected', 'Not yours'))
  await fake.settle()
  expect(inspectQueries(queryClient).sends).toMatchObject([
    { status: 'failed', attempts: 1, error: { message: 'Not yours' } },
  ])
})

it('[Q14] leaves out what is not live', () => {
  queryClient.setQueryData(['todos'], [])
  expect(inspectQueries(queryClient).queries).toHaveLength(1)
  expect(inspectQueries(new QueryClient())).toEqual({ queries: [], channels: [], sends: [] })
})
