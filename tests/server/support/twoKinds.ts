/** Boards and users side by side, with the same names, on the kit; and clients of this library in front of it. */
import * as z from 'zod'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import { memoryStore } from '../../../src/server/stores/memoryStore.ts'
import type { MemoryTables } from '../../../src/server/stores/memoryTables.ts'
import { createRandom } from '../../../src/testing/server/random.ts'
import { createVirtualClock } from '../../../src/testing/virtualClock.ts'
import { createWebSocketManager } from '../../../src/transport/index.ts'
import type { ChannelSignal, Cursor } from '../../../src/transport/port.ts'
import { defineProtocol } from '../../../src/transport/protocol.ts'
import { createLine } from './line.ts'

const Count = z.object({ count: z.number() })

export const kinds = [
  { key: 'board', subscribe: 'subscribe_board', unsubscribe: 'unsubscribe_board', field: 'boards' },
  { key: 'user', subscribe: 'subscribe_user', unsubscribe: 'unsubscribe_user', field: 'users' },
] as const

const protocol = defineProtocol({
  events: {
    // `user`: who moved it, which is no channel.
    moved: z.object({ user: z.string().optional() }),
    told: z.object({}),
  },
  requests: {
    // None of them lets pass where a snapshot stands.
    count_moves: { params: z.object({ board: z.string() }), result: z.strictObject({ count: z.number() }) },
    count_news: { params: z.object({ user: z.string() }), result: z.tuple([z.number()]) },
    move: { params: z.object({ board: z.string(), client_id: z.string() }), result: Count },
    tell: { params: z.object({ user: z.string(), client_id: z.string() }), result: Count },
    share: { params: z.object({ board: z.string(), user: z.string() }), result: Count },
  },
  channels: kinds,
})

const countIn = (tx: MemoryTables, table: string, key: string) => tx.get<number>(table, key) ?? 0

function countUp(tx: MemoryTables, table: string, key: string): { count: number } {
  const count = countIn(tx, table, key) + 1
  tx.set(table, key, count)
  return { count }
}

export function createTwoKinds(seed = 1) {
  const clock = createVirtualClock()
  const random = createRandom(seed)
  const environment = { ...clock, random }
  const barred = new Set<string>()
  const live = createLiveServer({
    protocol,
    environment,
    store: memoryStore({ environment }),
    authenticate: (token) => ({ id: String(token), username: String(token) }),
    channels: {
      board: ({ key }) => !barred.has(`board ${key}`),
      user: ({ key }) => !barred.has(`user ${key}`),
    },
    requests: {
      count_moves: ({ key, read }) => read((tx) => ({ count: countIn(tx, 'moves', key) })),
      count_news: ({ key, read }) => read((tx): [number] => [countIn(tx, 'news', key)]),
      move: ({ key, user, transaction, publish }) =>
        transaction((tx) => {
          publish('moved', { user: user.username })
          return countUp(tx, 'moves', key)
        }),
      tell: ({ key, transaction, publish }) =>
        transaction((tx) => {
          publish('told', {})
          return countUp(tx, 'news', key)
        }),
      share: ({ data, transaction, publish }) =>
        transaction((tx) => {
          publish('told', {}, { user: data.user })
          publish('moved', {})
          return countUp(tx, 'news', data.user)
        }),
    },
  })
  const line = createLine({ clock, random, accept: live.accept })
  const open = (token: string, endpoint = '/ws/') =>
    createWebSocketManager({
      url: 'ws://kit.example',
      endpoint,
      protocol,
      environment: line.environment,
      tokenManager: { getAccessToken: () => token },
      reconnect: { intervalMs: 20, maxIntervalMs: 200 },
      debug: false,
    })
  const move = (key = 'x') =>
    live.transaction(({ tx, publish }) => {
      publish('moved', { user: 'y' }, { board: key })
      countUp(tx, 'moves', key)
    })
  const tell = (key = 'x') =>
    live.transaction(({ tx, publish }) => {
      publish('told', {}, { user: key })
      countUp(tx, 'news', key)
    })
  return { clock, random, live, line, barred, open, move, tell }
}

/** Opens a channel as the query layer does, and keeps what it hears. */
export function listenTo(
  { port }: Pick<ReturnType<ReturnType<typeof createTwoKinds>['open']>, 'port'>,
  key: Readonly<Record<string, string>>,
  cursor?: Cursor,
) {
  const signals: ChannelSignal[] = []
  const channel = port.open(
    { key, subscribe: Object.keys(key).length > 0 },
    { cursor: () => cursor, onSignal: (signal) => signals.push(signal) },
  )
  return {
    channel,
    signals,
    heard: () =>
      signals
        .flatMap((signal) => (signal.type === 'events' ? signal.events : []))
        .map(({ type, seq }) => [type, seq]),
  }
}
