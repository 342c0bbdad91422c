// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { type Bus, localBus } from '../../src/server/bus.ts'
import { createWorld, faulty } from './support/memoryBoard.ts'

const move = (column: string, more: object = {}) => ({ board: 'b', id: 'c', column, ...more })

const afterwards = async (done: Promise<unknown>, clock: { flush(): Promise<void> }) => {
  await done
  await clock.flush()
}

describe('events', () => {
  it('[S18] are told after the commit, numbered, to those who subscribed, behind the answer', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const [author, reader, stranger] = [connect(live), connect(live), connect(live)]
    for (const client of [author, reader]) {
      expect(await client.ask('subscribe_board', { board: 'b' })).toMatchObject({
        data: { seq: 0, epoch: expect.any(String) },
      })
    }
    await stranger.ask('subscribe_board', { board: 'other' })
    for (const client of [author, reader, stranger]) client.clear()
    await author.ask('move_card', move('done'))
    await clock.flush()
    expect(author.frames.map(({ type }) => type)).toEqual(['response', 'card_moved'])
    expect(reader.frames).toEqual([
      {
        type: 'card_moved',
        board: 'b',
        seq: 1,
        epoch: expect.any(String),
        data: { id: 'c', column: 'done', moves: 1 },
      },
    ])
    expect(stranger.frames).toEqual([])
    await reader.ask('unsubscribe_board', { board: 'b' })
    reader.clear()
    await author.ask('move_card', move('open'))
    await clock.flush()
    expect(reader.frames).toEqual([])
  })

  it('[S18] keep the order of their numbers, from many writers at once', async () => {
    const { start, connect, clock } = createWorld()
    const live = start()
    const clients = Array.from({ length: 8 }, (_, at) => connect(live, `/ws/?token=user${at}`))
    for (const client of clients) await client.ask('subscribe_board', { board: 'b' })
    for (let round = 0; round < 5; round++) {
      for (const [at, client] of clients.entries())
        client.send('move_card', move(`${round}`, { id: `c${at}` }), `${round}`)
    }
    for (let turn = 0; turn < 10; turn++) await clock.flush()
    await clock.advance(100)
    const numbers = Array.from({ length: 40 }, (_, at) => at + 1)
    for (const client of clients) {
      expect(client.ofType('card_moved').map(({ seq }) => seq)).toEqual(numbers)
      const order = client.frames
        .filter(({ reply_to }) => reply_to !== undefined)
        .map(({ reply_to }) => reply_to)
      expect(order.slice(1)).toEqual(['0', '1', '2', '3', '4'])
    }
  })

  it('[S18] of another process come with the hint of the bus, and without it with the next ping', async () => {
    const { start, connect, clock } = createWorld()
    const notices: unknown[] = []
    const shared = localBus()
    let isDeaf = false
    const bus: Bus = {
      publish: (notice) => {
        notices.push(notice)
        if (isDeaf) throw new Error('the bus is down')
        return shared.publish(notice)
      },
      subscribe: shared.subscribe,
    }
    const [here, there] = [start({ bus }), start({ bus })]
    const reader = connect(here)
    const author = connect(there)
    await reader.ask('subscribe_board', { board: 'b' })
    await author.ask('move_card', move('done'))
    await clock.flush()
    expect(notices).toMatchObject([{ type: 'moved', channel: 'board/b', head: { seq: 1 } }])
    expect(reader.ofType('card_moved')).toMatchObject([{ seq: 1, data: { column: 'done' } }])
    isDeaf = true
    await author.ask('move_card', move('open'))
    await author.ask('move_card', move('shut'))
    await clock.flush()
    expect(reader.ofType('card_moved')).toHaveLength(1)
    reader.send('ping', { timestamp: 7 })
    await clock.advance(0)
    expect(reader.ofType('pong')).toMatchObject([{ data: { timestamp: 7, heads: { b: { seq: 3 } } } }])
    expect(reader.ofType('card_moved').map(({ seq }) => seq)).toEqual([1, 2, 3])
    // What was committed and told by nobody is in front of what comes next.
    isDeaf = false
    await afterwards(there.publish('card_moved', { id: 'c', column: 'x', moves: 9 }, 'b'), clock)
    expect(reader.ofType('card_moved').map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })

  it('[S18] that cannot be told any more are said to be lost', async () => {
    const { start, connect, clock, store } = createWorld()
    const live = start()
    const reader = connect(live)
    await reader.ask('subscribe_board', { board: 'b' })
    await store.renewEpoch()
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    await clock.flush()
    expect(reader.ofType('resync_required')).toMatchObject([{ data: { board: 'b' } }])
    // Its number would fit, and means nothing.
    expect(reader.ofType('card_moved')).toEqual([])
    reader.clear()
    await live.publish('card_moved', { id: 'c', column: 'y', moves: 2 }, 'b')
    await clock.flush()
    expect(reader.frames).toMatchObject([{ type: 'card_moved', data: { column: 'y' } }])
  })

  it('[S18] go on when a log that could not be read can be', async () => {
    const world = createWorld()
    const { store, faults } = faulty(world.store)
    const [here, there] = [world.start({ store }), world.start()]
    const reader = world.connect(here)
    await reader.ask('subscribe_board', { board: 'b' })
    faults.isDown = true
    await there.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    reader.send('ping')
    await world.clock.advance(0)
    expect(reader.ofType('pong')).toHaveLength(1)
    faults.isDown = false
    reader.send('ping')
    await world.clock.advance(1_000)
    expect(reader.ofType('card_moved')).toHaveLength(1)
  })

  it('[S21] are written once, however many listen', async () => {
    const { start, connect, events } = createWorld()
    const live = start()
    const clients = Array.from({ length: 5 }, () => connect(live))
    for (const client of clients) await client.ask('subscribe_board', { board: 'b' })
    let written = 0
    const payload = { id: 'c', column: 'x', moves: 1, toJSON: () => ({ id: 'c', at: ++written }) }
    await live.publish('card_moved', payload, 'b')
    expect(written).toBe(1)
    for (const client of clients) expect(client.ofType('card_moved')).toMatchObject([{ data: { at: 1 } }])
    expect(events).toContainEqual(expect.objectContaining({ type: 'delivered', connections: 5, events: 1 }))
  })
})

describe('heads', () => {
  it('[S22] a pong tells those that have moved since the last one, read at once for all who ask', async () => {
    const world = createWorld()
    let reads = 0
    const store = {
      ...world.store,
      heads: (channels: readonly string[]) => {
        reads++
        return world.store.heads(channels)
      },
    }
    const live = world.start({ store })
    const clients = Array.from({ length: 50 }, () => world.connect(live))
    for (const client of clients)
      for (const board of ['a', 'b']) await client.ask('subscribe_board', { board })
    reads = 0
    for (const client of clients) client.send('ping')
    await world.clock.advance(0)
    expect(reads).toBeLessThanOrEqual(2)
    const told = () => clients.map((client) => client.ofType('pong').at(-1)?.data?.heads)
    expect(told()).toEqual(clients.map(() => ({ a: expect.anything(), b: expect.anything() })))
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    for (const client of clients) client.send('ping')
    await world.clock.advance(0)
    expect(told()).toEqual(clients.map(() => ({ b: { seq: 1, epoch: expect.any(String) } })))
    clients[0]?.send('ping', { timestamp: 3 })
    await world.clock.advance(0)
    expect(clients[0]?.frames.at(-1)?.data).toEqual({ timestamp: 3, server_time: expect.any(Number) })
  })

  it('[S22] a pong comes in time, also where the store does not answer', async () => {
    const world = createWorld()
    const { store, faults } = faulty(world.store)
    const client = world.connect(world.start({ store }))
    await client.ask('subscribe_board', { board: 'b' })
    faults.gate = new Promise(() => undefined)
    client.send('ping')
    await world.clock.advance(2_000)
    expect(client.ofType('pong')).toHaveLength(1)
  })
})

describe('[S69] a name that the store cannot look for', () => {
  const ODD = 'odd'
  const CANNOT = 'the database takes no such text'

  /** A store that fails at reads which name such a channel, as PostgreSQL does where there is a NUL in it. */
  const open = () => {
    const world = createWorld()
    const reads: (readonly string[])[] = []
    const heads = async (channels: readonly string[]) => {
      reads.push(channels)
      if (channels.some((channel) => channel.includes(ODD))) throw new Error(CANNOT)
      return world.store.heads(channels)
    }
    const live = world.start({ store: { ...world.store, heads } })
    const join = async (user: string) => {
      const client = world.connect(live, `/ws/?token=${user}`)
      await world.clock.flush()
      return client
    }
    return { ...world, live, reads, join }
  }

  it('is refused to who asks for it, and to nobody who asks at the same time', async () => {
    const { clock, join } = open()
    const [alice, bob, mallory] = [await join('alice'), await join('bob'), await join('mallory')]
    mallory.send('sync', { boards: { b: {}, [ODD]: {} } }, 'm')
    alice.send('subscribe_board', { board: 'b' }, 'a')
    bob.send('subscribe_board', { board: 'c' }, 'b')
    await clock.advance(0)
    expect(mallory.frames.at(-1)).toMatchObject({ reply_to: 'm', error: { code: 'unavailable' } })
    expect(alice.frames.at(-1)).toMatchObject({ reply_to: 'a', data: { seq: 0 } })
    expect(bob.frames.at(-1)).toMatchObject({ reply_to: 'b', data: { seq: 0 } })
    mallory.send('subscribe_board', { board: ODD }, 'm')
    alice.send('ping')
    await clock.advance(0)
    expect(alice.ofType('pong').at(-1)?.data).toMatchObject({ heads: { b: { seq: 0 } } })
  })

  it('costs a store that is away one read more, however many ask', async () => {
    const world = createWorld()
    const { store, faults } = faulty(world.store)
    let reads = 0
    const heads = (channels: readonly string[]) => {
      reads++
      return store.heads(channels)
    }
    const live = world.start({ store: { ...store, heads } })
    const clients = Array.from({ length: 50 }, () => world.connect(live))
    await world.clock.flush()
    faults.isDown = true
    for (const [at, client] of clients.entries()) client.send('subscribe_board', { board: `b${at}` }, 's')
    await world.clock.advance(0)
    for (const client of clients)
      expect(client.frames.at(-1)).toMatchObject({ error: { code: 'unavailable' } })
    expect(reads).toBe(2)
  })

  it.each(['x\0', 'x\ud800'])('does not come so far where not every database takes it', async (board) => {
    const { reads, join, clock } = open()
    const mallory = await join('mallory')
    for (const type of ['subscribe_board', 'get_cards'])
      expect(await mallory.ask(type, { board })).toMatchObject({ error: { code: 'invalid' } })
    expect(await mallory.ask('sync', { boards: { b: {}, [board]: {} } })).toMatchObject({
      data: { boards: { b: { seq: 0 }, [board]: { complete: false, error: { code: 'invalid' } } } },
    })
    mallory.send('ping')
    await clock.advance(0)
    expect(reads.flat().filter((channel) => channel.includes(board))).toEqual([])
  })
})

describe('sync', () => {
  it('[S23] catches up many channels in few reads, and subscribes them', async () => {
    const world = createWorld()
    const reads = { heads: 0, since: 0 }
    const live = world.start({
      store: {
        ...world.store,
        heads: (channels) => {
          reads.heads++
          return world.store.heads(channels)
        },
        since: (positions, maxEvents) => {
          reads.since++
          return world.store.since(positions, maxEvents)
        },
      },
    })
    const boards = Array.from({ length: 100 }, (_, at) => `b${at}`)
    for (const board of boards) {
      await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, board)
      await live.publish('card_moved', { id: 'c', column: 'y', moves: 2 }, board)
    }
    const client = world.connect(live)
    const head = await client.ask('subscribe_board', { board: 'b0' })
    const epoch = head.data?.epoch
    Object.assign(reads, { heads: 0, since: 0 })
    const reply = await client.ask('sync', {
      boards: Object.fromEntries([...boards, 'secret'].map((board) => [board, { seq: 1, epoch }])),
    })
    expect(reads).toEqual({ heads: 1, since: 1 })
    const answers = reply.data?.boards as Record<string, object>
    for (const board of boards) {
      expect(answers[board]).toEqual({
        events: [{ type: 'card_moved', board, seq: 2, epoch, data: { id: 'c', column: 'y', moves: 2 } }],
        complete: true,
        seq: 2,
        epoch,
      })
    }
    expect(answers.secret).toMatchObject({ events: [], complete: false, error: { code: 'not_member' } })
    expect(answers.secret).not.toHaveProperty('seq')
    client.clear()
    await live.publish('card_moved', { id: 'c', column: 'z', moves: 3 }, 'b77')
    expect(client.frames).toMatchObject([{ board: 'b77', seq: 3 }])
    await live.publish('card_moved', { id: 'c', column: 'z', moves: 3 }, 'secret')
    expect(client.frames).toHaveLength(1)
  })

  it.each([
    ['another epoch', { seq: 1, epoch: 'other' }],
    ['a number from the future', { seq: 9 }],
    ['no number', {}],
    ['what is no number', { seq: 'x' }],
    ['nothing', null],
  ])('[S23] says that it cannot prove anything from %s, and subscribes', async (_what, position) => {
    const { start, connect } = createWorld()
    const live = start()
    const client = connect(live)
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    const reply = await client.ask('sync', { boards: { b: position } })
    expect(reply.data).toMatchObject({ boards: { b: { events: [], complete: false, seq: 1 } } })
    await live.publish('card_moved', { id: 'c', column: 'y', moves: 2 }, 'b')
    expect(client.ofType('card_moved')).toMatchObject([{ seq: 2 }])
  })

  it('[S23] loses nothing that is committed while it is answered', async () => {
    for (let delay = 0; delay < 40; delay++) {
      const { start, connect, clock } = createWorld()
      const live = start()
      const client = connect(live)
      await clock.flush()
      client.send('sync', { boards: { b: { seq: 0 } } }, 's')
      for (let turn = 0; turn < delay; turn++) await undefined
      await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
      await clock.advance(0)
      const [reply] = client.frames.filter(({ reply_to }) => reply_to === 's')
      const answers = reply?.data?.boards as { readonly b?: { readonly seq: number } } | undefined
      const seq = answers?.b?.seq
      const heard = client.ofType('card_moved').map((event) => event.seq)
      expect([delay, seq === 1 || heard.includes(1)]).toEqual([delay, true])
    }
  })
})

describe('access', () => {
  it('[S24] is asked for every subscription, sync and request', async () => {
    const { start, connect, barred } = createWorld()
    const client = connect(start())
    const refused = { error: { code: 'not_member', retryable: false } }
    for (const type of ['subscribe_board', 'get_cards', 'move_card']) {
      expect(await client.ask(type, { ...move('x'), board: 'secret' })).toMatchObject(refused)
    }
    await client.ask('subscribe_board', { board: 'b' })
    barred.add('alice/b')
    for (const type of ['get_cards', 'move_card', 'subscribe_board'])
      expect(await client.ask(type, move('x'))).toMatchObject(refused)
    expect(await client.ask('sync', { boards: { b: {} } })).toMatchObject({
      data: { boards: { b: refused } },
    })
  })

  it('[S24] that is refused again ends what one had', async () => {
    const { start, connect, barred } = createWorld()
    const live = start()
    const client = connect(live)
    await client.ask('subscribe_board', { board: 'b' })
    barred.add('alice/b')
    await client.ask('subscribe_board', { board: 'b' })
    client.clear()
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    expect(client.frames).toEqual([])
  })

  it('[S24] that is revoked stops delivery at once, in every process, and the client is told', async () => {
    const { start, connect, clock } = createWorld()
    const bus = localBus()
    const [here, there] = [start({ bus }), start({ bus })]
    const clients = [connect(here), connect(there)]
    const bob = connect(there, '/ws/?token=bob')
    for (const client of [...clients, bob]) await client.ask('subscribe_board', { board: 'b' })
    here.revoke('alice', 'b')
    await here.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    await clock.flush()
    for (const client of clients) {
      expect(client.ofType('resync_required')).toMatchObject([{ data: { board: 'b', reason: 'revoked' } }])
      expect(client.ofType('card_moved')).toEqual([])
    }
    expect(bob.ofType('card_moved')).toHaveLength(1)
    expect(bob.ofType('resync_required')).toEqual([])
  })

  it('[S24] that is revoked while it is being granted is not granted', async () => {
    for (let delay = 0; delay < 30; delay++) {
      const { start, connect, clock, barred } = createWorld()
      const live = start()
      await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
      const client = connect(live)
      await clock.flush()
      const { epoch } = (await client.ask('subscribe_board', { board: 'a' })).data ?? {}
      client.send('subscribe_board', { board: 'b' }, 'b')
      client.send('sync', { boards: { b: { seq: 0, epoch } } }, 's')
      for (let turn = 0; turn < delay; turn++) await undefined
      barred.add('alice/b')
      live.revoke('alice', 'b')
      const before = client.frames.length
      await clock.flush()
      await live.publish('card_moved', { id: 'c', column: 'y', moves: 2 }, 'b')
      const after = client.frames.slice(before)
      expect([delay, JSON.stringify(after).includes('card_moved')]).toEqual([delay, false])
      // From now on nothing says that it stands.
      const granted = after.filter(({ reply_to, data }) => reply_to === 'b' && data)
      expect([delay, granted]).toEqual([delay, []])
    }
  })

  it('[S24] of which the application fails to tell is refused, and reported', async () => {
    const { start, connect, events } = createWorld()
    const channels = {
      board: () => {
        throw new Error('no database')
      },
    }
    const client = connect(start({ channels }))
    expect(await client.ask('subscribe_board', { board: 'b' })).toMatchObject({ error: { code: 'internal' } })
    expect(events).toContainEqual({ type: 'failed', error: new Error('no database') })
  })

  it('says what is missing where the protocol has another kind of channel', () => {
    const { start } = createWorld()
    expect(() => start({ channels: {} })).toThrow('board')
  })
})
