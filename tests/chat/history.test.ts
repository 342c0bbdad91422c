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

  it('[C30] shows messages of nobody where the schema allows them, live ones too', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(51) }] })
    const message = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => ({ value: value as never }),
      },
    }
    const alice = world.open('alice', { schemas: { message } })
    await world.flush()
    const socket = world.socket()
    const receive = socket.onmessage
    socket.onmessage = ({ data }) =>
      receive?.({ data: String(data).replace(/"sender":\{"id":"bob".*?\}/g, '"sender":null') })
    await world.pass()
    world.server.inject(ROOM, { sender: 'bob', content: 'live' })
    await world.pass()
    const loading = alice.history.fetchNextPage()
    await world.pass()
    await loading
    const [oldest, ...others] = alice.rows()
    expect(oldest).toMatchObject({ content: 'old 1', sender: null })
    expect(others).toHaveLength(51)
    expect(others.at(-1)).toMatchObject({ content: 'live', sender: null })
  })
})
