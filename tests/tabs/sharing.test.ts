import { expect, it } from 'vitest'
import { createReader } from './reader.ts'
import { createStage, rolesOf, socketsOf } from './stage.ts'

it('[B1] five tabs have one socket, and each hears everything, once and in order', async () => {
  const { clock, server, openAll } = createStage()
  const readers = await openAll(5)
  expect(rolesOf(readers)).toEqual(['leader', 'follower', 'follower', 'follower', 'follower'])
  expect(server.open()).toHaveLength(1)
  server.say('one')
  for (const [at, reader] of readers.entries()) reader.send(`from ${at}`, at % 2 === 0)
  await clock.advance(1_000)
  expect(server.log).toHaveLength(6)
  for (const { rows, sent } of readers) {
    expect(rows).toEqual(server.log)
    expect(sent.map(({ outcome }) => outcome)).toEqual(['done'])
  }
})

it('[B2] a follower has a manager like any other: state, latency, identity, greeting, classes of delivery, abort, typed errors', async () => {
  const { clock, server, openAll } = createStage()
  const [, follower] = await openAll(2)
  const { manager } = follower ?? createReader(expect.fail())
  await clock.advance(31_000)
  const status = manager.store.getState()
  expect(status).toMatchObject({ state: 'CONNECTED', isAuthenticated: true, queued: 0 })
  expect(status.latencyMs).toBeGreaterThanOrEqual(0)
  expect(manager.port.identity?.who).toEqual({ token: 'u1', user: 'u1' })
  expect(await manager.port.greeting?.('/ws/')).toMatchObject({ level: 3 })
  const heard: unknown[] = []
  manager.subscribe('said', (payload) => heard.push(payload))
  const stop = new AbortController()
  const aborted = manager.request('never', {}, { signal: stop.signal })
  const refused = manager.request('refuse', {})
  const sent = [
    manager.send('note', { text: 'volatile' }, { delivery: 'volatile' }),
    manager.send('note', { text: 'latest' }, { delivery: { latest: 'x' } }),
    manager.send('note', { text: 'reliable' }),
  ]
  stop.abort()
  await expect(aborted).rejects.toMatchObject({ name: 'LiveError', code: 'aborted' })
  server.say('one')
  await clock.advance(100)
  await Promise.all(sent)
  await expect(refused).rejects.toMatchObject({
    name: 'LiveError',
    code: 'rejected',
    reason: 'no',
    retryable: false,
  })
  expect(server.notes).toEqual(['volatile', 'latest', 'reliable'])
  expect(heard).toEqual([{ text: 'one' }])
  manager.disconnect()
  await clock.advance(100)
  expect(manager.store.getState().state).toBe('DISCONNECTED')
  manager.connect()
  await clock.advance(100)
  expect(manager.store.getState().state).toBe('CONNECTED')
  expect(server.open()).toHaveLength(1)
})

it('[B3] other users, other servers, other versions and other kinds of channels have sockets of their own', async () => {
  const { clock, server, open } = createStage()
  const readers = [
    open(),
    open({ user: 'u2' }),
    open({ url: 'wss://two.example' }),
    open({ endpoint: '/other/' }),
    open({ shared: { version: '2' } }),
    open({ shared: { user: () => 'somebody' } }),
  ]
  await clock.advance(1_000)
  expect(rolesOf(readers)).toEqual(['leader', 'leader', 'leader', 'follower', 'leader', 'leader'])
  expect(server.open()).toHaveLength(6)
  server.say('one')
  await clock.advance(100)
  for (const { rows } of readers.filter((_, at) => at !== 3)) expect(rows).toEqual(['one'])
})

it('[B3] who signs in as somebody else leaves the others, and hears nothing more through them', async () => {
  const { clock, server, open, openAll } = createStage()
  const [first] = await openAll(1)
  let user = 'u1'
  const second = open({
    tokenManager: { getAccessToken: () => `x.${btoa(JSON.stringify({ sub: user }))}.x` },
  })
  await clock.advance(100)
  expect(server.open()).toHaveLength(1)
  user = 'u2'
  second.manager.reauthenticate()
  await clock.advance(10_000)
  expect(rolesOf([first, second].flatMap((reader) => reader ?? []))).toEqual(['leader', 'leader'])
  expect(server.open()).toHaveLength(2)
})

it('[B4] where nobody says who is there, each tab has its own; a name makes them one', async () => {
  const { clock, server, open } = createStage()
  const alone = [open({ user: null }), open({ user: null })]
  await clock.advance(1_000)
  expect(server.open()).toHaveLength(2)
  expect(rolesOf(alone)).toEqual([undefined, undefined])
  const shared = { user: () => 7 }
  const named = [open({ user: null, shared }), open({ user: null, shared })]
  await clock.advance(1_000)
  expect(rolesOf(named).sort()).toEqual(['follower', 'leader'])
  expect(server.open()).toHaveLength(3)
})

it.each([
  ['an object as `sub`', (id: number) => ({ sub: { id } }), undefined],
  ['`null` as `user_id`', () => ({ user_id: null }), undefined],
  ['no user, to an application that says `null`', () => ({}), (): unknown => null],
  ['no user, to an application that says an empty text', () => ({}), (): unknown => ''],
] as const)('[B4] [T67] tabs whose tokens name %s share nothing', async (_name, claims, user) => {
  const { clock, server, open } = createStage()
  const tokenOf = (id: number) => `x.${btoa(JSON.stringify({ ...claims(id), jti: id }))}.x`
  const shared = { user: user as (() => undefined) | undefined }
  const readers = [1, 2].map((id) => open({ shared, tokenManager: { getAccessToken: () => tokenOf(id) } }))
  await clock.advance(1_000)
  expect(server.open()).toHaveLength(2)
  expect(rolesOf(readers)).toEqual([undefined, undefined])
})

it('[B6] a subscription ends with the last tab that has it, also where a tab is gone without a word', async () => {
  const { clock, server, openAll } = createStage()
  const readers = await openAll(3)
  const ended = () => server.types.filter((type) => type === 'unsubscribe_room').length
  readers[1]?.channel.close()
  await clock.advance(100)
  expect(ended()).toBe(0)
  server.say('one')
  await clock.advance(100)
  expect(readers.map(({ rows }) => rows)).toEqual([['one'], [], ['one']])
  readers[0]?.channel.close()
  await clock.advance(100)
  readers[2]?.page.crash()
  await clock.advance(100)
  expect(ended()).toBe(1)
  expect(server.open()).toHaveLength(1)
})

it('[B7] an answer goes to the tab that asked, an event to all; who comes later is greeted as the first one was', async () => {
  const { clock, server, openAll } = createStage()
  const [first, second] = await openAll(2)
  const received: string[] = []
  first?.manager.inspect((entry) => {
    if (entry.type === 'received') received.push(String((entry as { frame?: { type?: string } }).frame?.type))
  })
  second?.send('hello', true)
  await clock.advance(100)
  expect(received).toEqual(['said'])
  expect(server.log).toEqual(['hello'])
  expect(await second?.manager.port.greeting?.('/ws/')).toMatchObject({ connection_id: '0' })
})

it('[B8] a new token moves all to one new socket, without a moment without one', async () => {
  const { clock, server, openAll } = createStage()
  const readers = await openAll(3)
  for (const { states } of readers) states.length = 0
  readers[1]?.manager.reauthenticate()
  await clock.advance(5_000)
  expect(server.seen).toHaveLength(2)
  expect(server.open()).toHaveLength(1)
  server.say('one')
  await clock.advance(100)
  for (const { rows, states } of readers) {
    expect(rows).toEqual(['one'])
    expect(states.filter((state) => state !== 'CONNECTED')).toEqual([])
  }
})

it('[B8] credentials in the first message are shown once for each socket', async () => {
  const { clock, server, openAll } = createStage()
  await openAll(3, { auth: 'message' })
  await clock.advance(100)
  expect(server.open()).toHaveLength(1)
  expect(server.types.filter((type) => type === 'auth')).toHaveLength(1)
})

it('[B9] where one frame may have ended the socket of all, the tabs that wrote are apart for a while, and come together again', async () => {
  const { clock, server, openAll } = createStage()
  const readers = await openAll(3)
  const [first, second, third] = readers
  first?.send('fine', true)
  second?.manager.request('poison', {}, { idempotent: true }).catch((error) => second.errors.push(error))
  await clock.advance(20_000)
  expect(second?.errors).toMatchObject([{ code: 'rejected', reason: '1011' }])
  expect(first?.sent.map(({ outcome }) => outcome)).toEqual(['done'])
  expect(third?.errors).toEqual([])
  await clock.advance(90_000)
  expect(server.open()).toHaveLength(1)
  expect(readers.flatMap(socketsOf)).toHaveLength(1)
})
