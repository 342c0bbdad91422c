// @vitest-environment node
/** What many events, many listeners, many who come at once and what never comes back cost the others. */
import { describe, expect, it } from 'vitest'
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

  it.each(upTo(20))('[S30] nothing is lost, doubled or out of order, whoever comes and goes: seed %i', async (seed) => {
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
  })
})
