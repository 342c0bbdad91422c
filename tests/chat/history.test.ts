import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

describe('history', () => {
  it('[C21] loses nothing when so much arrives while an older page loads that the newest page is divided', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(200) }] })
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.latencyMs = 1_000
    // Under way before the page is asked for, so they arrive while it loads.
    for (let at = 1; at <= 70; at++) world.server.inject(ROOM, { sender: 'bob', content: `live ${at}` })
    await world.pass(500)
    const loading = alice.history.fetchNextPage({ cancelRefetch: false })
    await world.pass(3_000)
    await loading
    const all = [...seeded(200), ...Array.from({ length: 70 }, (_, at) => ({ content: `live ${at + 1}` }))]
    expect(alice.texts()).toEqual(all.slice(100).map(({ content }) => content))
    world.server.faults.latencyMs = 0
    while (alice.history.getCurrentResult().hasNextPage) {
      const next = alice.history.fetchNextPage({ cancelRefetch: false })
      await world.pass()
      await next
    }
    expect(alice.texts()).toEqual(all.map(({ content }) => content))
  })
})
