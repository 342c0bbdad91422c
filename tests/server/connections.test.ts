// @vitest-environment node

import { describe, expect, it } from 'vitest'
import { localBus } from '../../src/server/bus.ts'
import { createWorld } from './support/memoryBoard.ts'

describe('signing in', () => {
  it.each([
    ['in the address', '/ws/?token=alice', {}],
    ['as a subprotocol', '/ws/', { 'sec-websocket-protocol': 'bearer, alice' }],
  ])('[S19] a token %s is greeted with level 3', async (_where, url, headers) => {
    const { start, connect, clock, events } = createWorld()
    const client = connect(start(), url, headers)
    await clock.flush()
    expect(client.frames).toEqual([
      {
        type: 'welcome',
        data: {
          connection_id: expect.any(String),
          user: { id: 'alice', username: 'alice' },
          server_time: 1_705_314_600_000,
          batch: true,
          level: 3,
          heads: true,
        },
      },
    ])
    expect(JSON.stringify(events)).not.toContain('token')
  })

  it('[S19] a token may come first, and nothing is served before', async () => {
    const { start, connect, clock } = createWorld()
    const client = connect(start(), '/ws/')
    expect(await client.ask('whoami')).toMatchObject({ type: 'error', error: { code: 'unauthorized' } })
    expect(await client.ask('auth', { token: 'alice' })).toMatchObject({
      data: { user: { id: 'alice', username: 'alice' } },
    })
    expect(client.ofType('welcome')).toHaveLength(1)
    expect(await client.ask('whoami')).toMatchObject({ data: { name: 'alice' } })
    const late = connect(start(), '/ws/')
    await clock.advance(10_000)
    expect(late.closed).toEqual({ code: 4001, reason: 'no token in time' })
  })

  it('[S19] cookies count where the application says so, and else a token may still come', async () => {
    const { start, connect, clock } = createWorld()
    const live = start({
      authenticate: (token, { headers }) =>
        token || headers.get('cookie') === 'session=alice' ? { id: 'alice', username: 'alice' } : null,
    })
    const known = connect(live, '/ws/', { cookie: 'session=alice' })
    const other = connect(live, '/ws/', { cookie: 'theme=dark' })
    await clock.flush()
    expect(known.ofType('welcome')).toHaveLength(1)
    expect(other.closed).toBeUndefined()
    await other.ask('auth', { token: 'alice' })
    expect(other.ofType('welcome')).toHaveLength(1)
  })

  it.each([
    ['nobody', 4001],
    ['expired', 4001],
    ['malformed', 4004],
  ])('[S19] the token "%s" is closed with %d', async (token, code) => {
    const { start, connect, clock } = createWorld()
    const client = connect(start(), `/ws/?token=${token}`)
    await clock.flush()
    expect(client.closed?.code).toBe(code)
    expect(client.frames).toEqual([])
  })

  it('[S19] an authenticator that fails closes with 1013, and is told', async () => {
    const { start, connect, clock, events } = createWorld()
    const authenticate = () => {
      throw new Error('no database')
    }
    const client = connect(start({ authenticate }))
    await clock.flush()
    expect(client.closed?.code).toBe(1013)
    expect(events).toContainEqual({ type: 'failed', error: new Error('no database') })
  })

  it('[S19] a token runs out, unless a new one of the same user comes', async () => {
    const { start, connect, clock, environment } = createWorld()
    const live = start({
      authenticate: (token = '') => ({
        user: { id: token.slice(0, 5), username: token },
        expiresAt: environment.wallNow() + 60_000,
      }),
    })
    const [stays, goes, changes] = [connect(live), connect(live), connect(live)]
    await clock.advance(30_000)
    expect(await stays.ask('auth', { token: 'alice-2' })).toMatchObject({ data: { user: { id: 'alice' } } })
    await changes.ask('auth', { token: 'bobby' }).catch(() => undefined)
    expect(changes.closed).toEqual({ code: 4003, reason: 'the token is for somebody else' })
    await clock.advance(30_000)
    expect(goes.closed).toEqual({ code: 4001, reason: 'token expired' })
    expect(stays.closed).toBeUndefined()
    expect(stays.ofType('welcome')).toHaveLength(1)
  })

  it('[S19] what comes while a token is checked is served afterwards, in order', async () => {
    const { start, connect, clock } = createWorld()
    const live = start({
      authenticate: async (token = '') => {
        for (let turn = 0; turn < 20; turn++) await undefined
        return { id: token, username: token }
      },
    })
    const client = connect(live)
    client.send('whoami', {}, '1')
    client.send('whoami', {}, '2')
    await clock.flush()
    expect(client.frames.map(({ type, reply_to }) => reply_to ?? type)).toEqual(['welcome', '1', '2'])
  })

  it('[S8] pages of other hosts are closed with 4003 before anything is heard', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const from = async (origin: string | undefined, host = 'app.example', options = {}) => {
      const client = connect(Object.keys(options).length > 0 ? start(options) : live, '/ws/?token=alice', {
        host,
        ...(origin && { origin }),
      })
      await clock.flush()
      return client.closed?.code ?? client.frames[0]?.type
    }
    expect(await from(undefined)).toBe('welcome')
    expect(await from('https://app.example')).toBe('welcome')
    expect(await from('https://evil.example')).toBe(4003)
    expect(await from('null')).toBe(4003)
    expect(await from('http://localhost:5173', 'localhost:8000')).toBe('welcome')
    expect(await from('http://localhost:5173', '127.0.0.1:8000')).toBe('welcome')
    expect(await from('http://localhost:5173')).toBe(4003)
    expect(await from('https://evil.example', 'localhost:8000')).toBe(4003)
    const origins = ['https://other.example']
    expect(await from('https://other.example', 'app.example', { origins })).toBe('welcome')
    expect(await from('https://app.example', 'app.example', { origins })).toBe(4003)
    expect(await from('https://evil.example', 'app.example', { origins: '*' })).toBe('welcome')
  })
})

describe('limits', () => {
  it('[S6] a message that is too large closes with 1009', async () => {
    const { start, connect, clock } = createWorld()
    const client = connect(start())
    await clock.flush()
    client.sendText(' '.repeat(262_145))
    expect(client.closed?.code).toBe(1009)
  })

  it('[S6] who is too fast is refused with a hint, and then closed', async () => {
    const { start, connect, clock } = createWorld()
    const client = connect(start({ limits: { burst: 5, framesPerSecond: 1 } }))
    await clock.flush()
    for (let count = 0; count < 7; count++) client.send('whoami', {}, `${count}`)
    await clock.flush()
    const refused = client.ofType('error')
    expect(refused.map(({ reply_to }) => reply_to)).toContain('6')
    expect(refused[0]?.error).toMatchObject({
      code: 'rate_limited',
      retryable: true,
      retry_after_ms: expect.any(Number),
    })
    for (let count = 0; count < 7; count++) client.send('whoami')
    expect(client.closed?.code).toBe(4029)
  })

  it('[S6] a slow reader is closed with 1013, and no other', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const [slow, other] = [connect(live), connect(live)]
    for (const client of [slow, other]) await client.ask('subscribe_board', { board: 'b' })
    slow.buffered = 5_000_000
    await other.ask('move_card', { board: 'b', id: 'c', column: 'done' })
    await clock.flush()
    expect(slow.closed?.code).toBe(1013)
    expect(other.ofType('card_moved')).toHaveLength(1)
  })

  it('[S6] subscriptions and the connections of a user are counted', async () => {
    const { start, connect, clock } = createWorld()
    const live = start({ limits: { subscriptions: 2, connectionsPerUser: 2 } })
    const client = connect(live)
    for (const board of ['a', 'b', 'b']) {
      expect(await client.ask('subscribe_board', { board })).toMatchObject({ data: { seq: 0 } })
    }
    expect(await client.ask('subscribe_board', { board: 'c' })).toMatchObject({ error: { code: 'too_many' } })
    const boards = { a: {}, b: {}, c: {} }
    expect(await client.ask('sync', { boards })).toMatchObject({ error: { code: 'too_many' } })
    const second = connect(live)
    const third = connect(live)
    const bob = connect(live, '/ws/?token=bob')
    await clock.flush()
    expect([second, third, bob].map(({ closed }) => closed?.code)).toEqual([undefined, 4029, undefined])
    second.hangUp()
    const fourth = connect(live)
    await clock.flush()
    expect(fourth.closed).toBeUndefined()
  })

  it('[S6] so is what waits for an answer', async () => {
    const { start, connect, clock } = createWorld()
    const never = new Promise<boolean>(() => undefined)
    const live = start({ limits: { unanswered: 2 }, channels: { board: () => never } })
    const client = connect(live)
    await clock.flush()
    for (const board of ['a', 'b', 'c']) client.send('get_cards', { board }, board)
    await clock.flush()
    expect(client.ofType('error')).toMatchObject([{ reply_to: 'c', error: { code: 'unavailable' } }])
  })

  it('[S2] what is no frame is refused, and what stands beside it served', async () => {
    const { start, connect, clock } = createWorld()
    const client = connect(start())
    await clock.flush()
    client.clear()
    const deep = `${'['.repeat(40)}${']'.repeat(40)}`
    client.sendText(
      `[1, null, {"id":"a"}, {"type":"x","id":"b","data":{"deep":${deep}}}, {"type":"whoami","id":"c"}]`,
    )
    client.sendText('{"type":')
    client.sendText('[]')
    await clock.flush()
    const codes = client.frames.map(({ reply_to, error, type }) => [
      reply_to,
      (error as { code?: string } | undefined)?.code ?? type,
    ])
    expect(codes).toEqual([
      [undefined, 'invalid'],
      [undefined, 'invalid'],
      ['a', 'invalid'],
      ['b', 'invalid'],
      [undefined, 'invalid'],
      [undefined, 'invalid'],
      ['c', 'response'],
    ])
  })

  it('[S5] names that every object has are names like any other', async () => {
    const { start, connect } = createWorld()
    const client = connect(start(), '/ws/?token=__proto__')
    for (const type of ['toString', 'constructor', '__proto__'])
      expect(await client.ask(type)).toMatchObject({ error: { code: 'unsupported' } })
    for (const board of ['__proto__', 'constructor']) {
      await client.ask('move_card', { board, id: '__proto__', column: 'toString' })
      const reply = await client.ask('sync', JSON.parse(`{"boards":{"${board}":{}}}`))
      expect(Object.entries(reply.data?.boards as object)).toMatchObject([
        [board, { seq: 1, complete: false }],
      ])
      expect(await client.ask('get_cards', { board })).toMatchObject({
        data: { cards: [{ id: '__proto__' }] },
      })
    }
  })

  it('[S7] of a connection that ended nothing is kept, and one that is silent ends', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const idle = clock.pending()
    const [gone, silent, alive] = [connect(live), connect(live), connect(live)]
    await clock.flush()
    gone.hangUp()
    for (let minute = 0; minute < 4; minute++) {
      await clock.advance(60_000)
      alive.send('ping', { timestamp: 1 })
    }
    expect(silent.closed).toEqual({ code: 1001, reason: 'silent' })
    expect(alive.closed).toBeUndefined()
    alive.hangUp()
    await clock.flush()
    expect(clock.pending()).toBe(idle)
  })
})

describe('going down', () => {
  it('[S20] asks everybody to go, answers what is under way, and closes with 1012', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const [moves, stays] = [connect(live), connect(live)]
    await clock.flush()
    const closing = live.close({ graceMs: 500 })
    expect(moves.ofType('draining')).toMatchObject([{ data: { retry_after_ms: expect.any(Number) } }])
    moves.hangUp()
    const late = connect(live)
    expect(late.closed?.code).toBe(1012)
    expect(await stays.ask('whoami')).toMatchObject({ data: { name: 'alice' } })
    await clock.advance(499)
    expect(stays.closed).toBeUndefined()
    await clock.advance(40)
    await closing
    expect(stays.closed?.code).toBe(1012)
    expect(JSON.parse(stays.closed?.reason ?? '')).toEqual({ retry_after_ms: expect.any(Number) })
    expect(clock.pending()).toBe(0)
  })
})

it('[S48] a broadcast reaches everybody who is let in, in all processes, once, and is kept nowhere', async () => {
  const { start, connect, clock } = createWorld()
  const bus = localBus()
  const servers = [start({ bus }), start({ bus })] as const
  const clients = servers.map((live) => connect(live))
  const waiting = connect(servers[0], '/ws/')
  await clock.advance(0)
  const payload = { id: 'c', column: 'todo', moves: 1 }
  servers[0].broadcast('card_moved', payload)
  const late = connect(servers[1])
  await clock.advance(0)
  for (const client of clients)
    expect(client.ofType('card_moved')).toEqual([{ type: 'card_moved', data: payload }])
  for (const client of [waiting, late]) expect(client.ofType('card_moved')).toEqual([])
  expect(() => servers[0].broadcast('card_moved', { id: 7 } as never)).toThrow('card_moved')
})
