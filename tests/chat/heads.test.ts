/** What is lost on the way and followed by nothing: over the reference server, in time that moves by hand. */
import { afterEach, describe, expect, it } from 'vitest'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const HEARTBEAT = { intervalMs: 1_000, timeoutMs: 5_000 }

async function start(level: ChatLevel, options: object = {}) {
  world = createWorld({ level, rooms: [{ id: ROOM, messages: seeded(3) }] })
  const windows = ['alice', 'bob'].map((user) => world.open(user, { heartbeat: HEARTBEAT, ...options }))
  await world.pass(2_500)
  return windows
}

const say = (content: string) => world.server.inject(ROOM, { sender: 'carol', content })
/** With what the list of rooms is told of it, which may be told together a moment later. */
async function lose(run: () => void): Promise<void> {
  world.server.faults.drop = 1
  run()
  await world.pass(150)
  world.server.faults.drop = 0
}

const ENDPOINTS = [
  ['one endpoint for everything', {}],
  ['an endpoint per room', { endpoint: undefined }],
] as const

describe.each(ENDPOINTS)('with %s', (_name, options) => {
  it.each([2, 3] as const)(
    '[T28] [Q22] level %i: a lost last event is there within a heartbeat',
    async (level) => {
      const windows = await start(level, options)
      await lose(() => say('the last one'))
      await world.pass(2_000)
      for (const { texts, status } of windows)
        expect([texts().at(-1), status()]).toEqual(['the last one', 'live'])
      expect(world.sent('sync').length).toBeLessThanOrEqual(2)
      expect(world.sent('get_history')).toHaveLength(2)
    },
  )

  it.each([2, 3] as const)(
    '[T28] [Q22] level %i: so is all that was lost in a while, of every kind',
    async (level) => {
      const windows = await start(level, options)
      const [first] = windows[0]?.rows() ?? []
      await lose(() => {
        for (let count = 1; count <= 30; count++) say(`lost ${count}`)
        const fields = { room_id: ROOM, message_id: first?.id }
        world.server.act('bob', 'edit_message', { ...fields, message: 'edited' })
        world.server.act('carol', 'add_reaction', { ...fields, reaction: '+1' })
      })
      await world.pass(2_000)
      for (const { rows, status } of windows) {
        expect(rows()).toHaveLength(33)
        expect(rows()[0]).toMatchObject({ content: 'edited', reactions: [{ name: '+1', count: 1 }] })
        expect(status()).toBe('live')
      }
    },
  )

  it.each([2, 3] as const)(
    '[T28] [Q22] level %i: a server that forgot whom to send events is subscribed again',
    async (level) => {
      const windows = await start(level, options)
      world.server.faults.forgetSubscriptions()
      say('to nobody')
      await world.pass(2_000)
      const synced = world.sent('sync').length
      say('to all')
      await world.pass(100)
      for (const { texts, status } of windows)
        expect([...texts().slice(-2), status()]).toEqual(['to nobody', 'to all', 'live'])
      expect(world.sent('sync')).toHaveLength(synced)
    },
  )
})

describe('a room whose last message is not among its rows', () => {
  /** The room list hears of it, the room does not. */
  const tell = (id: string) => {
    const [room] = world.server.state().rooms
    // As level 1 has it: without a number.
    const { seq, ...last_message } = room?.messages.at(-1) ?? {}
    const numbered = world.server.level > 1 ? { ...last_message, seq } : last_message
    world.server.broadcast('room_updated', { room: { ...room, id: ROOM, last_message: { ...numbered, id } } })
  }

  it.each([1, 2, 3] as const)('[Q25] level %i: is asked for, once for each message', async (level) => {
    const windows = await start(level, { heartbeat: false })
    const lost = async () => {
      await lose(() => say('lost'))
      return String(world.server.state().rooms[0]?.messages.at(-1)?.id)
    }
    tell(await lost())
    await world.pass(150)
    expect(windows.map(({ texts }) => texts().at(-1))).toEqual(['old 3', 'old 3'])
    await world.pass(500)
    expect(windows.map(({ texts, status }) => [texts().at(-1), status()])).toEqual(
      Array(2).fill(['lost', 'live']),
    )
    const asked = () =>
      world.sent('get_history').length + world.sent('sync').length + world.sent('subscribe_room').length
    const before = asked()
    for (let times = 0; times < 20; times++) {
      tell('one that nobody has')
      await world.pass(1_000)
    }
    const once = asked() - before
    expect(once).toBeGreaterThan(0)
    expect(once).toBeLessThanOrEqual(windows.length * 2)
  })

  it('[Q25] is not asked for where it comes by itself', async () => {
    const windows = await start(3, { heartbeat: false })
    const before = world.sockets.flatMap(({ frames }) => frames).length
    for (let count = 0; count < 10; count++) {
      say(`${count}`)
      await world.pass(300)
    }
    expect(windows.map(({ texts }) => texts().at(-1))).toEqual(['9', '9'])
    expect(world.sockets.flatMap(({ frames }) => frames).length).toBe(before)
  })

  it('[Q25] is not asked for where the reader is somewhere else in the history', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(200) }] })
    const chat = world.newChat('alice', { heartbeat: false })
    const { QueryClient, InfiniteQueryObserver } = await import('@tanstack/react-query')
    const queryClient = new QueryClient()
    const around = world.server.state().rooms[0]?.messages[50]?.id
    const observer = new InfiniteQueryObserver(queryClient, chat.messages(ROOM, { around, pageSize: 10 }))
    const stops = [chat.live.connect(queryClient), chat.start(), observer.subscribe(() => undefined)]
    await world.pass(1_000)
    const before = world.sockets.flatMap(({ frames }) => frames).length
    say('at the end')
    await world.pass(1_000)
    expect(world.sockets.flatMap(({ frames }) => frames).length).toBe(before)
    for (const stop of stops) stop()
  })
})
