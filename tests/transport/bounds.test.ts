/** How often anything is asked again, by servers that refuse, lie or answer at once, and by a clock that is wrong. */
import { describe, expect, it, vi } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createJwt, listen, sentOf, setup } from './kit.ts'

const TEN_MINUTES = 600_000
const DAY = 86_400_000
const MONTH = 30 * DAY

/** What a server may write where a delay belongs. */
const HINTS = [0, -1, 0.001, 1e-300, '0', '5000', null, [], true, MONTH, 2 ** 40, 1e308]

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

describe('whatever is asked for in a loop', () => {
  const LOOPS: Readonly<Record<string, (world: ReturnType<typeof setup>) => void>> = {
    'connect()': ({ manager }) => manager.connect(),
    'reauthenticate()': ({ manager }) => manager.reauthenticate(),
    'disconnect() and connect()': ({ manager }) => {
      manager.disconnect()
      manager.connect()
    },
    'hiding and showing the page': ({ setVisible }) => {
      setVisible(false)
      setVisible(true)
    },
    'losing and finding the network': ({ setOnline }) => {
      setOnline(false)
      setOnline(true)
    },
  }
  const SERVERS: Readonly<Record<string, (socket: FakeSocket) => void>> = {
    good: (socket) => socket.accept(),
    away: (socket) => socket.drop(1006),
    forbidding: (socket) => {
      socket.accept()
      socket.drop(4003)
    },
  }

  it.each(Object.keys(LOOPS))('[T55] %s dials five times at once and then once a second', async (loop) => {
    for (const onSocket of Object.values(SERVERS)) {
      const getAccessToken = vi.fn(() => 'token')
      const world = setup({ reconnect: undefined, tokenManager: { getAccessToken } }, onSocket)
      world.manager.connect()
      for (let times = 0; times < 3_000; times++) {
        await world.clock.advance(10)
        LOOPS[loop]?.(world)
      }
      expect(world.sockets.length).toBeLessThanOrEqual(35)
      expect(getAccessToken.mock.calls.length).toBeLessThanOrEqual(36)
      world.manager.close()
    }
  })

  it('[T55] a dial that was put off is done, unless nobody wants it any more', async () => {
    const { manager, clock, sockets, open } = setup()
    await open()
    for (let times = 0; times < 9; times++) {
      manager.reauthenticate()
      await clock.advance(1)
    }
    expect(sockets).toHaveLength(5)
    await clock.advance(1_000)
    expect(sockets).toHaveLength(6)
    expect(manager.store.getState().state).toBe('CONNECTED')
    for (let times = 0; times < 9; times++) manager.reauthenticate()
    manager.disconnect()
    await clock.advance(10_000)
    expect(sockets.length).toBeLessThanOrEqual(7)
  })

  it('[T55] a chosen schedule that is quicker is kept', async () => {
    const { manager, clock, sockets } = setup(
      { reconnect: { intervalMs: 100, decay: 1, jitter: 0 } },
      (socket) => socket.drop(1006),
    )
    manager.connect()
    await clock.advance(10_000)
    expect(sockets.length).toBeGreaterThanOrEqual(100)
  })
})

it.each([0, 3_600_000, 1e300])('[T48] drains with %d do not put off the renewal of a token', async (hint) => {
  const START = 1_705_314_600
  const mint = (n: number) => createJwt({ sub: 'u', iat: START, exp: START + 300 * (n + 1) })
  const refreshAccessToken = vi.fn(() => mint(refreshAccessToken.mock.calls.length))
  const { manager, clock, sockets, socket } = setup({
    heartbeat: false,
    tokenManager: { getAccessToken: () => mint(0), refreshAccessToken },
  })
  manager.connect()
  for (let times = 0; times < 3_000; times++) {
    await clock.advance(100)
    socket().receive({ type: 'draining', data: { retry_after_ms: hint } })
  }
  expect(refreshAccessToken).toHaveBeenCalledTimes(1)
  expect(sockets.length).toBeLessThanOrEqual(15)
})

it('[T56] a refresh that never ends is waited for a minute, and then asked for again', async () => {
  const refreshAccessToken = vi.fn((): Promise<string> | string =>
    refreshAccessToken.mock.calls.length === 1
      ? new Promise<string>(() => undefined)
      : createJwt({ sub: 'u', exp: 1_905_314_600 }),
  )
  const { manager, clock } = setup({
    reconnect: undefined,
    heartbeat: false,
    tokenManager: { getAccessToken: () => createJwt({ sub: 'u', exp: 100 }), refreshAccessToken },
  })
  manager.connect()
  await clock.advance(50_000)
  expect(refreshAccessToken).toHaveBeenCalledTimes(1)
  await clock.advance(50_000)
  expect(manager.store.getState().state).toBe('CONNECTED')
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
