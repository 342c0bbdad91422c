/** What is between a mount and the kit, with a kit that says what it is told to. */
import { describe, expect, it } from 'vitest'
import type { ServerSocket } from '../../src/server/socket.ts'
import type { ChatServerEvent } from '../../src/testing/server/connection.ts'
import { createLines } from '../../src/testing/server/line/createLines.ts'
import { createFaultPlan } from '../../src/testing/server/line/faults.ts'
import { createRandom } from '../../src/testing/server/random.ts'
import type { ChatLevel, ServerFrame } from '../../src/testing/server/wire.ts'
import { settle } from './testClient.ts'
import { createTestClock } from './testClock.ts'

interface Options {
  readonly level?: ChatLevel
  readonly seed?: number
  readonly batch?: boolean
  readonly connections?: number
}

/** `say`: what the kit sends. `heard`: what it got. */
function connect({ level = 3, seed = 1, batch = true, connections = 1 }: Options = {}) {
  const clock = createTestClock()
  const faults = createFaultPlan(createRandom(seed))
  const events: ChatServerEvent[] = []
  const kit: { socket: ServerSocket; heard: string[]; ended: number }[] = []
  const lines = createLines({
    level,
    clock,
    faults,
    batch,
    messageLength: 10_000,
    emit: (event) => events.push(event),
    accept: (socket) => {
      const end = { socket, heard: [] as string[], ended: 0 }
      kit.push(end)
      lines.named(`kit-${kit.length}`)
      lines.authenticated(`kit-${kit.length}`, 'alice')
      return { receive: (text) => end.heard.push(text), closed: () => end.ended++ }
    },
  })
  const clients = Array.from({ length: connections }, () => {
    const texts: string[] = []
    const codes: number[] = []
    const accepted = lines.accept({
      url: '/ws/?token=alice',
      send: (text) => texts.push(text),
      close: (code) => codes.push(code),
    })
    return {
      texts,
      codes,
      receive: accepted.receive,
      hangUp: accepted.closed,
      frames: () => texts.flatMap((text) => JSON.parse(text)),
    }
  })
  const [client] = clients
  const [end] = kit
  if (!client || !end) throw new Error('Nobody is connected')
  const say = (...frames: object[]) => {
    for (const frame of frames) end.socket.send(JSON.stringify(frame))
    return settle()
  }
  const ask = (type: string, data: object = {}, id?: string) =>
    client.receive(JSON.stringify({ type, data, ...(id !== undefined && { id }) }))
  return { clock, faults, lines, events, kit, clients, client, end, say, ask }
}

const message = {
  id: 'm1',
  room_id: 'r1',
  sender: { id: 'bob', username: 'bob' },
  content: 'hi',
  timestamp: '2024-01-15T10:30:00.000Z',
  version: 1,
  seq: 7,
  reactions: [],
  metadata: { seq: 1, message: { seq: 2 } },
}
const { seq: _seq, ...unnumbered } = message
const { id, room_id, sender, content, timestamp } = message
const fiveFields = { id, content, sender, timestamp, room_id }
const position = { seq: 7, epoch: 'e1' }
const event = (type: string, data: object) => ({ ...position, type, room_id: 'r1', data })
const answer = (reply_to: string, data: object) => ({ type: 'response', reply_to, data })

describe('levels', () => {
  it('[S50] 3 shows everything, and passes on what it does not know, as it came', async () => {
    const { client, end, say } = connect()
    const frames = [event('chat_message', message), answer('x', { as_of: 1 }), { type: 'news', seq: 'no' }]
    await say(...frames)
    expect(client.frames()).toEqual(frames)
    for (const text of ['{"type":"sync","id":1,"data":{}}', 'nonsense', '[1]']) client.receive(text)
    expect(end.heard).toEqual(['{"type":"sync","id":1,"data":{}}', 'nonsense', '[1]'])
  })

  it('[S50] 2 has no position of snapshots, and keeps all others', async () => {
    const { client, say, ask } = connect({ level: 2 })
    ask('get_history', { room_id: 'r1' }, 'h')
    ask('subscribe_room', { room_id: 'r1' }, 's')
    ask('get_price', {}, 'p')
    await say(
      { type: 'welcome', data: { level: 3, heads: true } },
      answer('h', { messages: [message], as_of: 7, epoch: 'e1' }),
      answer('s', position),
      answer('p', { as_of: 'noon', epoch: 'now' }),
      event('chat_message', message),
    )
    expect(client.frames()).toEqual([
      { type: 'welcome', data: { connection_id: 'c1', level: 2, heads: true } },
      answer('h', { messages: [message] }),
      answer('s', position),
      answer('p', { as_of: 'noon', epoch: 'now' }),
      event('chat_message', message),
    ])
  })

  it('[S50] 1 has no numbers anywhere, and no sync', async () => {
    const { client, end, say, ask } = connect({ level: 1 })
    const asked = ['get_history', 'get_rooms', 'chat_message', 'subscribe_room', 'get_price', 'sync']
    for (const type of asked) ask(type, {}, type)
    await say(
      { type: 'welcome', data: { level: 3, heads: true, room_id: 'r1', ...position } },
      answer('get_history', { messages: [message], as_of: 7, epoch: 'e1' }),
      answer('get_rooms', { rooms: [{ id: 'r1', last_message: message }, { id: 'r2' }] }),
      answer('chat_message', { message }),
      answer('subscribe_room', position),
      answer('get_price', { seq: 1, message: { seq: 2 } }),
      event('chat_message', message),
      { ...position, type: 'chat_message', room_id: 'r1', message },
      event('message_updated', { message }),
      { type: 'room_updated', room_id: 'r1', data: { room: { id: 'r1', last_message: message } } },
      { type: 'pong', data: { timestamp: 1, server_time: 2, heads: { r1: position } } },
    )
    expect(client.frames()).toEqual([
      { type: 'error', reply_to: 'sync', error: expect.objectContaining({ code: 'unsupported' }) },
      { type: 'welcome', data: { connection_id: 'c1', level: 1, room_id: 'r1' } },
      answer('get_history', { messages: [unnumbered] }),
      answer('get_rooms', { rooms: [{ id: 'r1', last_message: unnumbered }, { id: 'r2' }] }),
      answer('chat_message', { message: unnumbered }),
      answer('subscribe_room', {}),
      answer('get_price', { seq: 1, message: { seq: 2 } }),
      { type: 'chat_message', room_id: 'r1', data: unnumbered },
      { type: 'chat_message', room_id: 'r1', message: unnumbered },
      { type: 'message_updated', room_id: 'r1', data: { message: unnumbered } },
      { type: 'room_updated', room_id: 'r1', data: { room: { id: 'r1', last_message: unnumbered } } },
      { type: 'pong', data: { timestamp: 1, server_time: 2 } },
    ])
    expect(end.heard.map((text) => JSON.parse(text).type)).toEqual(asked.slice(0, -1))
  })

  it('[S50] 0 is a consumer that relays, answers nothing, and knows no name that a client gave', async () => {
    const { client, end, say, ask } = connect({ level: 0 })
    ask('chat_message', { message: 'hi', client_id: 'c1' }, 'q1')
    ask('get_history', {}, 'q2')
    client.receive('{"type":')
    expect(end.heard.map((text) => JSON.parse(text))).toEqual([
      { type: 'chat_message', data: { message: 'hi' } },
      {},
    ])
    const typing = { type: 'typing_indicator', room_id: 'r1', data: { room_id: 'r1', is_typing: true } }
    await say(
      { type: 'welcome', data: { level: 3 } },
      answer('q1', { message }),
      { type: 'error', error: { code: 'invalid' } },
      event('chat_message', message),
      { type: 'room_updated', room_id: 'r1', data: {} },
      { type: 'user_status', data: {} },
      typing,
      { type: 'pong', data: { timestamp: 1, server_time: 2, heads: {} } },
    )
    expect(client.texts.map((text) => JSON.parse(text))).toEqual([
      { type: 'chat_message', message: fiveFields },
      typing,
      { type: 'pong', data: { timestamp: 1 } },
    ])
  })

  it.each([
    ['unavailable', 1013],
    ['internal', 1013],
    ['rate_limited', 4029],
  ])('[S50] 0 ends the connection where silence would be taken for done: %s', async (code, closes) => {
    const { client, end, say } = connect({ level: 0 })
    await say({ type: 'error', error: { code, retry_after_ms: 5 } })
    expect([client.codes, end.ended]).toEqual([[closes], 1])
  })

  it.each([0, 1, 2] as const)('[S2] %i writes nothing again that is nested too deeply', (level) => {
    const { client, end } = connect({ level })
    const deep = `${'['.repeat(4_000)}${']'.repeat(4_000)}`
    client.receive(`[{"type":"ping","id":"deep","data":{"x":${deep}}},{"type":"ping"}]`)
    expect(JSON.parse(end.heard[0] ?? '')).toMatchObject([{ id: 'deep' }, { type: 'ping' }])
  })
})

describe('turns', () => {
  it('[S51] what one turn says to one connection is one message, from level 1 on and where packing is on', async () => {
    const frames = [{ type: 'a' }, { type: 'b' }]
    const lengths = [{}, { batch: false }, { level: 0 as const }].map(async (options) => {
      const { client, say } = connect(options)
      await say(...frames)
      expect(client.frames()).toEqual(frames)
      return client.texts.length
    })
    expect(await Promise.all(lengths)).toEqual([1, 2, 2])
  })

  it('[S51] of the operator has left when it is over', () => {
    const { lines, client, end } = connect()
    lines.turn(() => {
      end.socket.send('{"type":"a"}')
      lines.turn(() => end.socket.send('{"type":"b"}'))
      expect(client.texts).toEqual([])
    })
    expect(client.texts).toEqual(['[{"type":"a"},{"type":"b"}]'])
  })

  it('[S51] does not keep what is much until its end', () => {
    const { lines, client, end } = connect()
    const text = JSON.stringify({ type: 'a', data: 'x'.repeat(400_000) })
    lines.turn(() => {
      for (let at = 0; at < 3; at++) end.socket.send(text)
      expect(client.texts).toHaveLength(1)
    })
  })

  it('[S51] says everything before it closes', async () => {
    const { client, end, events } = connect()
    end.socket.send('{"type":"last words"}')
    end.socket.close(4001, 'over')
    await settle()
    expect([client.texts, client.codes, end.ended]).toEqual([['{"type":"last words"}'], [4001], 1])
    client.hangUp()
    expect(events.filter(({ type }) => type === 'closed')).toEqual([
      { type: 'closed', connectionId: 'c1', code: 4001, reason: 'over' },
    ])
  })
})

describe('faults', () => {
  const numbered = (count: number): ServerFrame[] =>
    Array.from({ length: count }, (_, at) => ({ type: 'chat_message', room_id: 'r1', seq: at + 1 }))

  it.each([{ drop: 0.3 }, { duplicate: 0.3 }, { reorder: 0.3 }, { drop: 0.1, duplicate: 0.1, reorder: 0.2 }])(
    '[S51] are decided by the seed alone: %j',
    async (knobs) => {
      const run = async (seed: number) => {
        const { clock, faults, say, client } = connect({ seed })
        Object.assign(faults.settings, knobs)
        for (const frame of numbered(60)) await say(frame)
        clock.advance(1_000)
        return client.frames().map(({ seq }) => seq)
      }
      expect(await run(1)).toEqual(await run(1))
      expect(await run(1)).not.toEqual(await run(2))
    },
  )

  it('[S51] a half-open connection says and hears nothing, and its end is not told', async () => {
    const { lines, client, end, say, ask } = connect()
    for (const line of lines.all) line.isSilent = true
    await say({ type: 'a' })
    ask('ping')
    for (const line of [...lines.all]) lines.end(line, 1006, '')
    expect([client.texts, end.heard, client.codes, end.ended, lines.all.size]).toEqual([[], [], [], 1, 0])
  })

  it('[S51] of subscriptions that are forgotten nothing comes but what is for the user, until they are asked for', async () => {
    const { lines, client, say, ask } = connect()
    for (const { hearing } of lines.all) hearing.goDeaf()
    const update = { type: 'room_updated', room_id: 'r1', data: {} }
    const typing = { type: 'typing_indicator', data: { room_id: 'r2' } }
    await say(event('chat_message', message), typing, update, answer('q', { room_id: 'r1' }))
    expect(client.frames()).toEqual([update, answer('q', { room_id: 'r1' })])
    ask('sync', { rooms: { r1: {} } })
    client.texts.length = 0
    await say(event('chat_message', message), typing)
    expect(client.frames()).toEqual([event('chat_message', message)])
    ask('subscribe_room', { room_id: 'r2' })
    client.texts.length = 0
    await say(typing)
    expect(client.frames()).toEqual([typing])
  })

  it('[S51] a frame is rejected before the kit hears of it, alone in its message, and once', async () => {
    const { faults, client, end } = connect()
    faults.rejectNext('chat_message', { code: 'unavailable', retryAfterMs: 5 })
    client.receive('[{"type":"ping"},{"type":"chat_message","id":"q"},{"type":"chat_message","id":"r"}]')
    await settle()
    expect(end.heard.flatMap((text) => JSON.parse(text).map(({ type }: ServerFrame) => type))).toEqual([
      'ping',
      'chat_message',
    ])
    expect(client.frames()).toEqual([
      {
        type: 'error',
        reply_to: 'q',
        error: expect.objectContaining({ code: 'unavailable', retryable: true, retry_after_ms: 5 }),
      },
    ])
  })

  it('[S7] of a line that has ended nothing waits', async () => {
    const { clock, faults, lines, client, say } = connect()
    faults.settings.latencyMs = 100
    await say({ type: 'a' })
    client.hangUp()
    clock.advance(1_000)
    await say({ type: 'b' })
    expect([client.texts, lines.all.size]).toEqual([[], 0])
  })
})
