/** What no client, handler, listener or socket may do to a server and to everybody else on it. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { callsIn } from '../../src/server/chat/domain/mentions.ts'
import { isAllowedOrigin } from '../../src/testing/origins.ts'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import type { ChatServerEvent } from '../../src/testing/server/connection.ts'
import { connectClient, settle } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = (options: ChatServerOptions = {}) => {
  const clock = createTestClock()
  const server = createChatServer({ clock, rooms: [{ id: 'r1' }], ...options })
  const events: ChatServerEvent[] = []
  server.on((event) => events.push(event))
  const failures = () => events.flatMap((event) => (event.type === 'failed' ? [event.error] : []))
  return { clock, server, events, failures }
}

const join = async (server: ReturnType<typeof createChatServer>, user = 'alice') => {
  const client = await connectClient(server, `/ws/chat/r1/?token=${user}`)
  client.clear()
  return client
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('addresses', () => {
  it.each([
    ['/ws/chat/%ff/?token=alice', 4003],
    ['/ws/chat/%/?token=alice', 4003],
    ['/ws/chat/../?token=alice', 4003],
    ['/ws/chat/__proto__/?token=alice', 4003],
    ['/ws/chat/%00/?token=alice', 4003],
    ['//?token=alice', undefined],
    ['http://[?token=alice', undefined],
    ['http://[::/ws/?token=alice', undefined],
    ['?token=alice', undefined],
    ['', undefined],
    ['/ws/?token=%ff', 4001],
  ])('[S1] of any kind are read without harm: %s', async (url, code) => {
    const { server, failures } = createServer()
    expect((await connectClient(server, url)).closed?.code).toBe(code)
    expect(failures()).toEqual([])
  })

  it('[S5] open rooms by any name at level 0, and not without end', async () => {
    const { server } = createServer({ level: 0 })
    for (const name of ['..', '__proto__', 'constructor', '%2f', '👍']) {
      const client = await connectClient(server, `/ws/chat/${name}/?token=alice`)
      await client.send('chat_message', { message: 'hi' })
      expect(client.ofType('chat_message')).toHaveLength(1)
    }
    for (let at = 0; at < 1100; at++)
      await (await connectClient(server, `/ws/chat/room${at}/?token=alice`)).hangUp()
    expect(server.state().rooms.length).toBeLessThanOrEqual(1000)
    expect((await connectClient(server, `/ws/chat/${'x'.repeat(300)}/?token=alice`)).closed?.code).toBe(4003)
  })
})

describe('frames', () => {
  it.each(['metadata', 'attachments'])('[S2] with %s nested too deeply are refused alone', async (field) => {
    const { server, failures } = createServer()
    const alice = await join(server)
    const bob = await join(server, 'bob')
    const deep = `{"type":"chat_message","id":"deep","data":{"message":"x","${field}":${nested(10_000)}}}`
    await alice.sendText(`[${deep},{"type":"chat_message","id":"good","data":{"message":"hi"}}]`)
    expect(alice.frames.find(({ reply_to }) => reply_to === 'deep')).toMatchObject({
      error: { code: 'invalid' },
    })
    expect(alice.frames.find(({ reply_to }) => reply_to === 'good')).toMatchObject({ type: 'response' })
    expect(bob.ofType('chat_message')).toHaveLength(1)
    expect(failures()).toEqual([])
    expect(() => JSON.stringify(server.state())).not.toThrow()
  })

  it.each([
    ['a long id', 'get_members', { room_id: 'x'.repeat(300) }],
    ['an endless number', 'get_members', '{"room_id":1e999}'],
    ['a long client id', 'chat_message', { message: 'hi', client_id: 'x'.repeat(300) }],
    ['an empty client id', 'chat_message', { message: 'hi', client_id: '' }],
    ['a long reaction', 'add_reaction', { message_id: 'm1', reaction: 'x'.repeat(300) }],
    ['a reaction that is an object', 'add_reaction', { message_id: 'm1', reaction: { toString: 1 } }],
    ['much metadata', 'chat_message', { message: 'hi', metadata: 'x'.repeat(20_000) }],
    ['many attachments', 'chat_message', { message: 'hi', attachments: Array(10_000).fill(0) }],
    ['an object as text', 'chat_message', { message: { toString: 1 } }],
    ['a list of rooms', 'sync', { rooms: [] }],
    [
      'very many rooms',
      'sync',
      { rooms: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [at, {}])) },
    ],
    ['a long type', 'x'.repeat(300), {}],
    ['a type that every object has', 'constructor', {}],
    ['another one', '__proto__', {}],
  ])('[S2] with %s are refused with a code', async (_name, type, data) => {
    const { server, failures } = createServer({
      rooms: [{ id: 'r1', messages: [{ id: 'm1', sender: 'bob', content: 'hi' }] }],
    })
    const alice = await join(server)
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    await alice.sendText(`{"type":${JSON.stringify(type)},"id":"q","data":${text}}`)
    expect(alice.frames).toMatchObject([
      { type: 'error', reply_to: 'q', error: { code: expect.any(String) } },
    ])
    expect(JSON.stringify(alice.frames).length).toBeLessThan(1000)
    expect([alice.closed, failures()]).toEqual([undefined, []])
  })

  it('[S2] name at most a hundred reactions of one message', async () => {
    const { server } = createServer()
    const { id } = server.inject('r1', { sender: 'bob', content: 'hi' })
    const alice = await join(server)
    for (let at = 0; at < 100; at++)
      await alice.request('add_reaction', { message_id: id, reaction: `${at}` })
    expect(await alice.refusal('add_reaction', { message_id: id, reaction: 'more' })).toMatchObject({
      code: 'too_many',
    })
    expect(await alice.request('remove_reaction', { message_id: id, reaction: '7' })).toHaveProperty(
      'version',
    )
  })

  it('[S5] may name anybody and anything as objects name what they have', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const { server, failures } = createServer({
      users: names,
      rooms: names.map((id) => ({ id, unread: {} })),
    })
    for (const name of names) {
      const client = await connectClient(server, `/ws/?token=${name}`)
      await client.sendText(`{"type":"sync","id":"s","data":{"rooms":{"${name}":{"message_id":"${name}"}}}}`)
      const sent = await client.request('chat_message', { room_id: name, message: 'hi', client_id: name })
      const { id } = sent.message as { id: string }
      await client.request('add_reaction', { room_id: name, message_id: id, reaction: name })
      await client.request('read_receipt', { room_id: name, message_id: id })
      await client.send('ping', { timestamp: 1 })
      expect(client.texts.at(-1)).toContain(`"${name}":{"seq"`)
      expect(client.closed).toBeUndefined()
    }
    const { rooms } = server.state()
    expect(
      rooms.map(({ seq, members }) => [seq, members.every(({ unreadCount }) => unreadCount < 2)]),
    ).toEqual(names.map(() => [2, true]))
    expect(failures()).toEqual([])
  })

  it('[S2] ask for no more than a bounded answer', async () => {
    const ids = Array.from({ length: 8 }, (_, at) => `r${at}`)
    const { server } = createServer({ rooms: ids.map((id) => ({ id })) })
    for (const id of ids) {
      for (let at = 0; at < 1000; at++) server.inject(id, { sender: 'bob', content: `${at}` })
    }
    const from = Object.fromEntries(ids.map((id) => [id, { seq: 0, epoch: 'e1' }]))
    const { rooms } = await (await connectClient(server)).request('sync', { rooms: from })
    const complete = Object.values(rooms as Record<string, { complete: boolean }>).map(
      (each) => each.complete,
    )
    expect(complete).toEqual(ids.map((_, at) => at < 5))
    const metadata = 'x'.repeat(16_000)
    for (let at = 0; at < 200; at++) server.inject('r0', { sender: 'bob', content: 'hi', metadata })
    const { r0 } = (
      await (await connectClient(server)).request('sync', { rooms: { r0: { seq: 1000, epoch: 'e1' } } })
    ).rooms as Record<string, object>
    expect(r0).toMatchObject({ complete: false, events: [], seq: 1200 })
  })

  it('[S2] call names in any text in no time', () => {
    const calledIn = (text: string) => {
      const called = callsIn(text)
      return ['a', 'a--a', 'b.'].filter((name) => called.includes(name))
    }
    const startedAt = performance.now()
    expect(calledIn(`@a${'-'.repeat(100_000)}b @a... @a--a.- @b.`)).toEqual(['a', 'a--a', 'b.'])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(callsIn('@--').filter((name) => name !== '--' && name !== '')).toEqual([])
  })

  it('[S2] leave nothing of a message that is deleted', async () => {
    const { server } = createServer()
    const alice = await join(server)
    const secret = 'do not keep this'
    const { message } = (await alice.request('chat_message', {
      message: secret,
      attachments: [{ id: 1, name: secret, mime_type: '', size: 0, url: '/a' }],
      metadata: { secret },
    })) as { message: { id: string } }
    await alice.request('delete_message', { message_id: message.id })
    expect(JSON.stringify(server.state())).not.toContain(secret)
  })
})

describe('what throws', () => {
  const broken = new Error('broken')
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const handlers = {
    fails: () => {
      throw broken
    },
    rejects: () => Promise.reject(broken),
    circular: () => circular,
    later: () => Promise.resolve(circular),
    big: () => ({ id: 1n }),
  }

  it.each(Object.keys(handlers))('[S4] in a handler is answered and reported: %s', async (type) => {
    const { server, failures } = createServer({ handlers })
    const alice = await join(server)
    const bob = await join(server, 'bob')
    await alice.sendText(
      `[{"type":"${type}","id":"q","data":{}},{"type":"chat_message","id":"m","data":{"message":"hi"}}]`,
    )
    await new Promise((resolve) => setImmediate(resolve))
    const answers = alice.frames.filter(({ reply_to }) => reply_to === 'q')
    expect(answers).toMatchObject([{ error: { code: 'internal', retryable: true } }])
    expect(bob.ofType('chat_message')).toHaveLength(1)
    expect(failures()).toHaveLength(1)
  })

  it.each([
    ['throws', () => Promise.reject(broken)],
    [
      'throws at once',
      () => {
        throw broken
      },
    ],
    ['answers nothing', () => undefined],
    ['answers an object', () => ({})],
    ['answers a user without an id', async () => ({ user: { username: 'alice' } })],
  ])('[S4] in authenticate closes this connection, to be tried again: it %s', async (_name, authenticate) => {
    const { server, failures } = createServer({ authenticate: authenticate as never })
    const inUrl = await connectClient(server, '/ws/?token=any')
    const inFrame = await connectClient(server, '/ws/')
    await inFrame.send('auth', { token: 'any' }, 'q')
    await new Promise((resolve) => setImmediate(resolve))
    expect([inUrl.closed?.code, inFrame.closed?.code]).toEqual([1013, 1013])
    expect(inFrame.frames).toMatchObject([{ reply_to: 'q', error: { code: 'unavailable' } }])
    expect(failures()).toHaveLength(2)
  })

  it('[S4] in a listener hinders nobody', async () => {
    const { server, failures } = createServer()
    server.on(() => {
      throw broken
    })
    const alice = await join(server)
    const bob = await join(server, 'bob')
    await alice.request('chat_message', { message: 'hi' })
    expect(bob.ofType('chat_message')).toHaveLength(1)
    expect(failures()).toContain(broken)
  })

  it('[S4] in a socket closes that one, whatever it is doing', async () => {
    const { server, failures } = createServer()
    const bob = await join(server, 'bob')
    let isBroken = false
    const fail = () => {
      if (isBroken) throw broken
    }
    server.accept({ url: '/ws/chat/r1/?token=alice', send: fail, close: fail })
    await settle()
    isBroken = true
    server.inject('r1', { sender: 'bob', content: 'hi' })
    await settle()
    expect(bob.ofType('chat_message')).toHaveLength(1)
    expect(bob.ofType('user_status')).toMatchObject([
      { data: { status: 'online' } },
      { data: { status: 'offline' } },
    ])
    expect(failures()).toContain(broken)
    expect(server.state().connections).toHaveLength(1)
  })

  it('[S3] after half of the work takes that half back', () => {
    const { server } = createServer()
    const before = server.state()
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    expect(() => server.inject('r1', { sender: 'bob', content: 'hi', metadata: cyclic })).toThrow()
    expect(server.state()).toEqual(before)
  })
})

describe('limits', () => {
  it('[S6] a message that is too large closes its connection with 1009', async () => {
    const { server } = createServer()
    const alice = await join(server)
    await alice.sendText('x'.repeat(server.limits.messageBytes + 1))
    expect(alice.closed?.code).toBe(1009)
  })

  it('[S6] who is too fast is told when to go on, and closed if they do not wait', async () => {
    const { server, clock } = createServer({ limits: { framesPerSecond: 10, burst: 20 } })
    const alice = await join(server)
    const ask = () => alice.send('get_rooms', {}, 'q')
    const codes = () => alice.frames.map(({ error }) => (error as { code: string } | undefined)?.code)
    for (let at = 0; at < 25; at++) await ask()
    expect(codes().filter((code) => code === undefined).length).toBe(19)
    const refusal = alice.frames.at(-1)?.error as { retry_after_ms: number }
    expect(refusal).toMatchObject({ code: 'rate_limited', retryable: true })
    alice.clear()
    clock.advance(refusal.retry_after_ms)
    await ask()
    expect(codes()).toEqual([undefined])
    for (let at = 0; at < 50; at++) await ask()
    expect(alice.closed).toMatchObject({ code: 4029, reason: expect.stringContaining('retry_after_ms') })
  })

  it('[S6] large frames and empty messages count, also while a token is being checked', async () => {
    const { server } = createServer({
      authenticate: () => new Promise(() => undefined),
      limits: { framesPerSecond: 10, burst: 20 },
    })
    for (const text of ['[]', '{', `{"type":"ping","data":{"x":"${'x'.repeat(10_000)}"}}`]) {
      const client = await connectClient(server, '/ws/?token=any')
      for (let at = 0; at < 60; at++) await client.sendText(text)
      expect(client.closed?.code).toBe(4029)
    }
  })

  it('[S6] at level 0, where nothing can be refused, nothing is passed over in silence', async () => {
    const { server } = createServer({ level: 0, limits: { framesPerSecond: 10, burst: 20 } })
    const alice = await join(server)
    for (let at = 0; at < 25; at++) await alice.send('chat_message', { message: `${at}` })
    expect(alice.closed?.code).toBe(4029)
  })

  it('[S6] of rooms and connections', async () => {
    const { server } = createServer({
      rooms: ['a', 'b', 'c'].map((id) => ({ id })),
      limits: { subscriptions: 2, connectionsPerUser: 2 },
    })
    const alice = await connectClient(server)
    await alice.request('subscribe_room', { room_id: 'a' })
    expect(await alice.refusal('sync', { rooms: { a: {}, b: {}, c: {} } })).toMatchObject({
      code: 'too_many',
    })
    await alice.request('subscribe_room', { room_id: 'b' })
    expect(await alice.refusal('subscribe_room', { room_id: 'c' })).toMatchObject({ code: 'too_many' })
    await connectClient(server)
    expect((await connectClient(server)).closed?.code).toBe(4029)
    expect((await connectClient(server, '/ws/?token=bob')).closed).toBeUndefined()
  })

  it('[S6] a reader that is too slow is closed, to come again', async () => {
    const { server, clock } = createServer({ limits: { bufferedBytes: 1000 } })
    let buffered = 0
    let code: number | undefined
    server.accept({
      url: '/ws/chat/r1/?token=alice',
      send: (text) => {
        buffered += text.length
      },
      close: (how) => {
        code = how
      },
      bufferedBytes: () => buffered,
    })
    await settle()
    server.faults.latencyMs = 10
    for (let at = 0; at < 10 && code === undefined; at++) {
      server.inject('r1', { sender: 'bob', content: 'hi' })
      clock.advance(10)
      await settle()
    }
    expect(code).toBe(1013)
    expect(buffered).toBeLessThan(4000)
  })

  it('[S6] a reader of one answer that is larger is none', async () => {
    const { server } = createServer({ limits: { bufferedBytes: 1000 } })
    let buffered = 0
    let longest = 0
    const codes: number[] = []
    const alice = server.accept({
      url: '/ws/chat/r1/?token=alice',
      send: (text) => {
        buffered = text.length
        longest = Math.max(longest, buffered)
        queueMicrotask(() => {
          buffered = 0
        })
      },
      close: (code) => codes.push(code),
      bufferedBytes: () => buffered,
    })
    await settle()
    for (let at = 0; at < 5; at++) {
      server.inject('r1', { sender: 'bob', content: 'x'.repeat(4000) })
      await settle()
    }
    alice.receive('{"type":"get_history","id":1,"data":{}}')
    await settle()
    expect([longest > 20_000, codes]).toEqual([true, []])
  })

  it('[S6] a message that asks for more than one can take is not answered to its end', async () => {
    const { server } = createServer()
    for (let at = 0; at < 200; at++) server.inject('r1', { sender: 'bob', content: 'x'.repeat(4000) })
    let buffered = 0
    const codes: number[] = []
    const alice = server.accept({
      url: '/ws/?token=alice',
      send: (text) => {
        buffered += text.length
      },
      close: (code) => codes.push(code),
      bufferedBytes: () => buffered,
    })
    await settle()
    const ask = { type: 'get_history', data: { room_id: 'r1', limit: 200 } }
    alice.receive(JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ ...ask, id }))))
    await settle()
    expect(codes).toEqual([1013])
    expect(buffered).toBeLessThan(2 * server.limits.bufferedBytes)
  })

  it('[S6] a message of many that are no frames takes as long as what is refused of it', async () => {
    const { server } = createServer()
    const msFor = async (length: number) => {
      const client = await connectClient(server, '/ws/')
      const text = `[${Array(length).fill('1').join(',')}]`
      const startedAt = performance.now()
      await client.sendText(text)
      expect(client.closed?.code).toBe(4029)
      return performance.now() - startedAt
    }
    await msFor(10_000)
    const few = Math.min(await msFor(10_000), await msFor(10_000), await msFor(10_000))
    expect(await msFor(130_000)).toBeLessThan(5 * few)
  })
})

describe('what is left behind', () => {
  it('[S7] of a closed connection is nothing', async () => {
    setFlagsFromString('--expose_gc')
    const collect = runInNewContext('gc') as () => void
    const { server } = createServer()
    const refs: WeakRef<object>[] = []
    const visit = (end: (accepted: { closed(): void }) => void) => {
      const connection = { url: '/ws/chat/r1/?token=alice', send: () => undefined, close: () => undefined }
      refs.push(new WeakRef(connection))
      end(server.accept(connection))
    }
    for (let at = 0; at < 20; at++) {
      visit((accepted) => accepted.closed())
      visit(() => server.faults.disconnectAll())
    }
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      collect()
    }
    expect(refs.filter((ref) => ref.deref()).length).toBe(0)
  })

  it('[S9] of a token in the log is nothing, however it came', async () => {
    const token = 'secret-token'
    const { server, events } = createServer({ authenticate: () => ({ id: 'alice', username: 'alice' }) })
    await connectClient(server, `/ws/?a=1&token=${token}`)
    await connectClient(server, `/ws/?%74oken=${token}&token=${token}`)
    const late = await connectClient(server, '/ws/')
    await late.sendText(`{"type":"auth","data":{"token":"${token}"`)
    await late.sendText(`["${token}"]`)
    await late.send('auth', { token })
    await late.sendText(`[{"type":"ping"},{"type":"auth","data":{"token":"${token}"}}]`)
    expect(JSON.stringify(events)).not.toContain(token)
  })
})

describe('origins', () => {
  it.each([
    [undefined, true],
    ['http://localhost:5173', true],
    ['http://127.0.0.1', true],
    ['http://[::1]:3000', true],
    ['http://app.localhost:3000', true],
    ['https://evil.example', false],
    ['https://localhost.evil.example', false],
    ['http://127.0.0.1.evil.example', false],
    ['null', false],
    ['', false],
  ])('[S8] without a list are those of this machine: %s', (origin, isAllowed) => {
    expect(isAllowedOrigin(origin)).toBe(isAllowed)
  })

  it('[S8] with a list are those in it', () => {
    const list = ['https://app.example.com']
    expect(isAllowedOrigin('https://app.example.com', list)).toBe(true)
    expect(isAllowedOrigin('http://localhost', list)).toBe(false)
    expect(isAllowedOrigin('https://evil.example', '*')).toBe(true)
  })
})
