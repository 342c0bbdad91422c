import { describe, expect, it, vi } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { accept, createJwt, listen, reply, sentOf, setup, typesOf, watch } from './kit.ts'

/** The fake wall clock starts here, in seconds. */
const START = 1_705_314_600
const jwt = (sub: string, livesSeconds: number, extra = {}) =>
  createJwt({ sub, exp: START + livesSeconds, ...extra })

describe('tokens', () => {
  it('[T7] asks for a token before every dial and puts it into the query', async () => {
    let count = 0
    const { clock, sockets, socket, open, manager } = setup({
      tokenManager: { getAccessToken: async () => `t${++count}` },
    })
    await open()
    expect(manager.store.getState().isAuthenticated).toBe(true)
    socket().drop()
    await clock.advance(1_000)
    expect(sockets.map(({ url }) => url)).toEqual([
      'wss://api.example.com/ws/?token=t1',
      'wss://api.example.com/ws/?token=t2',
    ])
  })

  it('[T7] carries it as subprotocol, as first message, or any other way', async () => {
    const tokenManager = { getAccessToken: () => 'secret' }
    const subprotocol = setup({ tokenManager, auth: 'subprotocol' })
    expect((await subprotocol.open()).protocols).toEqual(['bearer', 'secret'])
    const message = setup({ tokenManager, auth: 'message' })
    void message.manager.send('x')
    await message.open()
    expect(message.socket().url).toBe('wss://api.example.com/ws/')
    expect(message.socket().frames.slice(0, 2)).toMatchObject([
      { type: 'auth', data: { token: 'secret' } },
      { type: 'x' },
    ])
    const own = setup({
      tokenManager,
      auth: (dial, token) => ({ ...dial, url: `${dial.url}?ticket=${token}` }),
    })
    expect((await own.open()).url).toBe('wss://api.example.com/ws/?ticket=secret')
  })

  it('[T7] 4001 refreshes once and retries; a second one fails and explains itself', async () => {
    const tokenManager = {
      getAccessToken: vi.fn(() => 'old'),
      refreshAccessToken: vi.fn(async () => 'new'),
    }
    const { manager, clock, sockets } = setup({ tokenManager }, (socket) => {
      socket.accept()
      socket.drop(4001, 'Token expired')
    })
    manager.connect()
    await clock.advance(60_000)
    expect(sockets.map(({ url }) => url.split('=')[1])).toEqual(['old', 'new'])
    expect(tokenManager.refreshAccessToken).toHaveBeenCalledTimes(1)
    expect(manager.store.getState()).toMatchObject({
      state: 'FAILED',
      error: { code: 4001, reason: 'Token expired' },
    })
  })

  it('[T8] an upgrade that is refused twice refreshes the token once', async () => {
    const refreshAccessToken = vi.fn(() => 'new')
    const { manager, clock, sockets } = setup(
      { tokenManager: { getAccessToken: () => 'old', refreshAccessToken } },
      (socket) => (socket.url.includes('new') ? socket.accept() : socket.drop(1006)),
    )
    manager.connect()
    await clock.advance(10_000)
    expect(sockets).toHaveLength(3)
    expect(refreshAccessToken).toHaveBeenCalledTimes(1)
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T7] endpoints that need a fresh token at the same time share one refresh', async () => {
    const refreshAccessToken = vi.fn(
      () => new Promise<string>((resolve) => queueMicrotask(() => resolve('new'))),
    )
    const { manager, sockets, flush } = setup({
      tokenManager: { getAccessToken: () => jwt('u', -10), refreshAccessToken },
    })
    manager.connect('/a/')
    manager.connect('/b/')
    await flush()
    expect(sockets).toHaveLength(2)
    expect(refreshAccessToken).toHaveBeenCalledTimes(1)
  })

  it('[T7] a token source that is down is tried again like a server', async () => {
    let isDown = true
    const getAccessToken = async () => {
      if (isDown) throw new Error('503')
      return 'token'
    }
    const { manager, clock, sockets, flush } = setup({ tokenManager: { getAccessToken } })
    manager.connect()
    await flush()
    expect(manager.store.getState().state).toBe('RECONNECTING')
    isDown = false
    await clock.advance(1_000)
    expect(sockets).toHaveLength(1)
  })

  it('[T7] a token that never comes costs no more than the connect timeout, and a late one dials nothing', async () => {
    let resolve: (token: string) => void = () => undefined
    const { manager, clock, sockets, flush } = setup({
      reconnect: false,
      tokenManager: { getAccessToken: () => new Promise((done) => (resolve = done)) },
    })
    manager.connect()
    await clock.advance(10_000)
    expect(manager.store.getState().state).toBe('DISCONNECTED')
    resolve('late')
    await flush()
    expect(sockets).toHaveLength(0)
  })

  it('[T13] without a token it fails, and what waits is given up', async () => {
    const { manager, sockets, flush } = setup({ tokenManager: { getAccessToken: () => null } })
    const sent = watch(manager.send('x'))
    await flush()
    expect(sockets).toHaveLength(0)
    expect(manager.store.getState()).toMatchObject({
      state: 'FAILED',
      error: { code: 4001, reason: /No authentication token available/ },
    })
    expect(sent.error).toMatchObject({ code: 'user_changed' })
  })

  it('[T13] another user never sends what the first one queued', async () => {
    let token = jwt('alice', 3_600)
    const { manager, clock, socket, open } = setup({ tokenManager: { getAccessToken: () => token } })
    await open()
    socket().drop()
    const sent = watch(manager.send('secret_of_alice'))
    token = jwt('bob', 3_600)
    await clock.advance(1_000)
    expect(sent.error).toMatchObject({ code: 'user_changed' })
    expect(socket().url).toContain(token)
    expect(typesOf(socket())).toEqual([])
  })

  it('[T13] another user takes over a live connection only after it was closed', async () => {
    let token = jwt('alice', 3_600)
    const { manager, sockets, open, flush } = setup({ tokenManager: { getAccessToken: () => token } })
    await open()
    const { signals } = listen(manager, { subscribe: false })
    await flush()
    token = jwt('bob', 3_600)
    manager.reauthenticate()
    await flush()
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 1])
    const turns = signals.filter(({ type }, at) => type !== signals[at - 1]?.type)
    expect(turns.map(({ type }) => type)).toEqual(['live', 'down', 'live'])
    expect(signals[1]).toMatchObject({ type: 'down', error: { code: 'user_changed' } })
  })

  it('[T13] signing out during a renewal ends the connection', async () => {
    let token: string | null = jwt('alice', 3_600)
    const { manager, sockets, open, flush } = setup({ tokenManager: { getAccessToken: () => token } })
    await open()
    token = null
    manager.reauthenticate()
    await flush()
    expect(sockets[0]?.readyState).toBe(3)
    expect(manager.store.getState().state).toBe('FAILED')
  })

  it('[T13] close() drops the queue, and a later connect() works again', async () => {
    const { manager, socket, sockets, flush } = setup({}, () => undefined)
    const sent = watch(manager.send('x'))
    const asked = watch(manager.request('y'))
    await flush()
    manager.close()
    await flush()
    expect(sent.error).toMatchObject({ code: 'closed' })
    expect(asked.error).toMatchObject({ code: 'closed' })
    manager.connect()
    await flush()
    expect(sockets).toHaveLength(2)
    socket().accept()
    expect(typesOf(socket())).toEqual([])
  })

  describe('renewal', () => {
    const tokenManager = () => ({
      getAccessToken: () => jwt('u', 600),
      refreshAccessToken: vi.fn(async () => jwt('u', 1_200)),
    })
    /** The first socket is accepted; the second waits for the test. */
    const acceptFirst = () => {
      let count = 0
      return (socket: FakeSocket) => {
        if (count++ === 0) socket.accept()
      }
    }

    it('[T11] opens a second socket ahead of the expiry, moves over, and closes the first', async () => {
      const tokens = tokenManager()
      const { manager, clock, sockets, socket, open, flush } = setup(
        { tokenManager: tokens, heartbeat: false },
        acceptFirst(),
      )
      await open()
      const { signals } = listen(manager)
      await flush()
      reply(socket(), 'subscribe_room', {})
      await clock.advance(539_999)
      expect(sockets).toHaveLength(1)
      await clock.advance(1)
      expect(sockets).toHaveLength(2)
      const [old, next] = sockets
      next?.accept()
      await flush()
      if (next) reply(next, 'subscribe_room', {})
      await flush()
      expect(typesOf(next as FakeSocket)).toEqual(['subscribe_room'])
      expect(typesOf(old as FakeSocket)).toEqual(['subscribe_room', 'ping'])
      old?.receive({ type: 'pong', data: {} })
      expect(old?.closedWith?.code).toBe(1000)
      expect(manager.store.getState().state).toBe('CONNECTED')
      expect(signals.map(({ type }) => type)).toEqual(['live'])
      expect(tokens.refreshAccessToken).toHaveBeenCalledTimes(1)
    })

    it('[T11] loses, doubles and reorders no event while two sockets are open', async () => {
      const { manager, sockets, open, flush } = setup({
        tokenManager: tokenManager(),
        heartbeat: false,
      })
      const heard: unknown[] = []
      manager.subscribe('tick', (payload) => heard.push(payload))
      await open()
      manager.reauthenticate()
      await flush()
      const [old, next] = sockets
      const tick = (n: number) => ({ type: 'tick', data: n })
      // 1 was sent before the new socket joined; 2 and 3 go to both, in either order of arrival; 4 to the new one only.
      next?.receive(tick(2))
      old?.receive(tick(1))
      old?.receive(tick(2))
      next?.receive(tick(3))
      next?.receive(tick(3))
      old?.receive(tick(3))
      old?.receive(tick(3))
      next?.receive(tick(4))
      expect(heard).toEqual([1, 2, 3, 3])
      await flush()
      old?.receive({ type: 'pong', data: {} })
      expect(heard).toEqual([1, 2, 3, 3, 4])
      next?.receive(tick(5))
      expect(heard.at(-1)).toBe(5)
    })

    it('[T11] what a server wrote to the new socket before it was known to be open is heard once', async () => {
      const { manager, sockets, flush } = setup(
        { tokenManager: tokenManager(), heartbeat: false },
        acceptFirst(),
      )
      const heard: unknown[] = []
      manager.subscribe('tick', (payload) => heard.push(payload))
      manager.connect()
      await flush()
      manager.reauthenticate()
      await flush()
      const [old, next] = sockets
      const tick = (n: number) => ({ type: 'tick', data: n })
      // The server has accepted it, and writes to both; the old one is the quicker.
      old?.receive(tick(1))
      next?.accept()
      next?.receive(tick(1))
      next?.receive(tick(2))
      old?.receive(tick(2))
      await flush()
      old?.receive({ type: 'pong', data: {} })
      next?.receive(tick(3))
      expect(heard).toEqual([1, 2, 3])
    })

    it('[T11] the pong of an earlier ping ends no hand-over: what follows it is heard', async () => {
      const { manager, sockets, clock, open, flush } = setup({ tokenManager: tokenManager() })
      const heard: unknown[] = []
      manager.subscribe('tick', (payload) => heard.push(payload))
      await open()
      await clock.advance(30_000)
      const [old] = sockets
      expect(typesOf(old as FakeSocket)).toEqual(['ping'])
      manager.reauthenticate()
      await flush()
      expect(typesOf(old as FakeSocket)).toEqual(['ping', 'ping'])
      old?.receive([
        { type: 'pong', data: {} },
        { type: 'tick', data: 1 },
      ])
      expect(heard).toEqual([1])
      expect(old?.closedWith).toBeUndefined()
      old?.receive({ type: 'pong', data: {} })
      expect(old?.closedWith?.code).toBe(1000)
    })

    it('[T11] a ping that the server has passed over delays no hand-over', async () => {
      const { manager, sockets, clock, open, flush } = setup({ tokenManager: tokenManager() })
      await open()
      await clock.advance(30_005)
      manager.reauthenticate()
      await flush()
      const [old] = sockets
      const [, marker] = sentOf(old as FakeSocket, 'ping')
      expect(marker?.data).not.toEqual(sentOf(old as FakeSocket, 'ping')[0]?.data)
      old?.receive({ type: 'pong', data: marker?.data })
      expect(old?.closedWith?.code).toBe(1000)
    })

    it('[T11] what comes through the old socket confirms nothing that was asked for through the new one', async () => {
      const { manager, sockets, open, flush, socket } = setup({
        tokenManager: tokenManager(),
        heartbeat: false,
      })
      await open()
      listen(manager)
      await flush()
      // A server that answers no such frame.
      socket().receive({ type: 'tick', data: 0 })
      await flush()
      manager.reauthenticate()
      await flush()
      const [old, next] = sockets
      expect(typesOf(next as FakeSocket)).toEqual(['subscribe_room'])
      old?.receive({ type: 'tick', data: 1 })
      await flush()
      expect(typesOf(old as FakeSocket)).toEqual(['subscribe_room'])
      next?.receive({ type: 'tick', data: 1 })
      await flush()
      expect(typesOf(old as FakeSocket)).toEqual(['subscribe_room', 'ping'])
    })

    it('[T11] takes replies through the old socket, and lets no frame overtake those written to it', async () => {
      const { manager, sockets, open, flush } = setup({ tokenManager: tokenManager(), heartbeat: false })
      await open()
      const asked = watch(manager.request('x'))
      manager.reauthenticate()
      await flush()
      const later = watch(manager.request('y'))
      const [old, next] = sockets
      if (!old || !next) throw new Error('Two sockets were expected')
      expect(typesOf(next)).toEqual([])
      reply(old, 'x', 1)
      old.receive({ type: 'pong', data: {} })
      expect(typesOf(next)).toEqual(['y'])
      reply(next, 'y', 2)
      await flush()
      expect(asked.value).toBe(1)
      expect(later.value).toBe(2)
    })

    it('[T11] an old socket that cannot say that it is done makes the channels doubt', async () => {
      const { manager, clock, open, flush } = setup({ tokenManager: tokenManager(), heartbeat: false })
      await open()
      const { signals } = listen(manager, { subscribe: false })
      await flush()
      manager.reauthenticate()
      await clock.advance(2_500)
      expect(signals).toEqual([
        { type: 'live', resumed: false },
        { type: 'live', resumed: false },
      ])
    })

    it('[T11] asks again for a channel whose answer the old socket took with it', async () => {
      const { manager, clock, sockets, open, flush } = setup({
        tokenManager: tokenManager(),
        heartbeat: false,
      })
      await open()
      manager.reauthenticate()
      const { signals } = listen(manager)
      await flush()
      const [old, next] = sockets
      old?.drop(1000)
      await flush()
      if (next) reply(next, 'subscribe_room', {})
      await clock.advance(1_000)
      expect(signals).toEqual([{ type: 'live', resumed: false, cursor: undefined }])
      expect(typesOf(next as FakeSocket).every((type) => type === 'subscribe_room')).toBe(true)
    })

    it('[T11] keeps the old socket when the new one does not open, and tries again', async () => {
      const { manager, clock, sockets, open } = setup(
        { tokenManager: tokenManager(), heartbeat: false },
        acceptFirst(),
      )
      await open()
      await clock.advance(540_000)
      sockets[1]?.drop()
      expect(manager.store.getState().state).toBe('CONNECTED')
      await clock.advance(10_000)
      expect(sockets).toHaveLength(3)
      sockets[0]?.drop(1006)
      expect(manager.store.getState().state).toBe('RECONNECTING')
      sockets[2]?.accept()
      expect(manager.store.getState().state).toBe('CONNECTED')
      expect(sockets).toHaveLength(3)
    })

    it('[T11] moves to another socket when the server drains', async () => {
      const { clock, sockets, socket, open } = setup({ heartbeat: false })
      await open()
      socket().receive({ type: 'draining', data: { retry_after_ms: 2_000 } })
      await clock.advance(1_999)
      expect(sockets).toHaveLength(1)
      await clock.advance(1_001)
      expect(sockets).toHaveLength(2)
    })

    it('[T11] does not renew for ever a token that does not get younger', async () => {
      const { clock, sockets, open } = setup({
        tokenManager: { getAccessToken: () => jwt('u', 120) },
        heartbeat: false,
      })
      await open()
      await clock.advance(600_000)
      expect(sockets.length).toBeLessThan(8)
    })
  })

  it('[T12] no log, error, state or key ever holds the token', async () => {
    const token = jwt('u', 60)
    const lines: unknown[] = []
    const { manager, socket, log, errors, open, flush } = setup({
      tokenManager: { getAccessToken: () => token },
      auth: 'query',
      debug: (...line) => lines.push(line),
    })
    await open()
    await manager.send('login', { token, password: 'p4ss', nested: [{ note: `mine is ${token}` }] })
    socket().receive({ type: 'echo', data: { text: token } })
    socket().receive(`{"bad ${token}`)
    socket().drop(4003, `You sent ${token}`)
    await flush()
    const seen = JSON.stringify([log, lines, errors.map(String), manager.store.getState()])
    expect(seen).not.toContain(token)
    expect(seen).not.toContain('p4ss')
    expect(seen).toContain('[redacted]')
    expect(sentOf(socket(), 'login')[0]?.data).toMatchObject({ password: 'p4ss' })
  })

  it('[T12] nor does an environment that refuses the URL', async () => {
    const token = 'sekret'
    const { manager, errors, log, environment, flush } = setup(
      { tokenManager: { getAccessToken: () => token } },
      accept,
    )
    vi.spyOn(environment, 'createSocket').mockImplementation((url) => {
      throw new SyntaxError(`The URL '${url}' is invalid`)
    })
    manager.connect()
    await flush()
    expect(JSON.stringify([log, errors.map(String), manager.store.getState()])).not.toContain(token)
    expect(manager.store.getState().state).toBe('RECONNECTING')
  })
})

describe('whom a token names', () => {
  const sign = (claims: string) => `h.${Buffer.from(claims).toString('base64url')}.s`
  const whoWith = async (claims: string) => {
    const { manager, open } = setup({ tokenManager: { getAccessToken: () => sign(claims) } })
    await open()
    expect(manager.store.getState().state).toBe('CONNECTED')
    return manager.port.identity?.who.token
  }

  it.each([
    ['{"sub":{"id":1}}', undefined],
    ['{"sub":{"toString":1,"valueOf":1}}', undefined],
    ['{"sub":["alice"]}', undefined],
    ['{"sub":true}', undefined],
    ['{"sub":""}', undefined],
    ['{"user_id":null}', undefined],
    ['{"sub":1e400}', undefined],
    ['{"sub":1e21}', undefined],
    ['{"sub":{"id":1},"user_id":"alice"}', 'alice'],
    ['{"sub":"","user_id":7}', '7'],
    ['{"sub":0}', '0'],
    ['{"sub":"0"}', '0'],
    ['{"user_id":9007199254740993}', '9007199254740993'],
    ['{"sub":-9007199254740993}', '-9007199254740993'],
  ])('[T67] only a text or a whole number in it does: %s', async (claims, who) => {
    expect(await whoWith(claims)).toBe(who)
  })

  it('[T67] a token that names nobody, after one that did, is no longer theirs', async () => {
    let token = jwt('alice', 3_600)
    const { manager, clock, socket, open } = setup({ tokenManager: { getAccessToken: () => token } })
    await open()
    socket().drop()
    const sent = watch(manager.send('secret_of_alice'))
    token = sign('{"role":"guest"}')
    await clock.advance(1_000)
    expect(sent.error).toMatchObject({ code: 'user_changed' })
    expect(socket().url).toContain(encodeURIComponent(token))
    expect(typesOf(socket())).not.toContain('secret_of_alice')
  })

  it('[T40] [T67] where it names nobody, nothing is written under new ones before the greeting', async () => {
    let id = 1
    const { manager, clock, socket, flush } = setup(
      { tokenManager: { getAccessToken: () => sign(`{"sub":{"id":${id}}}`) }, heartbeat: false },
      (socket) => (id === 2 ? socket.accept() : socket.drop()),
    )
    manager.connect()
    void manager.send('pay')
    await flush()
    id = 2
    manager.reauthenticate()
    await clock.advance(1_500)
    expect(typesOf(socket())).toEqual(['ping'])
  })
})
