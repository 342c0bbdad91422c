import { describe, expect, it } from 'vitest'
import { accept, listen, sentOf, setup, typesOf, watch } from './kit.ts'

describe('connection', () => {
  it('[T2] drops what a replaced socket still delivers', async () => {
    const { manager, clock, socket, sockets, flush } = setup({ connectTimeoutMs: 1_000 }, () => undefined)
    manager.connect()
    await clock.advance(1_000)
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
    sockets[0]?.accept()
    await flush()
    expect(sockets[0]?.closedWith).toBeDefined()
    expect(manager.store.getState().state).toBe('RECONNECTING')
    socket().accept()
    expect(manager.store.getState().state).toBe('CONNECTED')
    sockets[0]?.drop(4003)
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T3] dials on the nominal schedule, then fails, and connect() starts over', async () => {
    const { manager, clock, sockets, flush } = setup(
      { reconnect: { jitter: 0, maxAttempts: 10 } },
      (socket) => socket.drop(1006),
    )
    manager.connect()
    await flush()
    const dials: number[] = []
    for (let at = 0; at < 150_000; at += 50) {
      while (dials.length < sockets.length) dials.push(clock.now())
      await clock.advance(50)
    }
    expect(dials.slice(0, 4)).toEqual([0, 1000, 2500, 4750])
    expect(dials).toHaveLength(11)
    expect(manager.store.getState()).toMatchObject({ state: 'FAILED', error: { code: 1006 } })
    manager.connect()
    await flush()
    expect(sockets).toHaveLength(12)
  })

  it('[T4] a server that accepts and closes sees at most six dials in ten seconds', async () => {
    for (const code of [1006, 1011, 4401]) {
      for (let seed = 1; seed <= 20; seed++) {
        const { manager, clock, sockets } = setup(
          { reconnect: {} },
          (socket) => {
            socket.accept()
            socket.drop(code)
          },
          { seed },
        )
        manager.connect()
        await clock.advance(10_000)
        expect(sockets.length).toBeLessThanOrEqual(6)
        expect(sockets.length).toBeGreaterThanOrEqual(3)
      }
    }
  })

  it('[T4] counts retries until a connection has lasted ten seconds', async () => {
    const { manager, clock, socket, open } = setup()
    await open()
    socket().drop()
    await clock.advance(1_000)
    await clock.advance(9_000)
    socket().drop()
    expect(manager.store.getState().reconnectAttempts).toBe(2)
    await clock.advance(1_500)
    await clock.advance(10_000)
    socket().drop()
    expect(manager.store.getState().reconnectAttempts).toBe(1)
  })

  it('[T5] gives an upgrade that is never answered ten seconds', async () => {
    const { manager, clock, sockets, errors } = setup({}, () => undefined)
    manager.connect()
    await clock.advance(9_999)
    expect(manager.store.getState().state).toBe('CONNECTING')
    await clock.advance(1)
    expect(manager.store.getState()).toMatchObject({ state: 'RECONNECTING', error: { code: 1006 } })
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
    expect(errors).toEqual([])
  })

  it('[T5] never closes a socket that is still connecting, but when it opens', async () => {
    const { manager, clock, socket, flush } = setup({}, () => undefined)
    manager.connect()
    await flush()
    manager.disconnect()
    expect(socket().closedWith).toBeUndefined()
    socket().accept()
    expect(socket().closedWith).toEqual({ code: 1000, reason: undefined })
    await clock.advance(0)
  })

  it('[T6] 4003 fails at once and says why', async () => {
    const { manager, clock, socket, sockets, open } = setup()
    await open()
    const request = watch(manager.request('x'))
    socket().drop(4003, 'Not a member')
    await clock.advance(60_000)
    expect(sockets).toHaveLength(1)
    expect(manager.store.getState()).toMatchObject({
      state: 'FAILED',
      error: { code: 4003, reason: 'Not a member' },
    })
    expect(request.error).toMatchObject({ code: 'connection_lost' })
    expect(watch(manager.request('x'))).toBeDefined()
    await expect(manager.send('x')).rejects.toMatchObject({ code: 'forbidden', reason: 'Not a member' })
  })

  it('[T6] the table of close codes can be extended', async () => {
    const { manager, socket, open } = setup({ closeCodes: { 4900: 'fail' } })
    await open()
    socket().drop(4900, 'Gone')
    expect(manager.store.getState().state).toBe('FAILED')
  })

  it('[T6] a JSON close reason decides: the delay, or not to come back', async () => {
    const { manager, clock, socket, sockets, open } = setup()
    await open()
    socket().drop(1012, '{"retry_after_ms":20000}')
    await clock.advance(19_999)
    expect(sockets).toHaveLength(1)
    await clock.advance(1_001)
    expect(sockets).toHaveLength(2)
    socket().drop(1000, '{"reconnect":false}')
    expect(manager.store.getState().state).toBe('FAILED')
  })

  it('[T6] a close with 1000 that nobody asked for is retried', async () => {
    const { clock, socket, sockets, open } = setup()
    await open()
    socket().drop(1000)
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
  })

  it('[T9] pings every 30 s and replaces a silent socket within five more', async () => {
    const { manager, clock, socket, sockets, open } = setup()
    await open()
    await clock.advance(30_000)
    expect(socket().frames).toEqual([{ type: 'ping', data: { timestamp: expect.any(Number) } }])
    await clock.advance(4_999)
    expect(manager.store.getState().state).toBe('CONNECTED')
    await clock.advance(1)
    expect(sockets).toHaveLength(2)
  })

  it('[T9] any message counts as a sign of life', async () => {
    const { clock, socket, sockets, open } = setup({ heartbeat: { intervalMs: 1_000, timeoutMs: 500 } })
    await open()
    for (let second = 0; second < 30; second++) {
      await clock.advance(300)
      socket().receive({ type: 'tick' })
      await clock.advance(700)
    }
    expect(sockets).toHaveLength(1)
    expect(sentOf(socket(), 'ping').length).toBeGreaterThan(20)
  })

  it('[T9] pings that come faster than their time is over do not postpone it', async () => {
    const { clock, sockets, open } = setup({ heartbeat: { intervalMs: 1_000, timeoutMs: 5_000 } })
    await open()
    await clock.advance(5_999)
    expect(sockets).toHaveLength(1)
    await clock.advance(1)
    expect(sockets).toHaveLength(2)
  })

  it('[T9] a timer that ran late gives the socket another second', async () => {
    const { clock, socket, sockets, open } = setup()
    await open()
    await clock.advance(30_000)
    await clock.suspend(60_000)
    expect(sockets).toHaveLength(1)
    socket().receive({ type: 'tick' })
    await clock.advance(1_000)
    expect(sockets).toHaveLength(1)
  })

  it('[T9] tells the latency and how far the clocks are apart', async () => {
    const { manager, clock, socket, environment, log, open } = setup()
    await open()
    await clock.advance(30_000)
    await clock.advance(80)
    const { timestamp } = { timestamp: 0, ...(sentOf(socket(), 'ping')[0]?.data as object) }
    socket().receive({ type: 'pong', data: { timestamp, server_time: environment.wallNow() - 40 + 5_000 } })
    expect(manager.store.getState().latencyMs).toBe(80)
    expect(log).toContainEqual(expect.objectContaining({ type: 'roundTrip', clockOffsetMs: 5_000 }))
  })

  it('[T10] probes on waking instead of reconnecting, and abandons a socket that does not answer', async () => {
    const { clock, socket, sockets, setVisible, showPage, open } = setup()
    await open()
    setVisible(true)
    expect(typesOf(socket())).toEqual(['ping'])
    socket().receive({ type: 'pong', data: {} })
    await clock.advance(2_500)
    expect(sockets).toHaveLength(1)
    showPage()
    await clock.advance(2_499)
    expect(sockets).toHaveLength(1)
    await clock.advance(1)
    expect(sockets).toHaveLength(2)
  })

  it('[T10] coming online ends a wait, but no more than once a second', async () => {
    const { clock, sockets, setOnline, setVisible, open, socket } = setup()
    await open()
    socket().drop()
    await clock.advance(1_000)
    socket().drop()
    await clock.advance(100)
    for (let tries = 0; tries < 10; tries++) setVisible(true)
    setOnline(true)
    expect(sockets).toHaveLength(2)
    await clock.advance(900)
    expect(sockets).toHaveLength(3)
  })

  it('[T10] coming online revives a connection that gave up', async () => {
    const { manager, clock, sockets, setOnline, flush } = setup({ reconnect: { maxAttempts: 1 } }, (socket) =>
      socket.drop(),
    )
    manager.connect()
    await clock.advance(5_000)
    expect(manager.store.getState().state).toBe('FAILED')
    setOnline(true)
    await flush()
    expect(sockets).toHaveLength(3)
  })

  it('[T10] does not bring back what was disconnected on purpose', async () => {
    const { manager, clock, sockets, setOnline, setVisible, held, open } = setup()
    await open()
    manager.disconnect()
    setOnline(true)
    setVisible(true)
    await clock.advance(60_000)
    expect(sockets).toHaveLength(1)
    expect(manager.store.getState().state).toBe('DISCONNECTED')
    await expect(manager.request('x')).rejects.toMatchObject({ code: 'disconnected' })
    expect(held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
  })

  it('[T19] endpoints have a connection each, and worse states win at the top', async () => {
    const { manager, sockets, flush } = setup({ endpoint: undefined })
    manager.connect('/a/')
    manager.connect('/b/')
    await flush()
    expect(sockets.map(({ url }) => url)).toEqual(['wss://api.example.com/a/', 'wss://api.example.com/b/'])
    sockets[0]?.drop()
    expect(manager.store.getState()).toMatchObject({
      state: 'RECONNECTING',
      connections: { '/a/': { state: 'RECONNECTING' }, '/b/': { state: 'CONNECTED' } },
    })
  })

  it('[T19] without an endpoint anywhere the only open connection is meant, and a second one is an error', async () => {
    const { manager, socket, flush } = setup({ endpoint: undefined })
    manager.connect('/a/')
    await flush()
    await manager.send('x')
    expect(typesOf(socket())).toEqual(['x'])
    manager.connect('/b/')
    await expect(manager.send('x')).rejects.toMatchObject({ code: 'misconfigured' })
  })

  it('[T19] a pending frame or an open channel holds the connection', async () => {
    const { manager, clock, socket, sockets, held } = setup({ heartbeat: false }, () => undefined)
    const sent = manager.send('x')
    await clock.advance(8_000)
    expect(sockets).toHaveLength(1)
    socket().accept()
    await sent
    const { channel } = listen(manager)
    await clock.advance(30_000)
    expect(socket().readyState).toBe(1)
    channel.close()
    await clock.advance(5_000)
    expect(held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
    expect(manager.store.getState().connections).toEqual({})
  })

  it('[T5] says what is missing when there is no URL', async () => {
    const { manager, errors, flush } = setup({ url: '' })
    manager.connect()
    await flush()
    expect(manager.store.getState()).toMatchObject({ state: 'FAILED', error: { reason: /No URL/ } })
    expect(errors[0]).toMatchObject({ code: 'misconfigured' })
  })

  it('[T5] asks a URL function before every dial', async () => {
    let shard = 0
    const { clock, sockets, open, socket } = setup({
      url: async () => `https://s${++shard}.example.com/base?v=1`,
    })
    await open()
    socket().drop()
    await clock.advance(1_000)
    expect(sockets.map(({ url }) => url)).toEqual([
      'wss://s1.example.com/base/ws/?v=1',
      'wss://s2.example.com/base/ws/?v=1',
    ])
  })

  it('[T1] a handler may disconnect, connect or send from inside an event', async () => {
    const { manager, socket, sockets, open, flush } = setup()
    await open()
    manager.subscribe('kick', () => {
      manager.disconnect()
      manager.connect()
      void manager.send('again')
    })
    socket().receive({ type: 'kick' })
    await flush()
    expect(sockets).toHaveLength(2)
    expect(manager.store.getState().state).toBe('CONNECTED')
    expect(typesOf(socket())).toEqual(['again'])
  })

  it('[T3] the browser’s 1006 before open is a retry like any other', async () => {
    const { manager, clock, sockets } = setup({}, (socket) => (socket.url ? socket.drop() : accept(socket)))
    manager.connect()
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
  })
})
