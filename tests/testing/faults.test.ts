import { describe, expect, it } from 'vitest'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient, settle, type TestClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = (options: ChatServerOptions = {}) => {
  const clock = createTestClock()
  return { clock, server: createChatServer({ clock, rooms: [{ id: 'r1' }], ...options }) }
}

type Server = ReturnType<typeof createServer>['server']

const listen = async (server: Server) => {
  const client = await connectClient(server, '/ws/chat/r1/?token=alice')
  client.clear()
  return client
}

const say = (server: Server, count: number) => {
  for (let index = 0; index < count; index++) server.inject('r1', { sender: 'bob', content: `${index}` })
}

const seqsOf = (client: TestClient) => client.ofType('chat_message').map(({ seq }) => seq)

describe('lost, doubled and reordered frames', () => {
  it.each([{ drop: 0.3 }, { duplicate: 0.3 }, { reorder: 0.3 }])('hit by the seed: %j', async (knobs) => {
    const run = async (seed: number) => {
      const { server, clock } = createServer({ seed })
      const client = await listen(server)
      Object.assign(server.faults, knobs)
      say(server, 60)
      clock.advance(1000)
      return seqsOf(client)
    }
    const untouched = Array.from({ length: 60 }, (_, index) => index + 1)
    expect(await run(1)).toEqual(await run(1))
    expect(await run(1)).not.toEqual(await run(2))
    expect(await run(1)).not.toEqual(untouched)
  })

  it('drops everything at 1, and the numbers go on', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.drop = 1
    say(server, 2)
    expect(client.frames).toEqual([])
    server.faults.drop = 0
    say(server, 1)
    expect(seqsOf(client)).toEqual([3])
  })

  it('lets the next numbered event overtake, not just any frame', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.reorder = 1
    say(server, 1)
    server.faults.reorder = 0
    say(server, 1)
    expect(seqsOf(client)).toEqual([2, 1])
  })

  it('loses nothing by reordering: what nothing overtakes comes late', async () => {
    const { server, clock } = createServer()
    const client = await listen(server)
    server.faults.reorder = 1
    say(server, 1)
    await settle()
    clock.advance(49)
    const early = client.frames.length
    clock.advance(1)
    expect(client.frames.length).toBe(early + 1)
    expect(client.frames.map(({ type }) => type).sort()).toEqual([
      'chat_message',
      'room_updated',
      'unread_update',
    ])
  })

  it('spares replies unless told otherwise, and control frames always', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.drop = 1
    expect(await client.request('get_rooms')).toHaveProperty('rooms')
    server.faults.includeReplies = true
    client.clear()
    await client.send('get_rooms', {}, 'lost')
    await client.send('ping', { timestamp: 1 })
    expect(client.frames.map(({ type }) => type)).toEqual(['pong'])
  })
})

describe('slow connections', () => {
  it('delays every frame and keeps the order, also when the latency sinks', async () => {
    const { server, clock } = createServer()
    const client = await listen(server)
    server.faults.latencyMs = 200
    say(server, 1)
    clock.advance(100)
    server.faults.latencyMs = 0
    say(server, 1)
    expect(client.frames).toEqual([])
    clock.advance(100)
    expect(seqsOf(client)).toEqual([1, 2])
  })

  it('delivers nothing any more to a connection that has ended', async () => {
    const { server, clock } = createServer()
    const client = await listen(server)
    server.faults.latencyMs = 200
    say(server, 1)
    await client.hangUp()
    clock.advance(1000)
    expect(client.frames).toEqual([])
  })
})

describe('accidents', () => {
  it('leaves half-open connections open and silent in both directions', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.halfOpen()
    await client.send('chat_message', { message: 'lost' }, 'q1')
    say(server, 1)
    expect(client.frames).toEqual([])
    expect(client.closed).toBeUndefined()
    expect(server.state().rooms[0]?.messages).toHaveLength(1)
    expect(await (await listen(server)).request('get_history', { room_id: 'r1' })).toHaveProperty('messages')
  })

  it('can pick whose connection goes silent', async () => {
    const { server } = createServer()
    const [alice, bob] = [await listen(server), await connectClient(server, '/ws/chat/r1/?token=bob')]
    server.faults.halfOpen(({ userId }) => userId === 'bob')
    bob.clear()
    say(server, 1)
    expect(alice.frames.length).toBeGreaterThan(0)
    expect(bob.frames).toEqual([])
  })

  it('ends every connection with the code it is given', async () => {
    const { server } = createServer()
    const clients = [await listen(server), await listen(server)]
    server.faults.disconnectAll(4002, 'test')
    expect(clients.map(({ closed }) => closed)).toEqual(Array(2).fill({ code: 4002, reason: 'test' }))
    expect(server.state().connections).toEqual([])
  })

  it('is down for a while after a restart, and remembers everything', async () => {
    const { server, clock } = createServer()
    say(server, 3)
    server.faults.restart({ downMs: 1000 })
    expect((await listen(server)).closed?.code).toBe(1013)
    clock.advance(1000)
    expect((await (await listen(server)).request('get_history', { room_id: 'r1' })).messages).toHaveLength(3)
  })

  it('refuses the next connections only', async () => {
    const { server } = createServer()
    server.faults.refuseNext(4001, 2)
    expect(
      [await listen(server), await listen(server), await listen(server)].map(({ closed }) => closed?.code),
    ).toEqual([4001, 4001, undefined])
  })

  it('rejects the next frames of a type only', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.rejectNext('chat_message', { retryAfterMs: 500 })
    expect(await client.refusal('chat_message', { message: 'hi' })).toEqual({
      code: 'rate_limited',
      message: 'Refused with rate_limited',
      retryable: true,
      retry_after_ms: 500,
    })
    expect(await client.request('chat_message', { message: 'hi' })).toHaveProperty('message')
    server.faults.rejectNext('get_rooms', { code: 'forbidden', times: 2 })
    expect(await client.refusal('get_rooms')).toMatchObject({ code: 'forbidden', retryable: false })
    expect(await client.refusal('get_rooms')).toMatchObject({ code: 'forbidden' })
    expect(await client.request('get_rooms')).toHaveProperty('rooms')
  })

  it('skews the clock of the server', async () => {
    const { server } = createServer()
    const client = await listen(server)
    server.faults.skewClockMs = 3_600_000
    expect(server.inject('r1', { sender: 'bob', content: 'hi' }).timestamp).toBe('2024-01-15T11:30:00.000Z')
    await client.send('ping', { timestamp: 1 })
    expect(client.ofType('pong')).toMatchObject([
      { type: 'pong', data: { timestamp: 1, server_time: Date.parse('2024-01-15T11:30:00Z') } },
    ])
  })

  it('drains: asks clients to move, then closes those that were there', async () => {
    const { server, clock } = createServer()
    const old = await listen(server)
    server.drain({ retryAfterMs: 100, closeAfterMs: 2000 })
    expect(old.frames).toEqual([{ type: 'draining', data: { retry_after_ms: 100 } }])
    const next = await listen(server)
    clock.advance(2000)
    expect(old.closed?.code).toBe(1012)
    expect(next.closed).toBeUndefined()
  })
})
