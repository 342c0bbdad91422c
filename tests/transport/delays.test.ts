/** How long anything waits, and how often anything is asked again, whatever a server, a clock or an option says. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { backoffMs } from '../../src/transport/backoff.ts'
import { retryAfterOf } from '../../src/transport/closeCodes.ts'
import { browserEnvironment } from '../../src/transport/environment.ts'
import { createJwt, listen, sentOf, setup, watch } from './kit.ts'

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

/** Servers that would be asked without end. */
const HOSTILE: Readonly<Record<string, (socket: FakeSocket) => void>> = {
  'refuses the upgrade': (socket) => socket.drop(1006),
  'closes at once': (socket) => {
    socket.accept()
    socket.drop(1011)
  },
  'drains at once': (socket) => {
    socket.accept()
    socket.receive({ type: 'draining', data: { retry_after_ms: 0 } })
  },
  ...Object.fromEntries(
    [1000, 1012, 4029].flatMap((code) =>
      HINTS.map((retry_after_ms) => [
        `closes with ${code} ${JSON.stringify(retry_after_ms)}`,
        (socket: FakeSocket) => {
          socket.accept()
          socket.drop(code, JSON.stringify({ retry_after_ms }))
        },
      ]),
    ),
  ),
}

describe('in ten minutes', () => {
  it.each(Object.keys(HOSTILE))('[T48] a server that %s sees at most eighty dials', async (name) => {
    const getAccessToken = vi.fn(() => 'token')
    const refreshAccessToken = vi.fn(() => 'other')
    for (const online of [true, false]) {
      const { manager, clock, sockets, setOnline } = setup(
        { reconnect: undefined, tokenManager: { getAccessToken, refreshAccessToken } },
        HOSTILE[name],
      )
      setOnline(online)
      manager.connect()
      await clock.advance(TEN_MINUTES)
      expect(sockets.length).toBeLessThanOrEqual(80)
      expect(manager.store.getState().state).not.toBe('FAILED')
    }
    expect(refreshAccessToken.mock.calls.length).toBeLessThanOrEqual(2)
    expect(getAccessToken.mock.calls.length).toBeLessThanOrEqual(160)
  })

  it('[T48] a token source that is down is asked at most eighty times', async () => {
    const getAccessToken = vi.fn(() => Promise.reject(new Error('503')))
    const { manager, clock } = setup({ reconnect: undefined, tokenManager: { getAccessToken } })
    manager.connect()
    await clock.advance(TEN_MINUTES)
    expect(getAccessToken.mock.calls.length).toBeLessThanOrEqual(80)
  })

  it('[T48] a server that takes back every token after a while costs a refresh for each', async () => {
    const refreshAccessToken = vi.fn(() => `t${refreshAccessToken.mock.calls.length}`)
    const { manager, clock, sockets, environment } = setup(
      { tokenManager: { getAccessToken: () => 'old', refreshAccessToken } },
      (socket) => {
        socket.accept()
        environment.setTimer(() => socket.drop(4001), 10_001)
      },
    )
    manager.connect()
    await clock.advance(TEN_MINUTES)
    expect(sockets.length).toBeLessThanOrEqual(61)
    expect(refreshAccessToken.mock.calls.length).toBeLessThanOrEqual(60)
  })

  it('[T48] a renewal that finds no socket is tried at most thirty times', async () => {
    const START = 1_705_314_600
    let made = 0
    const mint = () => createJwt({ sub: 'u', iat: START, exp: START + 700, n: made++ })
    let count = 0
    const { manager, clock, sockets, socket } = setup(
      { tokenManager: { getAccessToken: mint }, heartbeat: false },
      (next) => (count++ === 0 ? next.accept() : next.drop(1006)),
    )
    manager.connect()
    await clock.advance(0)
    socket().receive({ type: 'draining', data: {} })
    await clock.advance(TEN_MINUTES)
    expect(sockets[0]?.readyState).toBe(1)
    expect(sockets.length).toBeLessThanOrEqual(30)
    expect(made).toBeLessThanOrEqual(31)
  })

  it.each(HINTS)('[T48] a channel that is refused with %j is asked for at most 125 times', async (hint) => {
    const { manager, clock, sockets } = setup({ heartbeat: false }, (socket) => {
      socket.accept()
      socket.onClientMessage = () => {
        const { id, type } = socket.frames.at(-1) ?? {}
        if (type !== 'subscribe_room') return
        const error = { code: 'busy', retryable: true, retry_after_ms: hint }
        queueMicrotask(() => socket.receive({ type: 'error', reply_to: id, error }))
      }
    })
    const { signals } = listen(manager)
    await clock.advance(TEN_MINUTES)
    const asked = sockets.reduce((sum, socket) => sum + sentOf(socket, 'subscribe_room').length, 0)
    expect(asked).toBeLessThanOrEqual(125)
    expect(signals.length).toBeLessThanOrEqual(125)
    if (Number(hint) < MONTH) return
    await clock.advance(DAY - TEN_MINUTES)
    expect(sockets.flatMap((socket) => sentOf(socket, 'subscribe_room'))).toHaveLength(2)
  })
})

describe('a clock that is wrong', () => {
  const LIVES = [20, 45, 60, 300, 900, 60 * 86_400]
  const SKEWS = [-7 * 3_600, -900, -60, 0, 250, 865, 869, 3_600, 7 * 3_600]

  it.each(LIVES)('[T49] costs a few refreshes, with a token of %d s', async (lifeSeconds) => {
    for (const skewSeconds of SKEWS) {
      for (const hasIat of [true, false]) {
        const refreshAccessToken = vi.fn(() => mint())
        const { manager, clock, environment, sockets } = setup({
          heartbeat: false,
          tokenManager: { getAccessToken: () => token, refreshAccessToken },
        })
        const start = environment.wallNow()
        clock.skew(skewSeconds * 1_000)
        let made = 0
        let token = ''
        const mint = () => {
          const iat = Math.floor((start + clock.now()) / 1_000)
          token = createJwt({ sub: 'u', n: made++, exp: iat + lifeSeconds, ...(hasIat && { iat }) })
          return token
        }
        mint()
        manager.connect()
        await clock.advance(TEN_MINUTES)
        expect(manager.store.getState().state).toBe('CONNECTED')
        // What lives for a minute is renewed again and again; what only looks as if, where nothing says better, no oftener.
        const hasLittle = !hasIat || lifeSeconds <= 60
        const most = hasLittle ? 22 : lifeSeconds === 300 ? 4 : 2
        expect(refreshAccessToken.mock.calls.length).toBeLessThanOrEqual(most)
        expect(sockets.length).toBeLessThanOrEqual(most + 1)
        manager.close()
      }
    }
  })

  it('[T49] does not make a token old that was fetched a moment ago, at every dial', async () => {
    const start = 1_705_314_600
    let token = createJwt({ sub: 'u', exp: start })
    const refreshAccessToken = vi.fn(() => {
      token = createJwt({ sub: 'u', exp: start, n: refreshAccessToken.mock.calls.length })
      return token
    })
    const { manager, clock, sockets } = setup(
      { reconnect: undefined, tokenManager: { getAccessToken: () => token, refreshAccessToken } },
      (socket) => {
        socket.accept()
        socket.drop(1011)
      },
    )
    clock.skew(3_600_000)
    manager.connect()
    await clock.advance(TEN_MINUTES)
    expect(sockets.length).toBeGreaterThan(40)
    expect(refreshAccessToken.mock.calls.length).toBeLessThanOrEqual(11)
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
