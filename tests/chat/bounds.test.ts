/** How often a chat asks, whatever a server makes of it. */
import { InfiniteQueryObserver, notifyManager, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import { createChat } from '../../src/chat/index.ts'
import { createTypingSender } from '../../src/chat/model/people/typingSender.ts'
import { readReporterOf } from '../../src/chat/model/readState/readReporter.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createWorld } from './kit.ts'

notifyManager.setScheduler(queueMicrotask)

const SECONDS = 600
const ROOM = 'general'
const HINTS = [0, -1, 0.001, '5', null, 1e308]

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

interface Hostile {
  /** What a frame is answered with; `undefined`: as a server should; `null`: not at all. */
  answer?(type: string, n: number): object | null | undefined
  /** Frames that come ten times a second. */
  flood?(n: number): object
}

const message = (n: number) => ({
  id: `m${n}`,
  room_id: ROOM,
  sender: { id: 'bob', username: 'bob' },
  content: 'x',
  message_type: 'text',
  timestamp: new Date(1_705_314_600_000 + n * 1_000).toISOString(),
  created_at: new Date(1_705_314_600_000 + n * 1_000).toISOString(),
})
const refusal = (n: number) => ({
  error: { code: 'busy', retryable: true, retry_after_ms: HINTS[n % HINTS.length] },
})
const room = { id: ROOM, name: ROOM }

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'answers as it should': {},
  'flaps membership': {
    flood: (n) =>
      n % 2 ? { type: 'room_added', data: { room } } : { type: 'room_removed', data: { room_id: ROOM } },
  },
  'tells of messages that never come': {
    flood: (n) => ({ type: 'room_updated', data: { room: { ...room, last_message: message(n + 10) } } }),
  },
  'tells of heads that never come': {
    flood: (n) => ({ type: 'pong', data: { heads: { [ROOM]: { seq: n + 10 } } } }),
  },
  'takes its heads back': {
    flood: (n) => ({ type: 'pong', data: { heads: { [ROOM]: { seq: n % 2 ? 1 : 100 } } } }),
  },
  'has holes, and no complete answer to them': {
    flood: (n) => ({ type: 'chat_message', room_id: ROOM, seq: 2 * n + 10, data: message(n) }),
    answer: (type) => (type === 'sync' ? { data: { rooms: { [ROOM]: { complete: false } } } } : undefined),
  },
  'has holes, and does not fill them': {
    flood: (n) => ({ type: 'chat_message', room_id: ROOM, seq: 2 * n + 10, data: message(n) }),
    answer: (type) =>
      type === 'sync' ? { data: { rooms: { [ROOM]: { complete: true, events: [], seq: 1 } } } } : undefined,
  },
  'loses track all the time': { flood: () => ({ type: 'resync_required', data: {} }) },
  'begins another history all the time': {
    flood: (n) => ({ type: 'chat_message', room_id: ROOM, seq: n, epoch: `e${n}`, data: message(n) }),
  },
  'greets all the time': {
    flood: (n) => ({ type: 'welcome', data: { level: 2, user: { id: 'alice' }, room_id: ROOM, seq: n } }),
  },
  'refuses every other subscription': {
    answer: (type, n) => (type === 'subscribe_room' && n % 2 ? refusal(n) : undefined),
    flood: () => ({ type: 'resync_required', data: {} }),
  },
  'refuses everything': { answer: (type, n) => (type === 'ping' ? undefined : refusal(n)) },
  'refuses for good': {
    answer: (type) => (type === 'ping' ? undefined : { error: { code: 'not_member' } }),
  },
  'answers pings alone': { answer: (type) => (type === 'ping' ? undefined : null) },
  'answers nothing': { answer: () => null },
  'tells who is there': {
    flood: (n) => ({ type: 'user_status', data: { user_id: 'bob', status: n % 2 ? 'online' : 'offline' } }),
  },
}

/** In ten minutes, of one room; with a user who types and reads without a pause. */
const MOST: Readonly<Record<string, number>> = {
  subscribe_room: 125,
  unsubscribe_room: 0,
  get_history: 310,
  get_rooms: 310,
  sync: 320,
  ping: 700,
  typing_indicator: 202,
  read_receipt: 400,
}

function play({ answer, flood }: Hostile) {
  let asked = 0
  const counts = new Map<string, number>()
  const onSocket = (socket: FakeSocket) => {
    socket.accept()
    socket.receive({ type: 'welcome', data: { level: 2, user: { id: 'alice', username: 'alice' } } })
    socket.onClientMessage = (data) => {
      const frame = JSON.parse(String(data)) as { type: string; id?: string; data: Record<string, unknown> }
      counts.set(frame.type, (counts.get(frame.type) ?? 0) + 1)
      const given = answer?.(frame.type, asked++)
      if (given === null) return
      queueMicrotask(() => {
        if (given)
          socket.receive({ type: 'error' in given ? 'error' : 'response', reply_to: frame.id, ...given })
        else if (frame.type === 'ping')
          socket.receive({ type: 'pong', data: { timestamp: frame.data.timestamp } })
        else socket.receive({ type: 'response', reply_to: frame.id, data: goodAnswer(frame.type) })
      })
    }
  }
  const fake = createFakeEnvironment({ onSocket })
  const chat = createChat({
    url: 'ws://localhost',
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => 'opaque-token' },
    debug: false,
    environment: fake.environment,
  })
  const queryClient = new QueryClient()
  const history = new InfiniteQueryObserver(queryClient, chat.messages(ROOM))
  cleanups.push(
    () => chat.manager.close(),
    chat.live.connect(queryClient),
    chat.start(),
    history.subscribe(() => undefined),
    new QueryObserver(queryClient, chat.rooms() as never).subscribe(() => undefined),
    new QueryObserver(queryClient, chat.presence(['bob']) as never).subscribe(() => undefined),
    new QueryObserver(queryClient, chat.typing(ROOM) as never).subscribe(() => undefined),
  )
  return { fake, chat, queryClient, counts, flood }
}

const goodAnswer = (type: string) =>
  ({
    subscribe_room: { seq: 1 },
    sync: { rooms: { [ROOM]: { complete: true, events: [], seq: 1 } } },
    get_rooms: { rooms: [room], as_of: { seq: 1 } },
    get_history: { messages: [message(0)], has_more: false, as_of: { seq: 1 } },
    read_receipt: { room_id: ROOM, unread_count: 0 },
  })[type] ?? {}

it.each(Object.keys(HOSTILE))(
  '[T48] a server that %s is asked seldom enough, in ten minutes',
  async (name) => {
    const { fake, chat, queryClient, counts, flood } = play(HOSTILE[name] ?? {})
    const typing = createTypingSender(contextOf(chat), ROOM)
    const read = (at: number) =>
      readReporterOf(chat, queryClient, ROOM).report(`m${at}`, (id) =>
        id === `m${at}` ? ([at, `${at}`] as never) : undefined,
      )
    let n = 0
    for (let second = 0; second < SECONDS; second++) {
      await fake.clock.advance(1_000)
      const socket = fake.sockets.at(-1)
      for (let times = 0; flood && times < 10; times++)
        if (socket?.readyState === 1) socket.receive(flood(n++))
      typing.keystroke()
      if (second % 60 === 0) read(second)
    }
    expect(fake.sockets.length).toBeLessThanOrEqual(80)
    for (const [type, count] of counts) expect(count, type).toBeLessThanOrEqual(MOST[type] ?? 0)
  },
)

it('[Q30] twenty rooms, each with its own socket, changed four times a second', async () => {
  const world = createWorld({ rooms: Array.from({ length: 20 }, (_, n) => ({ id: `r${n}` })) })
  const chat = world.newChat('alice', { endpoints: { room: (roomId) => `/ws/chat/${roomId}/` } })
  const queryClient = new QueryClient()
  cleanups.push(world.close, chat.live.connect(queryClient), chat.start())
  let most = 0
  for (let change = 0; change < 80; change++) {
    const roomId = `r${change % 20}`
    const leave = [
      new InfiniteQueryObserver(queryClient, chat.messages(roomId)).subscribe(() => undefined),
      new QueryObserver(queryClient, chat.typing(roomId) as never).subscribe(() => undefined),
    ]
    await world.pass(250)
    for (const stop of leave) stop()
    most = Math.max(most, world.held().sockets)
  }
  expect(most).toBeLessThanOrEqual(6)
  await world.pass(6_000)
  expect(world.held().sockets).toBe(0)
})
