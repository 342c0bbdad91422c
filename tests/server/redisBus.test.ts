// @vitest-environment node
/** Two servers with nothing in common but a store and a Redis, which may be away. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { startRedis } from '../../scripts/databases.mjs'
import type { Bus, BusNotice } from '../../src/server/bus.ts'
import { type IoRedisClient, redisBus } from '../../src/server/node/redisBus.ts'
import type { Store } from '../../src/server/store.ts'
import { boardServer } from './support/board.ts'
import { startIfThere } from './support/databases.ts'
import { STORES, stopPostgres } from './support/stores.ts'

const server = await startIfThere(startRedis)
const path = server?.path ?? ''

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await server?.stop()
  await stopPostgres()
})

const DRIVERS = {
  ioredis: async () => {
    const client = new Redis(path)
    client.on('error', () => undefined)
    closing.push(() => client.disconnect())
    return client
  },
  redis: async () => {
    const client = createClient({ socket: { path, tls: false } })
    client.on('error', () => undefined)
    await client.connect()
    closing.push(() => client.destroy())
    return client
  },
}

const admin = async (...command: [string, ...string[]]) => {
  const client = new Redis(path)
  try {
    return await client.call(...command)
  } finally {
    client.disconnect()
  }
}

/** Until so many connections listen. */
const heardBy = (count: number, channel = 'querywire') =>
  vi.waitFor(async () => expect(await admin('PUBSUB', 'NUMSUB', channel)).toEqual([channel, count]), {
    timeout: 10_000,
  })

/** A server with one client that has subscribed the board. */
async function startServer(store: Store<unknown>, bus: Bus) {
  const barred = new Set<string>()
  const failed: unknown[] = []
  const live = boardServer({
    store,
    bus,
    barred,
    cards: () => {
      throw new Error('Nothing is kept but the log')
    },
    onEvent: (event) => event.type === 'failed' && failed.push(event.error),
  })
  closing.push(() => live.close({ graceMs: 0 }))
  const frames: Record<string, unknown>[] = []
  const send = (text: string) => void frames.push(...[JSON.parse(text)].flat())
  const request = new Request('http://localhost/ws/?token=alice')
  const socket = live.accept({ send, close: () => undefined }, request)
  const say = (type: string, data = {}) => socket.receive(JSON.stringify({ type, data, id: type }))
  say('subscribe_board', { board: 'b' })
  await vi.waitFor(() => expect(frames).toContainEqual(expect.objectContaining({ type: 'response' })))
  return {
    live,
    barred,
    failed,
    ping: () => say('ping', { timestamp: 1 }),
    move: (column: string) => live.publish('card_moved', { id: 'c', column, moves: 1 }, 'b'),
    columns: () =>
      frames.flatMap(({ type, data }) =>
        type === 'card_moved' ? [(data as { column: string }).column] : [],
      ),
    types: () => frames.map(({ type }) => type),
  }
}

describe('redisBus', () => {
  it('says what it needs: a client', () => {
    for (const wrong of [undefined, null, 'redis://localhost', { publish: () => undefined }])
      expect(() => redisBus(wrong as unknown as IoRedisClient)).toThrow(/ioredis or redis/)
  })
})

describe.skipIf(!server).each(Object.entries(DRIVERS))(
  'redisBus with %s',
  { timeout: 30_000 },
  (_, connect) => {
    describe.each(Object.entries(STORES))('over the %s store', (_name, create) => {
      const startTwo = async () => {
        const under = await create()
        closing.push(under.close)
        const one = await startServer(under.store, redisBus(await connect()))
        const other = await startServer(under.another(), redisBus(await connect()))
        await heardBy(2)
        return { one, other }
      }

      it('[S27] what happens in one process reaches the clients of the other at once', async () => {
        const { one, other } = await startTwo()
        await one.move('first')
        await vi.waitFor(() => expect(other.columns()).toEqual(['first']))
        const writing = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? one : other).move(`${at}`))
        await Promise.all(writing)
        await vi.waitFor(() => expect(other.columns()).toHaveLength(51))
        await vi.waitFor(() => expect(one.columns()).toHaveLength(51))
        expect(one.columns()).toEqual(other.columns())
        expect([...one.failed, ...other.failed]).toEqual([])
        expect(one.types()).not.toContain('resync_required')
      })

      it('[S27] nothing is lost while Redis is away, nor when it comes back empty', async () => {
        const { one, other } = await startTwo()
        await one.move('1')
        await vi.waitFor(() => expect(other.columns()).toEqual(['1']))
        await server?.kill()
        // Neither the writer nor its own clients wait for Redis.
        await one.move('2')
        expect(one.columns()).toEqual(['1', '2'])
        expect(other.columns()).toEqual(['1'])
        // The next heartbeat of anybody finds it.
        other.ping()
        await vi.waitFor(() => expect(other.columns()).toEqual(['1', '2']))
        await other.move('3')
        await server?.restart()
        await heardBy(2)
        // Nobody pings: the notice of this one shows that there was another one before.
        await other.move('4')
        await vi.waitFor(() => expect(one.columns()).toEqual(['1', '2', '3', '4']))
        expect(other.columns()).toEqual(['1', '2', '3', '4'])
      })
    })

    it('[S24] a right that is revoked in one process ends in the other', async () => {
      const under = await STORES.memory()
      const one = await startServer(under.store, redisBus(await connect()))
      const other = await startServer(under.store, redisBus(await connect()))
      await heardBy(2)
      for (const { barred } of [one, other]) barred.add('alice/b')
      one.live.revoke('alice', 'b')
      await vi.waitFor(() => expect(other.types()).toContain('resync_required'))
      await one.move('secret')
      other.ping()
      await vi.waitFor(() => expect(other.types()).toContain('pong'))
      expect(other.columns()).toEqual([])
    })

    it('[S27] hears its own application only, and nothing that is no notice', async () => {
      const heard: BusNotice[] = []
      const [one, other] = [redisBus(await connect()), redisBus(await connect(), { channel: 'other' })]
      for (const bus of [one, other]) closing.push(bus.subscribe((notice) => heard.push(notice)))
      await heardBy(1)
      await heardBy(1, 'other')
      const noise = [
        '',
        '{',
        'null',
        '[]',
        '{"type":"moved"}',
        '{"type":"moved","channel":"b","head":{"seq":"1"}}',
      ]
      for (const message of [...noise, '{"type":"revoked","channel":"b"}', '{"type":"x","channel":"b"}'])
        await admin('PUBLISH', 'querywire', message)
      const notice = { type: 'moved', channel: '💥', head: { seq: 1, epoch: 'e' } } as const
      await one.publish(notice)
      await vi.waitFor(() => expect(heard).toEqual([notice]))
    })

    it('[S27] listens to a Redis that was away when it began', async () => {
      const bus = redisBus(await connect())
      await server?.kill()
      closing.push(bus.subscribe(() => undefined))
      await server?.restart()
      await heardBy(1)
    })

    it('leaves no connection behind, listens again, and leaves the client alone', async () => {
      const client = await connect()
      const bus = redisBus(client)
      for (let round = 0; round < 2; round++) {
        const stops = [bus.subscribe(() => undefined), bus.subscribe(() => undefined)]
        await heardBy(1)
        for (const stop of stops) stop()
        await heardBy(0)
      }
      // Before it has connected.
      bus.subscribe(() => undefined)()
      await heardBy(0)
      expect(await client.publish('querywire', '')).toBe(0)
    })

    it('says why nothing is heard', async () => {
      await admin('ACL', 'SETUSER', 'default', 'resetchannels')
      closing.push(() => admin('ACL', 'SETUSER', 'default', 'allchannels'))
      const bus = redisBus(await connect())
      closing.push(bus.subscribe(() => undefined))
      const publish = async () => bus.publish({ type: 'revoked', channel: 'b', user: 'u' })
      await expect(publish()).rejects.toThrow(/NOPERM/)
    })
  },
)
