// @vitest-environment node

import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createLiveServer } from '../../src/server/createLiveServer.ts'
import { ConflictError } from '../../src/server/store.ts'
import { memoryStore } from '../../src/server/stores/memoryStore.ts'
import { defineProtocol } from '../../src/transport/protocol.ts'
import { createWorld, faulty } from './support/memoryBoard.ts'

const move = (column: string, more: object = {}) => ({ board: 'b', id: 'c', column, ...more })

describe('a request', () => {
  it('[S25] that does not fit its schema is refused, and never handled', async () => {
    const { start, connect } = createWorld()
    const client = connect(start())
    expect(await client.ask('move_card', { board: 'b', id: 'c' })).toMatchObject({
      error: { code: 'invalid', message: expect.stringContaining('column'), retryable: false },
    })
    expect(await client.ask('unheard_of')).toMatchObject({ error: { code: 'unsupported' } })
    expect(await client.ask('subscribe_board', {})).toMatchObject({ error: { code: 'invalid' } })
    expect(await client.ask('subscribe_board', { board: {} })).toMatchObject({ error: { code: 'invalid' } })
  })

  it('[S25] is answered once, by what the handler returns or throws', async () => {
    const { start, connect, events } = createWorld()
    const client = connect(start())
    expect(await client.ask('move_card', move('done'))).toMatchObject({
      type: 'response',
      data: { card: { id: 'c', column: 'done', moves: 1 } },
    })
    expect(await client.ask('move_card', move('nowhere'))).toMatchObject({
      error: { code: 'not_found', message: 'No such column', retryable: false },
    })
    const answered = events.filter(({ type }) => type === 'answered')
    expect(answered).toMatchObject([{ request: 'move_card' }, { request: 'move_card', code: 'not_found' }])
    expect(events.some(({ type }) => type === 'failed')).toBe(false)
    const before = client.frames.length
    client.send('move_card', move('unnamed'))
    await client.ask('whoami')
    expect(client.frames.slice(before)).toHaveLength(1)
  })

  it('[S4] whose handler fails is the trouble of who asked, and reveals nothing', async () => {
    const { start, connect, events } = createWorld()
    const client = connect(
      start({
        requests: {
          get_cards: () => ({ cards: 'none' }) as never,
          move_card: () => Promise.reject(new Error('password')),
          whoami: ({ key }) => ({ name: key }),
        },
      }),
    )
    for (const type of ['move_card', 'get_cards']) {
      const reply = await client.ask(type, move('x'))
      expect(reply.error).toEqual({ code: 'internal', message: 'The server failed', retryable: true })
    }
    expect(await client.ask('whoami')).toMatchObject({ error: { code: 'invalid' } })
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(2)
    expect(client.closed).toBeUndefined()
  })

  it('[S14] that comes again, by its id or its client_id, is answered the same and publishes nothing', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const [client, reader] = [connect(live), connect(live)]
    await reader.ask('subscribe_board', { board: 'b' })
    const first = await client.ask('move_card', move('done'), 'f1')
    const again = await connect(live).ask('move_card', move('done'), 'f1')
    expect(again).toEqual(first)
    const named = await client.ask('move_card', move('open', { client_id: 'x' }))
    expect(await client.ask('move_card', move('open', { client_id: 'x' }))).toMatchObject({
      data: named.data,
    })
    expect(reader.ofType('card_moved').map(({ seq }) => seq)).toEqual([1, 2])
    // Another user, and another board, have names of their own.
    await connect(live, '/ws/?token=bob').ask('move_card', move('open', { client_id: 'x' }))
    await client.ask('move_card', { ...move('open', { client_id: 'x' }), board: 'b2' })
    await clock.flush()
    expect(reader.ofType('card_moved').map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(await client.ask('get_cards', { board: 'b2' })).toMatchObject({ data: { as_of: 1 } })
  })

  it.each(['', 'x'.repeat(257)])('[S2] [S14] whose client_id is no id changes nothing', async (client_id) => {
    const { start, connect } = createWorld()
    const client = connect(start())
    const { error } = await client.ask('move_card', move('done', { client_id }))
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('"client_id"') })
    expect(await client.ask('get_cards', { board: 'b', client_id })).toMatchObject({ data: { cards: [] } })
  })

  it('[S14] that comes twice at once does its work once', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const clients = [connect(live), connect(live)]
    await clock.flush()
    for (const client of clients) client.send('move_card', move('done'), 'f1')
    await clock.flush()
    const replies = clients.map((client) => client.frames.at(-1))
    expect(replies[0]).toEqual(replies[1])
    expect(replies[0]).toMatchObject({ data: { card: { moves: 1 } } })
  })

  it('[S15] whose transaction runs again publishes once', async () => {
    const { start, connect, clock } = createWorld()
    let attempts = 0
    const live = start({
      requests: {
        get_cards: () => ({ cards: [] }),
        whoami: () => ({ name: '' }),
        move_card: ({ transaction, publish }) =>
          transaction(() => {
            const card = { id: 'c', column: 'x', moves: ++attempts }
            publish('card_moved', card)
            if (attempts < 3) throw new ConflictError()
            return { card }
          }),
      },
    })
    const client = connect(live)
    await client.ask('subscribe_board', { board: 'b' })
    client.send('move_card', move('x'), 'f')
    await clock.advance(1_000)
    expect(client.ofType('card_moved')).toMatchObject([{ seq: 1, data: { moves: 3 } }])
    expect(client.ofType('response').at(-1)).toMatchObject({ data: { card: { moves: 3 } } })
  })

  it('[S15] that does not go through is to be asked again', async () => {
    const { start, connect, clock } = createWorld()
    const live = start({
      requests: {
        get_cards: () => ({ cards: [] }),
        whoami: () => ({ name: '' }),
        move_card: ({ transaction }) => transaction(() => Promise.reject(new ConflictError())),
      },
    })
    const client = connect(live)
    client.send('move_card', move('x'), 'f')
    await clock.advance(60_000)
    expect(client.ofType('error')).toMatchObject([
      { reply_to: 'f', error: { code: 'unavailable', retryable: true, retry_after_ms: 1_000 } },
    ])
  })

  it('[S3] is unavailable while the store is, and nobody else notices', async () => {
    const world = createWorld()
    const { store, faults } = faulty(world.store)
    const live = world.start({ store })
    const [client, reader] = [world.connect(live), world.connect(live)]
    await reader.ask('subscribe_board', { board: 'b' })
    faults.isDown = true
    const unavailable = { error: { code: 'unavailable', retryable: true, retry_after_ms: 1_000 } }
    for (const type of ['move_card', 'get_cards', 'subscribe_board', 'sync'])
      expect(await client.ask(type, { ...move('x'), boards: { b: {} } })).toMatchObject(unavailable)
    expect(await client.ask('whoami')).toMatchObject({ data: { name: 'alice' } })
    faults.isDown = false
    expect(await client.ask('move_card', move('y'))).toMatchObject({ data: { card: { moves: 1 } } })
    expect(reader.ofType('card_moved')).toHaveLength(1)
    expect(world.events.filter(({ type }) => type === 'failed').length).toBeGreaterThan(3)
  })

  it('[S16] that reads gets where its channel stood in the same read', async () => {
    const { start, connect } = createWorld()
    const live = start()
    const client = connect(live)
    expect(await client.ask('get_cards', { board: 'b' })).toMatchObject({ data: { cards: [], as_of: 0 } })
    for (let count = 1; count < 4; count++) {
      await client.ask('move_card', move(`${count}`))
      expect(await client.ask('get_cards', { board: 'b' })).toMatchObject({
        data: { cards: [{ moves: count }], as_of: count, epoch: expect.any(String) },
      })
    }
  })

  it('[S25] publishes in a transaction, what fits the schema, or nothing', async () => {
    const { start, connect, events } = createWorld()
    const live = start({
      requests: {
        get_cards: ({ publish }) => {
          publish('card_moved', { id: 'c', column: 'x', moves: 1 })
          return { cards: [] }
        },
        whoami: () => ({ name: '' }),
        move_card: ({ transaction, publish }) =>
          transaction(() => {
            publish('card_moved', { id: 'c' } as never)
            return { card: { id: 'c', column: 'x', moves: 1 } }
          }),
      },
    })
    const client = connect(live)
    expect(await client.ask('get_cards', move('x'))).toMatchObject({ error: { code: 'internal' } })
    expect(await client.ask('move_card', move('x'))).toMatchObject({ error: { code: 'internal' } })
    expect(events.filter(({ type }) => type === 'failed')).toMatchObject([
      { error: { code: 'misconfigured' } },
      { error: { code: 'invalid_params' } },
    ])
    await client.ask('subscribe_board', { board: 'b' })
    expect(client.frames.at(-1)).toMatchObject({ data: { seq: 0 } })
    await expect(live.publish('card_moved', { id: 1 } as never, 'b')).rejects.toThrow('card_moved')
  })

  it('[S25] changes data from anywhere in the application, with its events', async () => {
    const { start, connect } = createWorld()
    const live = start()
    const client = connect(live)
    await client.ask('subscribe_board', { board: 'b' })
    const result = await live.transaction(({ tx, publish }) => {
      const card = { id: 'c', column: 'done', moves: 7 }
      tx.set('cards of b', 'c', card)
      publish('card_moved', card, 'b')
      return 'changed'
    })
    expect(result).toBe('changed')
    expect(client.ofType('card_moved')).toMatchObject([{ seq: 1, data: { moves: 7 } }])
    const failing = live.transaction(({ publish }) => {
      publish('card_moved', { id: 'c', column: 'x', moves: 8 }, 'b')
      throw new Error('meant')
    })
    await expect(failing).rejects.toThrow('meant')
    expect(await client.ask('get_cards', { board: 'b' })).toMatchObject({
      data: { cards: [{ moves: 7 }], as_of: 1 },
    })
  })

  it('[S18] holds back no events for others while its answer is not there', async () => {
    const { start, connect, clock } = createWorld()
    let finish = () => {}
    const wait = () =>
      new Promise<void>((resolve) => {
        finish = resolve
      })
    const live = start({
      requests: {
        get_cards: () => ({ cards: [] }),
        whoami: () => ({ name: '' }),
        move_card: async ({ transaction, publish, data }) => {
          const card = { id: data.id, column: data.column, moves: 1 }
          await transaction(() => publish('card_moved', card))
          if (data.column === 'slow') await wait()
          return { card }
        },
      },
    })
    const [author, reader] = [connect(live), connect(live)]
    for (const client of [author, reader]) await client.ask('subscribe_board', { board: 'b' })
    author.clear()
    author.send('move_card', move('slow'), 'f')
    await clock.flush()
    await reader.ask('move_card', move('next'))
    expect(reader.ofType('card_moved').map(({ seq }) => seq)).toEqual([1, 2])
    expect(author.frames).toEqual([])
    finish()
    await clock.flush()
    expect(author.frames.map(({ seq, type }) => seq ?? type)).toEqual(['response', 1, 2])
    // What waits behind an answer is not delivered either, once the right to it is gone.
    author.clear()
    author.send('move_card', move('slow'), 'g')
    await clock.flush()
    live.revoke('alice', 'b')
    finish()
    await clock.flush()
    expect(author.frames.map(({ type }) => type)).toEqual(['resync_required', 'response'])
  })

  it('[S25] coerces what it gets and sends what it is given, as the schemas say', async () => {
    const { environment, clock, connect } = createWorld()
    const protocol = defineProtocol({
      events: { due: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }) },
      requests: {
        set_due: {
          params: z.object({
            room_id: z.coerce.string(),
            at: z.iso.datetime().transform((text) => new Date(text)),
          }),
          result: z.null(),
        },
      },
    })
    const live = createLiveServer({
      protocol,
      environment,
      store: memoryStore({ environment }),
      authenticate: () => ({ id: 1, username: 'one' }),
      channels: { room_id: () => true },
      requests: {
        set_due: async ({ data, transaction, publish }) => {
          await transaction(() => publish('due', { at: data.at.toISOString() }))
          return null
        },
      },
    })
    const client = connect(live)
    expect(await client.ask('subscribe_room', { room_id: 7 })).toMatchObject({ data: { seq: 0 } })
    expect(await client.ask('set_due', { room_id: 7, at: '2024-01-01T00:00:00.000Z' })).toMatchObject({
      data: null,
    })
    await clock.flush()
    expect(client.ofType('due')).toMatchObject([{ room_id: '7', data: { at: '2024-01-01T00:00:00.000Z' } }])
  })

  it('[S33] says of which moment its answer is, and puts nothing into it that its schema does not let pass', async () => {
    const { environment, connect } = createWorld()
    const params = z.object({ room_id: z.string() })
    const requests = {
      loose: { params, result: z.looseObject({ rows: z.array(z.string()) }) },
      plain: { params, result: z.object({ rows: z.array(z.string()) }) },
      strict: { params, result: z.strictObject({ rows: z.array(z.string()) }) },
      list: { params, result: z.array(z.string()) },
      count: { params, result: z.number() },
      unread: { params, result: z.object({}) },
    }
    const live = createLiveServer({
      protocol: defineProtocol({ events: { moved: z.object({}) }, requests }),
      environment,
      store: memoryStore({ environment }),
      authenticate: () => ({ id: 1, username: 'one' }),
      channels: { room_id: () => true },
      requests: {
        loose: ({ read }) => read(() => ({ rows: ['a'] })),
        plain: ({ read }) => read(() => ({ rows: ['a'] })),
        strict: ({ read }) => read(() => ({ rows: ['a'] })),
        list: ({ read }) => read(() => ['a']),
        count: ({ read }) => read(() => 1),
        unread: () => ({}),
      },
    })
    await live.publish('moved', {}, '7')
    const client = connect(live)
    const position = { as_of: 1, epoch: expect.any(String) }
    const answers = { plain: { rows: ['a'] }, strict: { rows: ['a'] }, list: ['a'], count: 1 }
    for (const [type, data] of Object.entries({ ...answers, loose: { rows: ['a'], ...position } }))
      expect(await client.ask(type, { room_id: '7' }, type)).toEqual({
        type: 'response',
        reply_to: type,
        ...position,
        data,
      })
    const unread = { type: 'response', reply_to: 'unread', data: {} }
    expect(await client.ask('unread', { room_id: '7' }, 'unread')).toEqual(unread)
  })
})
