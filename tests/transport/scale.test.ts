/** What only shows in numbers: leaks, and what ten thousand clients do together. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { backoffMs } from '../../src/transport/machine/backoff.ts'
import { accept, listen, sentOf, setup } from './kit.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const NOTHING = { timers: 0, listeners: 0, sockets: 0 }

describe('scale', () => {
  it('[T25] a thousand connects, channels, requests and losses leave no timer, listener or socket', async () => {
    const { manager, clock, flush, held, socket } = setup({ endpoint: undefined })
    for (let cycle = 0; cycle < 1_000; cycle++) {
      const endpoint = `/room/${cycle % 7}/`
      const release = manager.acquire(endpoint)
      const { channel } = listen(manager, { endpoint, subscribe: cycle % 2 === 0 })
      manager.request('x', {}, { endpoint, timeoutMs: 50 }).catch(() => undefined)
      await flush()
      if (cycle % 3 === 0) socket().drop()
      if (cycle % 5 === 0) manager.connect(endpoint)
      await clock.advance(10)
      if (cycle % 5 === 0) manager.disconnect(endpoint)
      channel.close()
      release()
      release()
    }
    await clock.advance(20_000)
    expect(held()).toEqual(NOTHING)
    const states = new Set(Object.values(manager.store.getState().connections).map(({ state }) => state))
    expect([...states]).toEqual(['DISCONNECTED'])
  })

  it('[T25] a channel that is closed in the turn it was opened in leaves no record of its connection', async () => {
    const { manager, flush, sockets } = setup()
    const changed = vi.fn()
    manager.store.subscribe(changed)
    for (let room = 0; room < 100; room++) listen(manager, { endpoint: `/ws/${room}/` }).channel.close()
    const { channel } = listen(manager, { endpoint: '/ws/0/' })
    await flush()
    expect(Object.keys(manager.store.getState().connections)).toEqual(['/ws/0/'])
    expect(sockets).toHaveLength(1)
    channel.close()
    changed.mockClear()
    const endpoints = new Set<string>()
    manager.store.subscribe(({ connections }) => {
      for (const name of Object.keys(connections)) endpoints.add(name)
    })
    manager.close()
    expect([...endpoints].filter((name) => name !== '/ws/0/')).toEqual([])
  })

  it('[T22] channels that are asked for again cost the same each, however many there are', async () => {
    const cost = async (count: number) => {
      const { manager, open, flush } = setup()
      for (let room = 0; room < count; room++) listen(manager, { key: { room_id: room } })
      const socket = await open()
      const asked = sentOf(socket, 'subscribe_room')
      expect(asked).toHaveLength(count)
      const begun = process.cpuUsage()
      for (const { id } of asked) socket.receive({ type: 'response', reply_to: id, data: {} })
      await flush()
      const { user } = process.cpuUsage(begun)
      manager.close()
      return user / count
    }
    await cost(500)
    const few = await cost(500)
    const many = await cost(6_000)
    expect(many).toBeLessThan(3 * few)
  })

  it('[T25] close() lets go of everything at once', async () => {
    const { manager, flush, held } = setup()
    manager.connect()
    await flush()
    manager.request('x').catch(() => undefined)
    await flush()
    manager.close()
    await flush()
    expect(held()).toEqual(NOTHING)
  })

  it('[T25] a manager that nobody holds is collected', async () => {
    const fake = createFakeEnvironment({ onSocket: accept })
    const create = async () => {
      const manager = createWebSocketManager({ url: 'ws://x', debug: false, environment: fake.environment })
      manager.connect()
      await fake.flush()
      manager.close()
      await fake.flush()
      return new WeakRef(manager)
    }
    const reference = await create()
    for (let tries = 0; tries < 20 && reference.deref(); tries++) {
      await new Promise((resolve) => setImmediate(resolve))
      collectGarbage()
    }
    expect(reference.deref()).toBeUndefined()
  })

  it('[T26] of 10 000 clients dropped at once, at most 160 come back within any 100 ms', () => {
    const options = { intervalMs: 1_000, decay: 1.5, maxAttempts: 10, maxIntervalMs: 30_000, jitter: 0.5 }
    for (let seed = 1; seed <= 5; seed++) {
      const { random } = createFakeEnvironment({ seed }).environment
      const arrivals = Array.from({ length: 10_000 }, () => {
        let at = 0
        for (let retry = 0; at < 20_000; retry++) at += backoffMs(options, retry, random())
        return at
      }).sort((one, other) => one - other)
      let peak = 0
      let first = 0
      arrivals.forEach((at, last) => {
        while (at - (arrivals[first] ?? at) >= 100) first++
        peak = Math.max(peak, last - first + 1)
      })
      expect(peak).toBeLessThanOrEqual(160)
    }
  })

  it('[T3] jitter keeps between the bounds, and 0 is exact', () => {
    const options = { intervalMs: 1_000, decay: 1.5, maxAttempts: 10, maxIntervalMs: 30_000, jitter: 0.5 }
    expect(backoffMs(options, 2, 0)).toBeCloseTo(1_125)
    expect(backoffMs(options, 2, 0.5)).toBeCloseTo(2_250)
    expect(backoffMs(options, 2, 1)).toBeCloseTo(4_500)
    expect(backoffMs(options, 50, 1)).toBe(30_000)
    expect(backoffMs({ ...options, jitter: 0 }, 1, 0.123)).toBe(1_500)
  })
})
