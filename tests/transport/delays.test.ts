/** How long anything waits, whatever a server, a network or an option says. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { browserEnvironment } from '../../src/transport/environment.ts'
import { backoffMs } from '../../src/transport/machine/backoff.ts'
import { retryAfterOf } from '../../src/transport/machine/closeCodes.ts'
import { listen, setup, watch } from './kit.ts'

const TEN_MINUTES = 600_000
const DAY = 86_400_000
const MONTH = 30 * DAY

/** What a server may write where a delay belongs. */
const HINTS = [0, -1, 0.001, 1e-300, '0', '5000', null, [], true, MONTH, 2 ** 40, 1e308]

describe('timers', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([2 ** 31, MONTH, 60 * DAY, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    '[T47] one of %d ms does not overflow, runs when it is due, and can be ended meanwhile',
    async (delayMs) => {
      vi.useFakeTimers()
      const { setTimer } = browserEnvironment()
      const due = vi.fn()
      setTimer(due, delayMs)
      const end = setTimer(due, delayMs)
      const soonMs = Math.min(delayMs, 200 * DAY) - 1
      await vi.advanceTimersByTimeAsync(soonMs)
      expect(due).not.toHaveBeenCalled()
      end()
      await vi.advanceTimersByTimeAsync(1)
      expect(due).toHaveBeenCalledTimes(delayMs <= 200 * DAY ? 1 : 0)
    },
  )

  it('[T47] options without an end have none', async () => {
    vi.useFakeTimers()
    const { manager, flush } = setup(
      { environment: undefined, queue: { maxAgeMs: Infinity }, requestTimeoutMs: Infinity, lingerMs: MONTH },
      () => undefined,
    )
    class Silent {
      close() {}
    }
    vi.stubGlobal('WebSocket', Silent)
    const sent = watch(manager.send('x'))
    const asked = watch(manager.request('y', {}, { timeoutMs: Infinity }))
    await flush()
    await vi.advanceTimersByTimeAsync(5_000)
    expect([sent.isSettled, asked.isSettled]).toEqual([false, false])
    manager.close()
    vi.unstubAllGlobals()
  })
})

describe('a hint', () => {
  it('[T47] counts if it is a number from 0 on, and for a day at most', () => {
    const read = HINTS.map((retry_after_ms) => retryAfterOf({ retry_after_ms }))
    expect(read).toEqual([
      0,
      undefined,
      0.001,
      1e-300,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      DAY,
      DAY,
      DAY,
    ])
    expect(retryAfterOf({ retry_after_ms: Number.NaN })).toBeUndefined()
    expect(retryAfterOf({ retry_after_ms: Number.POSITIVE_INFINITY })).toBe(DAY)
    expect(retryAfterOf({})).toBeUndefined()
  })

  it('[T47] makes no wait for a connection shorter', async () => {
    for (const retry_after_ms of HINTS) {
      const { manager, clock, log } = setup({ reconnect: { jitter: 0 } }, (socket) => {
        socket.accept()
        socket.drop(4029, JSON.stringify({ retry_after_ms }))
      })
      manager.connect()
      await clock.advance(20_000)
      const waits = log.flatMap((entry) => (entry.type === 'wait' ? [Number(entry.delayMs)] : []))
      waits.forEach((waitMs, retry) => {
        expect(waitMs).toBeGreaterThanOrEqual(1_000 * 1.5 ** retry)
        expect(waitMs).toBeLessThanOrEqual(DAY + 1_000)
      })
    }
  })
})

describe('after a long outage', () => {
  const away = (reconnect: object | undefined, minutes: number, online = true) => {
    let isAway = true
    const world = setup({ reconnect }, (socket) => (isAway ? socket.drop(1006) : socket.accept()))
    world.setOnline(online)
    world.manager.connect()
    return {
      ...world,
      async comeBack() {
        await world.clock.advance(minutes * 60_000)
        isAway = false
        const since = world.clock.now()
        while (world.manager.store.getState().state !== 'CONNECTED' && world.clock.now() - since < 120_000) {
          await world.clock.advance(100)
        }
        return world.clock.now() - since
      },
    }
  }

  it.each([true, false])(
    '[T51] the return of the server is noticed within 15 s, by default: online %j',
    async (online) => {
      for (const minutes of [1, 10, 180]) {
        const { comeBack } = away(undefined, minutes, online)
        expect(await comeBack()).toBeLessThanOrEqual(15_000)
      }
    },
  )

  it('[T51] chosen options keep their schedule, and an explicit number of attempts its end', async () => {
    const { comeBack } = away({ jitter: 0 }, 10)
    expect(await comeBack()).toBeLessThanOrEqual(30_000)
    const limited = away({ maxAttempts: 10 }, 10)
    await limited.comeBack()
    expect(limited.manager.store.getState().state).toBe('FAILED')
    expect(limited.sockets).toHaveLength(11)
  })

  it('[T26] clients that are dropped once more at the end of the schedule come back spread', () => {
    const options = { intervalMs: 1_000, decay: 1.5, maxAttempts: 10, maxIntervalMs: 15_000, jitter: 0.5 }
    const arrivals = Array.from({ length: 10_000 }, (_, n) => backoffMs(options, 20, n / 10_000))
    const inOne = new Map<number, number>()
    for (const at of arrivals) inOne.set(Math.floor(at / 100), (inOne.get(Math.floor(at / 100)) ?? 0) + 1)
    expect(Math.max(...inOne.values())).toBeLessThanOrEqual(200)
    expect(Math.max(...arrivals)).toBeLessThanOrEqual(15_000)
  })

  it('[T3] offline, the wait grows as it does online, and no attempt is used up', async () => {
    const { manager, clock, log, setOnline } = setup({ reconnect: { jitter: 0, maxAttempts: 3 } }, (socket) =>
      socket.drop(1006),
    )
    setOnline(false)
    manager.connect()
    await clock.advance(TEN_MINUTES)
    const waits = log.flatMap((entry) => (entry.type === 'wait' ? [Number(entry.delayMs)] : []))
    expect(waits.slice(0, 4)).toEqual([1_000, 1_500, 2_250, 3_375])
    expect(waits.at(-1)).toBe(30_000)
    expect(manager.store.getState().state).toBe('RECONNECTING')
  })
})

it('[T50] tells when the next attempt is, while one is waited for', async () => {
  const { manager, clock, environment, socket, open } = setup()
  const next = () => manager.store.getState().nextAttemptAt
  expect(next()).toBeNull()
  await open()
  expect(next()).toBeNull()
  socket().drop(1006)
  expect(next()).toBe(environment.wallNow() + 1_000)
  expect(manager.store.getState().connections['/ws/']?.nextAttemptAt).toBe(next())
  await clock.advance(999)
  expect(next()).toBe(environment.wallNow() + 1)
  await clock.advance(1)
  expect(next()).toBeNull()
})

it('[T52] the time in which nobody used a channel counts towards how long its connection outlives it', async () => {
  for (const [lingerMs, idleMs, leftMs] of [
    [5_000, undefined, 5_000],
    [5_000, 5_000, 0],
    [5_000, 2_000, 3_000],
    [30_000, 5_000, 25_000],
  ] as const) {
    const { manager, clock, held, open, flush } = setup({ lingerMs, heartbeat: false })
    await open()
    const { channel } = listen(manager, { subscribe: false })
    await flush()
    manager.disconnect()
    manager.connect('/ws/', { hold: false })
    await flush()
    channel.close(idleMs)
    if (leftMs > 0) await clock.advance(leftMs - 1)
    expect(held().sockets).toBe(1)
    await clock.advance(1)
    expect(held().sockets).toBe(0)
  }
})
