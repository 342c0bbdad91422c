// @vitest-environment node
/** What many events, many listeners, many who come at once and what never comes back cost the others. */
import { describe, expect, it, vi } from 'vitest'
import { eventText, ownMessages, withOwn } from '../../src/server/feeds/eventText.ts'
import { createRandom } from '../../src/testing/server/random.ts'
import { createWorld } from './support/memoryBoard.ts'

const card = (moves: number) => ({ id: 'c', column: 'x', moves })
const move = (column: string) => ({ board: 'b', id: 'c', column })
const seqs = (frames: readonly Readonly<Record<string, unknown>>[]) => frames.flatMap(({ seq }) => seq ?? [])
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function crowd(size: number) {
  const world = createWorld()
  const live = world.start({ limits: { connectionsPerUser: 1_000 } })
  const clients = upTo(size).map(() => world.connect(live))
  await world.clock.flush()
  for (const client of clients) await client.ask('subscribe_board', { board: 'b' })
  for (const client of clients) client.clear()
  const publish = async (moves: number) => {
    await live.publish('card_moved', card(moves), 'b')
    await world.clock.flush()
  }
  return { ...world, live, clients, publish }
}

describe('where much happens', () => {
  it('[S30] events of one channel travel as arrays within 100 ms, the first at once, with one text for all', async () => {
    const { clock, clients, publish } = await crowd(150)
    for (const moves of upTo(5)) await publish(moves)
    expect(clients.map(({ frames }) => seqs(frames))).toEqual(clients.map(() => [1]))
    await clock.advance(99)
    expect(seqs(clients[0]?.frames ?? [])).toEqual([1])
    await clock.advance(1)
    expect(clients.map(({ frames }) => seqs(frames))).toEqual(clients.map(() => upTo(5)))
    expect(clients[0]?.texts).toHaveLength(2)
    expect(new Set(clients.map(({ texts }) => texts[1])).size).toBe(1)
    // The next one is the first again only where nothing came before it.
    await publish(6)
    expect(seqs(clients[0]?.frames ?? [])).toEqual(upTo(5))
    await clock.advance(250)
    await publish(7)
    expect(seqs(clients[0]?.frames ?? [])).toEqual(upTo(7))
  })

  it('[S30] a lone event never waits, nor do a few for a few', async () => {
    const { clock, clients, publish } = await crowd(3)
    for (const moves of upTo(20)) await publish(moves)
    expect(seqs(clients[2]?.frames ?? [])).toEqual(upTo(20))
    expect(clients[2]?.texts).toHaveLength(20)
    await clock.advance(1_000)
    // Whole seconds apart, to however many.
    const many = await crowd(150)
    for (const moves of upTo(3)) {
      await many.publish(moves)
      expect(seqs(many.clients[0]?.frames ?? [])).toEqual(upTo(moves))
      await many.clock.advance(1_000)
    }
  })

  it('[S30] one channel waits for no other', async () => {
    const { live, clock, clients, connect, publish } = await crowd(150)
    clients[0]?.hangUp()
    const other = connect(live)
    await other.ask('subscribe_board', { board: 'quiet' })
    other.clear()
    for (const moves of upTo(3)) await publish(moves)
    await live.publish('card_moved', card(1), 'quiet')
    await clock.flush()
    expect(seqs(other.frames)).toEqual([1])
  })

  it('[S30] [S18] an answer goes before its own events, whatever waits', async () => {
    const { clock, clients, publish } = await crowd(150)
    const [author] = clients
    for (const moves of upTo(3)) await publish(moves)
    author?.clear()
    expect(await author?.ask('move_card', move('y'))).toMatchObject({ type: 'response' })
    await clock.advance(100)
    expect(author?.frames.map(({ type, seq }) => seq ?? type)).toEqual(['response', 2, 3, 4])
  })

  it('[S30] [S24] what waits is not delivered to who has left, nor to whose right was revoked', async () => {
    const { live, clock, clients, barred, publish } = await crowd(150)
    const [leaver, stayer] = clients
    for (const moves of upTo(3)) await publish(moves)
    await leaver?.ask('unsubscribe_board', { board: 'b' })
    await clock.advance(100)
    expect(seqs(leaver?.frames ?? [])).toEqual([1])
    expect(seqs(stayer?.frames ?? [])).toEqual(upTo(3))
    await publish(4)
    barred.add('alice/b')
    live.revoke('alice', 'b')
    await clock.advance(1_000)
    expect(seqs(stayer?.frames ?? [])).toEqual(upTo(3))
    // Nobody is left, and nothing waits for them.
    await live.close({ graceMs: 0 })
    expect(clock.pending()).toBe(0)
  })

  it.each(upTo(20))(
    '[S30] nothing is lost, doubled or out of order, whoever comes and goes: seed %i',
    async (seed) => {
      const random = createRandom(seed)
      const { live, clock, clients, connect, publish } = await crowd(110)
      let published = 0
      const [steady] = clients
      for (let step = 0; step < 60; step++) {
        const act = random()
        if (act < 0.7) await publish(++published)
        else if (act < 0.8) await clock.advance(Math.floor(random() * 250))
        else if (act < 0.9) clients[1 + Math.floor(random() * 100)]?.hangUp()
        else await connect(live).ask('subscribe_board', { board: 'b' })
      }
      await clock.advance(100)
      expect(seqs(steady?.frames ?? [])).toEqual(upTo(published))
    },
  )
})

const never = new Promise<never>(() => undefined)

describe('what does not come back', () => {
  it('[S31] a handler is answered for after its time, and holds up nobody', async () => {
    const { start, connect, clock, events, store } = createWorld()
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const live = start({
      limits: { handlerMs: 5_000, unanswered: 2 },
      requests: {
        get_cards: () => never,
        whoami: () => never,
        move_card: async ({ data, transaction, publish }) => {
          await gate
          return transaction((tx) => {
            const moved = { id: data.id, column: data.column, moves: (tx.get<number>('moves', 'c') ?? 0) + 1 }
            tx.set('moves', 'c', moved.moves)
            publish('card_moved', moved)
            return { card: moved }
          })
        },
      },
    })
    const [client, reader] = [connect(live), connect(live)]
    for (const one of [client, reader]) await one.ask('subscribe_board', { board: 'b' })
    client.send('move_card', { ...move('y'), client_id: 'm1' }, 'm1')
    // Behind it in the line of the board.
    client.send('get_cards', { board: 'b' }, 'g1')
    await clock.advance(5_000)
    const late = { code: 'unavailable', message: 'Took too long', retryable: true, retry_after_ms: 1_000 }
    expect(client.ofType('error')).toMatchObject([{ reply_to: 'm1', error: late }])
    await clock.advance(5_000)
    expect(client.ofType('error')).toMatchObject([{ reply_to: 'm1' }, { reply_to: 'g1', error: late }])
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(2)
    client.clear()
    reader.clear()
    // What it commits after all is told, also to who was refused, and a repetition gets its answer.
    release()
    await clock.advance(0)
    for (const one of [client, reader]) expect(seqs(one.frames)).toEqual([1])
    const again = await client.ask('move_card', { ...move('y'), client_id: 'm1' }, 'm1')
    expect(again).toMatchObject({ data: { card: { moves: 1 } } })
    await live.publish('card_moved', card(2), 'b')
    await clock.flush()
    expect(seqs(client.frames)).toEqual([1, 2])
    expect((await store.heads(['board/b'])).get('board/b')).toMatchObject({ seq: 2 })
  })

  it('[S31] [S19] a token that cannot be checked in time closes with 1013, and not as a bad one', async () => {
    const { start, connect, clock } = createWorld()
    const live = start({ authenticate: () => never, limits: { handlerMs: 15_000, signInMs: 10_000 } })
    const client = connect(live)
    const [byFrame, silent] = [connect(live, '/ws/'), connect(live, '/ws/')]
    await clock.advance(8_000)
    byFrame.send('auth', { token: 'alice' }, 'a')
    await clock.advance(7_000)
    expect(client.closed).toMatchObject({ code: 1013 })
    expect(silent.closed).toMatchObject({ code: 4001 })
    await clock.advance(8_000)
    expect(byFrame.closed).toMatchObject({ code: 1013 })
  })

  it('[S31] nothing is served before the store has its tables; where it cannot have them, it is tried again', async () => {
    const { start, connect, clock, store, events } = createWorld()
    let isBroken = true
    let isMigrated = false
    const calls: string[] = []
    const watched = Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        (...args: never[]) => {
          if (!isMigrated) calls.push(name)
          return (method as (...args: never[]) => unknown)(...args)
        },
      ]),
    ) as unknown as typeof store
    const migrate = async () => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, 200))
      if (isBroken) throw new Error('the disk is full')
      isMigrated = true
    }
    const live = start({ store: { ...watched, migrate } })
    const client = connect(live)
    await clock.flush()
    const frames = () => {
      client.send('subscribe_board', { board: 'b' }, 's')
      client.send('sync', { boards: { b: {} } }, 'y')
      client.send('get_cards', { board: 'b' }, 'g')
      client.send('move_card', move('x'), 'm')
    }
    frames()
    await clock.advance(199)
    expect(client.frames.map(({ type }) => type)).toEqual(['welcome'])
    await clock.advance(1)
    const refusal = { code: 'unavailable', retryable: true, retry_after_ms: 1_000 }
    expect(client.ofType('error')).toMatchObject(Array.from({ length: 4 }, () => ({ error: refusal })))
    await expect(live.publish('card_moved', card(1), 'b')).rejects.toThrow('the disk is full')
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(1)
    expect(calls).toEqual([])
    isBroken = false
    client.clear()
    await clock.advance(1_000)
    frames()
    await clock.advance(199)
    expect(client.frames).toEqual([])
    await clock.advance(1)
    expect(client.frames.flatMap(({ reply_to }) => reply_to ?? []).toSorted()).toEqual(['g', 'm', 's', 'y'])
    expect(client.ofType('error')).toEqual([])
    expect(calls).toEqual([])
  })
})

it('[S32] a thousand who subscribe in the same moment, each in a message of its own, cost few reads', async () => {
  const { start, connect, clock, store } = createWorld()
  let reads = 0
  const heads = (channels: readonly string[]) => {
    reads++
    return store.heads(channels)
  }
  const live = start({ store: { ...store, heads }, limits: { connectionsPerUser: 1_000 } })
  const clients = upTo(1_000).map(() => connect(live))
  await clock.flush()
  for (const [index, client] of clients.entries()) {
    client.send('subscribe_board', { board: index % 2 === 0 ? 'b' : `b${index}` }, 's')
    await clock.flush(20)
  }
  await clock.advance(0)
  expect(clients.flatMap((client) => client.ofType('response'))).toHaveLength(1_000)
  expect(reads).toBeLessThanOrEqual(4)
})

it('[S21] an event that some see otherwise is read once, and made once for all who see the same', () => {
  const users = upTo(300).map((at) => `user${at}`)
  const own = { ...Object.fromEntries(users.map((user) => [user, [0]])), user300: [0, 1] }
  const events = upTo(3).map((seq) => {
    const event = withOwn(eventText('reacted', { board: 'b' }, seq), own)
    return { channel: 'board/b', seq, epoch: 'e', event }
  })
  const parse = vi.spyOn(JSON, 'parse')
  const makeOwn = vi.fn((text: string, places: unknown) => text.replace('reacted', `reacted ${places}`))
  const message = ownMessages(events, makeOwn)
  const texts = users.map((user) => message?.(user))
  expect(parse).toHaveBeenCalledTimes(3)
  parse.mockRestore()
  expect(makeOwn).toHaveBeenCalledTimes(6)
  expect(new Set(texts.slice(0, -1)).size).toBe(1)
  const framesOf = (name: string) =>
    upTo(3).map((data) => ({ seq: data, epoch: 'e', type: name, board: 'b', data }))
  expect(JSON.parse(texts[0] ?? '')).toEqual(framesOf('reacted 0'))
  expect(JSON.parse(texts.at(-1) ?? '')).toEqual(framesOf('reacted 0,1'))
  expect(message?.('somebody')).toBeUndefined()
})
