import { describe, expect, it } from 'vitest'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient, settle } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const NOW_S = Date.parse('2024-01-15T10:30:00Z') / 1000

const jwt = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

const createServer = (options: ChatServerOptions = {}) => {
  const clock = createTestClock()
  return { clock, server: createChatServer({ clock, ...options }) }
}

describe('the default authenticator', () => {
  it.each([
    ['a user id', 'alice'],
    ['a JWT whose sub is a user', jwt({ sub: 'alice' })],
    ['a JWT whose user_id is a user', jwt({ user_id: 'alice', exp: NOW_S + 60 })],
  ])('lets in %s', async (_name, token) => {
    const client = await connectClient(createServer().server, `/ws/?token=${token}`)
    expect(client.ofType('welcome')).toMatchObject([
      { data: { user: { id: 'alice' }, batch: true, level: 3 } },
    ])
    expect(client.closed).toBeUndefined()
  })

  it.each([
    ['a stranger', 'mallory', 4001],
    ['a JWT of a stranger', jwt({ sub: 'mallory' }), 4001],
    ['a JWT that has run out', jwt({ sub: 'alice', exp: NOW_S - 1 }), 4001],
    ['something in three parts that is no JWT', 'a.b.c', 4004],
  ])('closes on %s, after accepting', async (_name, token, code) => {
    const client = await connectClient(createServer().server, `/ws/?token=${token}`)
    expect(client.closed?.code).toBe(code)
    expect(client.frames).toEqual([])
  })

  it('matches a numeric sub with a numeric id', async () => {
    const { server } = createServer({ users: [{ id: 7, username: 'seven' }] })
    expect((await connectClient(server, `/ws/?token=${jwt({ sub: '7' })}`)).ofType('welcome')).toMatchObject([
      { data: { user: { id: 7 } } },
    ])
  })
})

describe('where the token travels', () => {
  it('takes it from the subprotocols', async () => {
    const client = await connectClient(createServer().server, '/ws/', ['bearer', 'alice'])
    expect(client.ofType('welcome')).toHaveLength(1)
  })

  it('takes it from the first message, and serves nothing before that', async () => {
    const client = await connectClient(createServer().server, '/ws/')
    expect(client.frames).toEqual([])
    expect(await client.refusal('get_rooms')).toMatchObject({ code: 'unauthorized' })
    client.clear()
    expect(await client.request('auth', { token: 'alice' })).toEqual({
      user: { id: 'alice', username: 'alice' },
    })
    expect(client.ofType('welcome')).toHaveLength(1)
    expect(await client.request('get_rooms')).toHaveProperty('rooms')
  })

  it('closes with 4001 when none comes in time', async () => {
    const { server, clock } = createServer({ authTimeoutMs: 5000 })
    const client = await connectClient(server, '/ws/')
    clock.advance(4999)
    expect(client.closed).toBeUndefined()
    clock.advance(1)
    expect(client.closed?.code).toBe(4001)
  })

  it('answers a bad token in a message with an error, then closes', async () => {
    const client = await connectClient(createServer().server, '/ws/')
    expect(await client.refusal('auth', { token: 'a.b.c' })).toMatchObject({ code: 'unauthorized' })
    expect(client.closed?.code).toBe(4004)
  })

  it('never shows the token in its event log', async () => {
    const { server } = createServer()
    const events: unknown[] = []
    server.on((event) => events.push(event))
    await connectClient(server, `/ws/?token=${jwt({ sub: 'alice' })}&v=1`)
    expect(JSON.stringify(events)).not.toContain(jwt({ sub: 'alice' }))
    expect(events).toContainEqual({ type: 'connected', connectionId: 'c1', url: '/ws/?token=…&v=1' })
  })
})

describe('the end of a token', () => {
  it('closes with 4001 when it runs out', async () => {
    const { server, clock } = createServer()
    const client = await connectClient(server, `/ws/?token=${jwt({ sub: 'alice', exp: NOW_S + 60 })}`)
    clock.advance(59_999)
    expect(client.closed).toBeUndefined()
    clock.advance(1)
    expect(client.closed).toEqual({ code: 4001, reason: 'token expired' })
  })

  it('is put off by a new one in band', async () => {
    const { server, clock } = createServer()
    const client = await connectClient(server, `/ws/?token=${jwt({ sub: 'alice', exp: NOW_S + 60 })}`)
    await client.request('auth', { token: jwt({ sub: 'alice', exp: NOW_S + 120 }) })
    clock.advance(60_000)
    expect(client.closed).toBeUndefined()
    expect(client.ofType('welcome')).toHaveLength(1)
    clock.advance(60_000)
    expect(client.closed?.code).toBe(4001)
  })

  it('does not come by a token of somebody else', async () => {
    const client = await connectClient(createServer().server)
    await client.send('auth', { token: 'bob' })
    expect(client.closed?.code).toBe(4003)
  })
})

describe('an authenticator of one’s own', () => {
  it('keeps frames waiting, in order, while it makes up its mind', async () => {
    let finish: () => void = () => undefined
    const checked = new Promise<void>((resolve) => {
      finish = resolve
    })
    const { server } = createServer({
      authenticate: async (token) => {
        await checked
        return token === 'good' ? { id: 'alice', username: 'alice' } : 'expired'
      },
    })
    const client = await connectClient(server, '/ws/?token=good')
    await client.sendText(JSON.stringify([1, 2].map((id) => ({ type: 'get_rooms', data: {}, id }))))
    await client.send('get_rooms', {}, '3')
    expect(client.frames).toEqual([])
    finish()
    await settle()
    expect(client.frames.map(({ type, reply_to }) => reply_to ?? type)).toEqual(['welcome', 1, 2, '3'])
  })

  it('serves none of them when it refuses', async () => {
    const { server } = createServer({ authenticate: async () => null })
    const closed = new Promise<void>((resolve) => server.on(({ type }) => type === 'closed' && resolve()))
    const client = await connectClient(server, '/ws/?token=bad')
    await client.send('get_rooms', {}, 'q1')
    await closed
    expect(client.frames).toEqual([])
    expect(client.closed?.code).toBe(4001)
  })

  it('may know users that the server has not heard of', async () => {
    const { server } = createServer({ authenticate: (name) => ({ id: name, username: name }) })
    const client = await connectClient(server, '/ws/?token=zoe')
    expect(await client.request('join_room', { room_id: 'general' })).toMatchObject({
      room: { id: 'general' },
    })
  })

  it('[S4] closes as a server in trouble does, and reports it, when it throws', async () => {
    const broken = new Error('database gone')
    const { server } = createServer({ authenticate: () => Promise.reject(broken) })
    const failures: unknown[] = []
    const closed = new Promise<void>((resolve) =>
      server.on((event) => {
        if (event.type === 'failed') failures.push(event.error)
        if (event.type === 'closed') resolve()
      }),
    )
    const client = await connectClient(server, '/ws/?token=any')
    await closed
    expect(client.closed?.code).toBe(1013)
    expect(failures).toEqual([broken])
  })
})
