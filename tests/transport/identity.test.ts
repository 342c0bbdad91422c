import { describe, expect, it } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createJwt, listen, sentOf, setup, typesOf, watch } from './kit.ts'

const jwt = (sub: string) => createJwt({ sub })
const welcome = (id: string) => ({ type: 'welcome', data: { user: { id } } })
const never = () => undefined

/** A server that knows its users by a cookie; `greet: false` keeps its greeting for later. */
function cookieServer(options = {}) {
  const server = { user: 'alice', greets: true }
  const world = setup(options, (socket: FakeSocket) => {
    socket.accept()
    if (server.greets) socket.receive(welcome(server.user))
  })
  return { ...world, server }
}

const textsOf = (socket: FakeSocket) =>
  sentOf(socket, 'say').map(({ data }) => (data as { text: string }).text)

describe('whose connection it is', () => {
  it('[T39] what one user meant to send is never written once the server greets another one', async () => {
    const { manager, server, open, socket, clock, flush } = cookieServer()
    const first = await open()
    server.user = 'bob'
    server.greets = false
    first.drop(1006)
    const send = watch(manager.send('say', { text: 'of alice' }))
    const request = watch(manager.request('ask', {}))
    await clock.advance(1_000)
    expect(socket()).not.toBe(first)
    expect(typesOf(socket())).not.toContain('say')
    socket().receive(welcome('bob'))
    await flush()
    expect(send.error).toMatchObject({ code: 'user_changed' })
    expect(request.error).toMatchObject({ code: 'user_changed' })
    void manager.send('say', { text: 'of bob' })
    await clock.advance(5_000)
    expect(textsOf(socket())).toEqual(['of bob'])
  })

  it('[T39] it is written when the same one is greeted again, and where nobody is greeted any more', async () => {
    const { manager, server, open, socket, clock } = cookieServer()
    const first = await open()
    first.drop(1006)
    void manager.send('say', { text: 'one' })
    await clock.advance(1_000)
    expect(textsOf(socket())).toEqual(['one'])
    server.greets = false
    socket().drop(1006)
    void manager.send('say', { text: 'two' })
    await clock.advance(1_500)
    expect(typesOf(socket())).toEqual(['ping'])
    socket().receive({ type: 'pong', data: {} })
    await clock.advance(10)
    expect(textsOf(socket())).toEqual(['two'])
  })

  it('[T39] a frame with an author waits for the first greeting as well, unless the token says who it is', async () => {
    const { manager, server, open, flush } = cookieServer()
    server.greets = false
    const socket = await open()
    void manager.port.send('say', { text: 'mine' }, { guard: never })
    await flush()
    expect(typesOf(socket)).toEqual(['ping'])
    socket.receive(welcome('alice'))
    await flush()
    expect(textsOf(socket)).toEqual(['mine'])

    const named = setup({ tokenManager: { getAccessToken: () => jwt('alice') } })
    const direct = await named.open()
    void named.manager.port.send('say', { text: 'mine' }, { guard: never })
    await named.flush()
    expect(typesOf(direct)).toEqual(['say'])
  })

  it('[T39] who wrote it is asked each time before it is written', async () => {
    const { manager, open, socket, clock } = setup()
    const first = await open()
    first.receive({ type: 'pong' })
    let error: Error | undefined
    const asked = watch(
      manager.port.request('ask', {}, { idempotent: true, guard: () => error as undefined }),
    )
    await clock.advance(10)
    expect(typesOf(first)).toEqual(['ask'])
    error = new Error('not mine')
    first.drop(1006)
    await clock.advance(1_000)
    socket().receive({ type: 'pong' })
    await clock.advance(10)
    expect(typesOf(socket())).not.toContain('ask')
    expect(asked.error).toBe(error)
  })

  it('[T39] channels go down for the former user and stand anew for the other, on every endpoint', async () => {
    const { manager, server, open, sockets, clock, flush } = cookieServer()
    const room = listen(manager)
    const other = listen(manager, { endpoint: '/other/' })
    const first = await open()
    await clock.advance(2_000)
    expect(room.signals.at(-1)).toMatchObject({ type: 'live' })
    server.user = 'bob'
    first.drop(1006)
    await clock.advance(1_000)
    await flush()
    for (const { signals } of [room, other]) {
      expect(signals).toContainEqual(
        expect.objectContaining({ type: 'down', error: expect.objectContaining({ code: 'user_changed' }) }),
      )
    }
    await clock.advance(5_000)
    for (const { signals } of [room, other]) expect(signals.at(-1)).toMatchObject({ type: 'live' })
    expect(sockets.filter(({ readyState }) => readyState === 1)).toHaveLength(2)
    expect(sockets.filter(({ url }) => url.includes('other'))).toHaveLength(2)
  })

  it('[T39] where the former one was not let in, the next one is asked for again', async () => {
    const { manager, server, sockets, clock } = cookieServer()
    const room = listen(manager, { endpoint: '/room/' })
    manager.connect()
    await clock.advance(10)
    sockets.find(({ url }) => url.includes('room'))?.drop(4003)
    await clock.advance(10)
    expect(room.signals.at(-1)).toMatchObject({ type: 'down', error: { code: 'forbidden' } })
    server.user = 'bob'
    sockets.find(({ url }) => !url.includes('room'))?.drop(1006)
    await clock.advance(5_000)
    expect(room.signals.at(-1)).toMatchObject({ type: 'live' })
  })

  it('[T39] a server that greets another one each time causes no storm', async () => {
    let guests = 0
    const { manager, sockets, clock } = setup({}, (socket: FakeSocket) => {
      socket.accept()
      socket.receive(welcome(`guest ${++guests}`))
    })
    manager.connect('/a/')
    manager.connect('/b/')
    await clock.advance(60_000)
    expect(sockets.length).toBeLessThan(24)
  })
})

describe('new credentials', () => {
  it('[T40] start a dial that is under way again', async () => {
    let user = 'alice'
    const waiting: (() => void)[] = []
    const getAccessToken = () => {
      const token = jwt(user)
      return new Promise<string>((resolve) => waiting.push(() => resolve(token)))
    }
    const { manager, sockets, flush } = setup({ tokenManager: { getAccessToken } })
    manager.connect()
    await flush()
    user = 'bob'
    manager.reauthenticate()
    await flush()
    for (const go of waiting) go()
    await flush()
    expect(sockets.map(({ url }) => url.split('token=')[1])).toEqual([jwt('bob')])
  })

  it('[T40] start a renewal that is under way again', async () => {
    let user = 'alice'
    const { manager, open, sockets, flush, clock } = setup(
      { tokenManager: { getAccessToken: () => jwt(user) } },
      (socket) => sockets.length === 1 && socket.accept(),
    )
    await open()
    manager.reauthenticate()
    await flush()
    expect(sockets).toHaveLength(2)
    user = 'bob'
    manager.reauthenticate()
    await flush()
    expect(sockets).toHaveLength(3)
    sockets[2]?.accept()
    void manager.send('say', { text: 'of bob' })
    await clock.advance(5_000)
    expect(sockets.map(textsOf)).toEqual([[], [], ['of bob']])
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 0, 1])
  })

  it('[T40] what was sent before them is not sent by another user; what was sent since is, and by nobody else', async () => {
    let user = 'alice'
    let answer = (_: string) => {}
    let isSlow = false
    const getAccessToken = () =>
      isSlow ? new Promise<string>((resolve) => (answer = resolve)) : Promise.resolve(jwt(user))
    const { manager, open, sockets, flush, clock } = setup({ tokenManager: { getAccessToken } })
    const first = await open()
    first.bufferedAmount = 0
    const before = watch(manager.request('say', { text: 'of alice' }))
    await flush()
    isSlow = true
    user = 'bob'
    manager.reauthenticate()
    const since = watch(manager.send('say', { text: 'of bob' }))
    await flush()
    expect(textsOf(first)).toEqual(['of alice'])
    answer(jwt('bob'))
    await clock.advance(2_000)
    expect(before.error).toMatchObject({ code: 'user_changed' })
    expect(since.isSettled && !since.error).toBe(true)
    expect(sockets.map(textsOf)).toEqual([['of alice'], ['of bob']])
  })

  it('[T40] a greeting that comes late through the socket of the former ones greets nobody', async () => {
    const { manager, server, open, sockets, flush } = cookieServer()
    server.greets = false
    const heard: unknown[] = []
    manager.subscribe<{ user: { id: string } }>('welcome', (data) => heard.push(data?.user.id))
    const first = await open()
    server.user = 'bob'
    server.greets = true
    manager.reauthenticate()
    await flush()
    expect(sockets).toHaveLength(2)
    first.receive(welcome('alice'))
    await flush()
    expect(manager.port.identity?.who).toEqual({ user: 'bob' })
    expect(heard).toEqual(['bob'])
  })

  it('[T40] of the same user cost nothing', async () => {
    let count = 0
    const { manager, open, sockets, clock } = setup({
      tokenManager: { getAccessToken: () => createJwt({ sub: 'alice', count: ++count }) },
    })
    await open()
    manager.reauthenticate()
    const sent = watch(manager.send('say', { text: 'still here' }))
    await clock.advance(5_000)
    expect(sent.isSettled && !sent.error).toBe(true)
    expect(sockets.flatMap(textsOf)).toEqual(['still here'])
  })

  it('[T40] revive what gave up, also where nobody holds it at the moment', async () => {
    let user: string | null = null
    const { manager, clock, flush } = setup({
      tokenManager: { getAccessToken: () => (user === null ? null : jwt(user)) },
    })
    const first = watch(manager.request('ask', {}))
    await flush()
    expect(first.error).toMatchObject({ code: 'user_changed' })
    user = 'alice'
    manager.reauthenticate()
    watch(manager.request('ask', {}))
    await clock.advance(100)
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T40] a refresh that began for the former user says nothing of the next', async () => {
    let user = 'alice'
    const answers: ((token: string) => void)[] = []
    const { manager, sockets, flush, clock } = setup({
      tokenManager: {
        getAccessToken: () => createJwt({ sub: user, exp: 1 }),
        refreshAccessToken: () => new Promise<string>((resolve) => answers.push(resolve)),
      },
    })
    const claims: unknown[] = []
    manager.identify((one) => claims.push(one?.sub))
    manager.connect()
    await flush()
    user = 'bob'
    manager.reauthenticate()
    await flush()
    answers[0]?.(jwt('alice'))
    await flush()
    answers.at(-1)?.(jwt('bob'))
    await clock.advance(100)
    expect(sockets.map(({ url }) => url.split('token=')[1])).toEqual([jwt('bob')])
    expect(new Set(claims)).toEqual(new Set(['bob']))
  })
})

it('[T40] a token that comes after signing out says nothing', async () => {
  const resolves: ((token: string) => void)[] = []
  const getAccessToken = () => new Promise<string>((resolve) => resolves.push(resolve))
  const { manager, flush } = setup({ tokenManager: { getAccessToken } })
  const heard: unknown[] = []
  manager.connect()
  manager.identify((claims) => heard.push(claims))
  await flush()
  manager.signOut()
  for (const resolve of resolves) resolve(createJwt({ sub: 'alice' }))
  await flush()
  expect(heard).toEqual([])
  expect(manager.port.identity?.who).toEqual({})
})
