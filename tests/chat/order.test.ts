/** Times as servers write them: no digit of them is lost, and what they cannot tell apart stays as it came. */
import { afterEach, describe, expect, it } from 'vitest'
import type { ChatMember, ChatRoom } from '../../src/chat/index.ts'
import { compareTimes } from '../../src/chat/model/data/time.ts'
import { orderOf } from '../../src/chat/model/messages/messages.ts'
import { compareKeys } from '../../src/query/index.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World | undefined
afterEach(() => world?.close())

const sender = { id: 'bob', username: 'bob' }
const messageAt = (timestamp: string, at: number) => ({
  // Ids like these say nothing about the order.
  id: ['f1d3', 'c0a8', '9b2e', '4471', '0a3c'][at] ?? String(at),
  room_id: ROOM,
  sender,
  content: String(at),
  timestamp,
})

const RISING = {
  'microseconds apart': ['2024-03-09T10:00:00.123001+00:00', '2024-03-09T10:00:00.123002+00:00'],
  'nanoseconds apart': ['2024-03-09T10:00:00.000000001Z', '2024-03-09T10:00:00.00000001Z'],
  'with and without a fraction': ['2024-03-09T10:00:00+00:00', '2024-03-09T10:00:00.00001+00:00'],
  'without a zone, in an hour that clocks skip': [
    '2024-03-10T01:59:00',
    '2024-03-10T02:30:00',
    '2024-03-10T03:10:00',
  ],
  'without a zone, in an hour that comes twice': ['2024-11-03T01:30:00', '2024-11-03T02:10:00'],
  'in several zones': ['2024-03-09T10:00:00+02', '2024-03-09T09:00:00Z', '2024-03-09T05:00:00-0500'],
  'as a database writes them': ['2024-03-09 10:00:00.1', '2024-03-09 10:00:00.12', '2024-03-09 10:00:01'],
  'in an older form': ['Sat, 09 Mar 2024 10:00:00 GMT', '2024-03-09T10:00:01Z'],
}

it.each(Object.entries(RISING))('[C86] orders times %s', (_name, times) => {
  for (const [at, time] of times.entries()) {
    const next = times[at + 1]
    if (next !== undefined) expect(compareTimes(time, next)).toBeLessThan(0)
    if (next !== undefined) expect(compareTimes(next, time)).toBeGreaterThan(0)
    expect(compareKeys(orderOf(messageAt(time, 0)), orderOf(messageAt(time, 1)))).toBe(0)
  }
})

it('[C86] reads a fraction of any length in no time', () => {
  const startedAt = performance.now()
  expect(compareTimes(`2026-01-01T00:00:00.5${'0'.repeat(100_000)}1Z`, '2026-01-01T00:00:00.5Z')).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

it('[C86] takes different writings of one time for the same', () => {
  const same = [
    '2024-03-09T10:00:00Z',
    '2024-03-09T10:00:00.000+00:00',
    '2024-03-09 10:00',
    '2024-03-09T12:00:00.0+02:00',
  ]
  for (const time of same) expect(compareTimes(time, same[0] ?? '')).toBe(0)
})

/** A back end with times of its own; it replies, and numbers nothing. */
function serve() {
  const history: ReturnType<typeof messageAt>[] = []
  world = createWorld({ level: 1 })
  const { sockets } = world
  const inject = (message: (typeof history)[number]) => {
    history.push(message)
    sockets.at(-1)?.receive({ type: 'chat_message', room_id: ROOM, message })
  }
  const answerHistory = () => {
    const socket = sockets.at(-1)
    if (!socket) return
    const { onClientMessage } = socket
    socket.onClientMessage = (data) => {
      const frames = [JSON.parse(String(data))].flat()
      for (const frame of frames) {
        if (frame.type !== 'get_history') onClientMessage?.(JSON.stringify(frame))
        else {
          const answer = { messages: history, has_older: false, has_newer: false }
          queueMicrotask(() => socket.receive({ type: 'response', reply_to: frame.id, data: answer }))
        }
      }
    }
  }
  return { world, inject, answerHistory }
}

describe('messages without numbers', () => {
  it.each([
    ...Object.entries(RISING).filter(([name]) => !name.includes('older')),
    ['all the same', Array.from({ length: 5 }, () => '2024-03-09T10:00:00')],
  ] as const)(
    '[C86] stand as the server sent them, live and after a reload: times %s',
    async (_name, times) => {
      const { world, inject, answerHistory } = serve()
      const alice = world.open('alice')
      await world.flush()
      answerHistory()
      await world.pass()
      const contents = times.map((_time, at) => String(at))
      for (const [at, time] of times.entries()) inject(messageAt(time, at))
      await world.pass()
      expect(alice.texts()).toEqual(contents)
      const reloading = alice.history.refetch()
      await world.pass()
      await reloading
      expect(alice.texts()).toEqual(contents)
      void alice.queryClient.resetQueries()
      await world.pass()
      expect(alice.texts()).toEqual(contents)
    },
  )
})

it('[C86] rooms stand in the order of their activity to the last digit, and have the last of equal previews', async () => {
  world = createWorld({ level: 1, rooms: [] })
  const alice = world.open('alice')
  const rooms = alice.watch<readonly ChatRoom[]>(alice.chat.rooms())
  await world.pass()
  const times = {
    a: '2024-01-01T00:00:00.000001',
    b: '2024-01-01T00:00:00.000002+00:00',
    c: '2024-01-01T00:00:00',
  }
  for (const [id, last_activity_at] of Object.entries(times)) {
    world.socket().receive({ type: 'room_added', room: { id, name: id, last_activity_at } })
  }
  await world.pass()
  expect(rooms()?.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
  for (const at of [1, 2]) {
    const message = { ...messageAt('2024-01-01T00:00:01', at), room_id: 'c' }
    world.socket().receive({ type: 'chat_message', room_id: 'c', message })
  }
  world.socket().receive({
    type: 'chat_message',
    room_id: 'c',
    message: { ...messageAt('2024-01-01T00:00:00.999999', 3), room_id: 'c' },
  })
  await world.pass()
  expect(rooms()?.[0]).toMatchObject({ id: 'c', last_message: { content: '2' } })
})

it('[C86] a receipt that is later by microseconds is no late one', async () => {
  world = createWorld()
  const alice = world.open('alice')
  const members = alice.watch<readonly ChatMember[]>(alice.chat.members(ROOM))
  await world.pass()
  const read = (message_id: string, read_at: string) =>
    world?.socket().receive({ type: 'read_receipt', room_id: ROOM, user_id: 'bob', message_id, read_at })
  const bob = () => members()?.find(({ user }) => user.id === 'bob')?.last_read_message_id
  read('m1', '2024-01-01T00:00:00Z')
  read('m2', '2024-01-01T00:00:00.1Z')
  await world.pass()
  expect(bob()).toBe('m2')
  read('m0', '2024-01-01T00:00:00.000001+00:00')
  await world.pass()
  expect(bob()).toBe('m2')
})
