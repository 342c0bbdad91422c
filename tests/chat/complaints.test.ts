/** What people complain about in the trackers of chat libraries, each named as they name it. */
import { afterEach, describe, expect, it } from 'vitest'
import { type ChatRoom, keyOf, type Typer } from '../../src/chat/index.ts'
import type { ChatServerOptions } from '../../src/testing/server/chatServer.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())
const start = (options?: ChatServerOptions): World => {
  world = createWorld(options)
  return world
}

const unique = (values: readonly unknown[]) => new Set(values).size
const serverIds = () => (world.server.state().rooms[0]?.messages ?? []).map(({ id }) => String(id))

describe('complaints', () => {
  it.each([1, 2, 3] as const)(
    '[C40] duplicates: reply, echo, repeated echo and history of a message are one row (level %i)',
    async (level) => {
      const { open, pass, server } = start({ level })
      const [alice, bob] = [open('alice'), open('bob')]
      await pass()
      Object.assign(server.faults, { duplicate: 1 })
      // Time stands still meanwhile: every one of them has the same timestamp.
      await Promise.all(Array.from({ length: 12 }, (_, at) => alice.send(`message ${at}`)))
      await pass()
      await alice.history.refetch()
      for (const window of [alice, bob]) {
        expect(window.ids()).toEqual(serverIds())
        expect(unique(window.rows().map(keyOf))).toBe(12)
      }
    },
  )

  it('[C40] duplicates: the same client id of somebody else takes nothing away', async () => {
    const { open, pass, server } = start()
    const alice = open('alice')
    await pass()
    server.faults.latencyMs = 1_000
    const sending = alice.send('mine')
    await pass(50)
    const client_id = alice.rows()[0]?.local?.key
    const other = { id: 'm9', client_id, room_id: ROOM, sender: { id: 'bob', username: 'bob' } }
    const message = { ...other, content: 'other', timestamp: '2024-01-15T10:30:00.000Z' }
    world.socket().receive({ type: 'chat_message', room_id: ROOM, message })
    await pass(50)
    expect(alice.texts()).toEqual(['other', 'mine'])
    const keys = () => new Set(alice.rows().map(keyOf))
    const pending = keys()
    expect(pending.size).toBe(2)
    await pass(5_000)
    await sending
    expect(keys()).toEqual(pending)
    expect(alice.texts().toSorted()).toEqual(['mine', 'other'])
    expect(alice.rows().some(({ local }) => local)).toBe(false)
  })

  it('[C92] wrong room: a message that says it is of another room is shown in none', async () => {
    const { open, pass } = start({ rooms: [{ id: ROOM, messages: seeded(1) }, { id: 'den' }] })
    const [alice, den] = [open('alice'), open('alice', { roomId: 'den' })]
    await pass()
    const message = {
      id: 'm9',
      sender: { id: 'bob', username: 'bob' },
      content: 'lost',
      timestamp: '2024-01-15T10:30:00.000Z',
    }
    for (const socket of world.sockets) {
      socket.receive({ type: 'chat_message', room_id: ROOM, message: { ...message, room_id: 'den' } })
      socket.receive({
        type: 'message_updated',
        room_id: ROOM,
        data: { message: { ...message, room_id: 'den' } },
      })
    }
    await pass()
    expect([alice.texts(), den.texts()]).toEqual([['old 1'], []])
  })

  it('[C41] live messages lost during a fetch: what arrives while a page loads stays', async () => {
    const { open, pass, server } = start({ rooms: [{ id: ROOM, messages: seeded(120) }] })
    server.faults.latencyMs = 300
    const alice = open('alice')
    await pass(1_000)
    const older = alice.history.fetchNextPage({ cancelRefetch: false })
    await pass(100)
    server.inject(ROOM, { sender: 'bob', content: 'during the page' })
    await pass(1_000)
    await older
    const again = alice.history.refetch()
    await pass(100)
    server.inject(ROOM, { sender: 'bob', content: 'during the refetch' })
    await pass(1_000)
    await again
    expect(alice.texts().slice(-2)).toEqual(['during the page', 'during the refetch'])
    expect(alice.rows()).toHaveLength(102)
  })

  it('[C41] live messages lost during a fetch: what arrives before the first page is there with it', async () => {
    const { open, pass, server } = start({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    server.faults.latencyMs = 300
    const alice = open('alice')
    await pass(320)
    server.inject(ROOM, { sender: 'bob', content: 'early' })
    expect(alice.history.getCurrentResult().isPending).toBe(true)
    await pass(2_000)
    expect(alice.texts()).toEqual(['old 1', 'old 2', 'old 3', 'early'])
  })

  it('[C42] wrong key: a room is the same room by number and by text', async () => {
    const { open, pass, server } = start({ rooms: [{ id: 7 }] })
    const alice = open('alice', { roomId: 7 })
    await pass()
    const sending = alice.chat.sendMessage.start(alice.queryClient, 'by text', { roomId: '7' })
    expect(alice.chat.messages('7').queryKey).toEqual(alice.chat.messages(7).queryKey)
    await pass(0)
    await pass(50)
    await sending
    server.inject(7, { sender: 'bob', content: 'hi' })
    await pass()
    expect(alice.texts()).toEqual(['by text', 'hi'])
  })

  it('[C42] wrong key: whatever characters a room id has, its endpoint is that room’s', async () => {
    const id = 'a/b?c#d e%'
    const { open, pass, server } = start({ rooms: [{ id }] })
    const alice = open('alice', { roomId: id, endpoint: undefined })
    await pass()
    server.inject(id, { sender: 'bob', content: 'hi' })
    await pass()
    expect(alice.texts()).toEqual(['hi'])
  })

  it.each([1, 2, 3] as const)(
    '[C43] messages missed after a reconnect: all of them come, wherever the gap was (level %i)',
    async (level) => {
      const { open, pass, server } = start({ level })
      const alice = open('alice')
      await pass()
      for (const gap of [3, 120]) {
        server.faults.restart({ downMs: 500 })
        for (let at = 0; at < gap; at++)
          server.inject(ROOM, { sender: 'bob', content: `missed ${gap}/${at}` })
        await pass(5_000)
      }
      while (alice.history.getCurrentResult().hasNextPage) {
        const more = alice.history.fetchNextPage({ cancelRefetch: false })
        await pass()
        await more
      }
      expect(alice.ids()).toEqual(serverIds())
    },
  )

  it('[C30] messages not received: a server may write null for every field that may be missing', async () => {
    world = createWorld()
    const alice = world.open('alice')
    const rooms = alice.watch<readonly { unread_count?: number | null }[]>(alice.chat.rooms())
    await world.pass()
    const message = { id: 'n', room_id: ROOM, sender: { id: 'bob', username: 'bob', avatar_url: null } }
    world.sockets.at(-1)?.receive({
      type: 'chat_message',
      room_id: ROOM,
      message: {
        ...message,
        content: 'nulls',
        timestamp: '2030-01-01T00:00:00Z',
        seq: null,
        version: null,
        reactions: null,
      },
    })
    world.server.inject(ROOM, { sender: 'bob', content: 'counted' })
    world.sockets.at(-1)?.receive({
      type: 'unread_update',
      data: { room_id: ROOM, unread_count: null, mention_count: null, version: null },
    })
    await world.pass()
    expect(alice.texts().toSorted()).toEqual(['counted', 'nulls'])
    expect(rooms()).toMatchObject([{ unread_count: 1 }])
  })

  it('[C44] order by wrong clocks: nobody is sorted by their own clock, and what waits comes last', async () => {
    const { open, pass, server, clock } = start()
    const [alice, bob] = [open('alice'), open('bob')]
    await pass()
    server.faults.skewClockMs = 3_600_000
    await Promise.all([alice.send('first'), pass()])
    server.faults.latencyMs = 500
    clock.skew(-86_400_000)
    const sending = alice.send('from yesterday')
    await pass(0)
    server.inject(ROOM, { sender: 'bob', content: 'meanwhile' })
    await pass(200)
    expect(alice.texts().at(-1)).toBe('from yesterday')
    await pass(2_000)
    await sending
    expect(alice.ids()).toEqual(serverIds())
    expect(bob.ids()).toEqual(serverIds())
  })

  it('[C45] unread counts drift: deleting, losing and repeating events leave the count of the server', async () => {
    const { open, pass, server } = start()
    const [phone, laptop] = [open('alice'), open('alice')]
    const counts = [phone, laptop].map((window) =>
      window.watch<{ unread_count: number }>(window.chat.readState(ROOM)),
    )
    await pass()
    const unread = () => counts.map((count) => count()?.unread_count)
    server.faults.duplicate = 1
    const [, second] = ['one', 'two'].map((content) => server.inject(ROOM, { sender: 'bob', content }))
    await pass()
    expect(unread()).toEqual([2, 2])
    server.faults.duplicate = 0
    server.act('bob', 'delete_message', { room_id: ROOM, message_id: second?.id })
    await pass()
    expect(unread()).toEqual([1, 1])
    server.faults.drop = 1
    server.inject(ROOM, { sender: 'bob', content: 'lost on the way' })
    server.faults.drop = 0
    server.inject(ROOM, { sender: 'bob', content: 'three' })
    await pass(1_000)
    expect(unread()).toEqual([3, 3])
    const last = serverIds().at(-1) ?? ''
    const marking = phone.chat.markRead.start(phone.queryClient, { message_id: last }, { roomId: ROOM })
    await pass()
    await marking
    expect(unread()).toEqual([0, 0])
  })

  it('[C8] typing gets stuck: it ends with a closed tab, a message, an absence and our own disconnect', async () => {
    const { open, pass, server } = start()
    const alice = open('alice')
    const bob = open('bob')
    const typing = alice.watch<readonly Typer[]>(alice.chat.typing(ROOM))
    await pass()
    const names = () => (typing() ?? []).map(({ user }) => user.username)
    const type = async (user: string) => {
      server.act(user, 'typing_indicator', { room_id: ROOM, is_typing: true })
      await pass(50)
    }
    await type('bob')
    await type('alice')
    expect(names()).toEqual(['bob'])
    await pass(6_000)
    expect(names()).toEqual(['bob'])
    await pass(1_000)
    expect(names()).toEqual([])
    await type('carol')
    server.inject(ROOM, { sender: 'carol', content: 'said' })
    await pass(50)
    expect(names()).toEqual([])
    await type('bob')
    bob.chat.manager.close()
    await pass(500)
    expect(names()).toEqual([])
  })

  it('[C48] memory grows: a capped window drops the far side, and finds back to the newest', async () => {
    const { open, pass } = start({ rooms: [{ id: ROOM, messages: seeded(300) }] })
    const alice = open('alice')
    await pass()
    alice.history.setOptions({ ...alice.chat.messages(ROOM), maxPages: 2 })
    const load = async (older: boolean) => {
      const { history } = alice
      const loading = older
        ? history.fetchNextPage({ cancelRefetch: false })
        : history.fetchPreviousPage({ cancelRefetch: false })
      await pass()
      await loading
    }
    for (let page = 0; page < 4; page++) await load(true)
    expect(alice.rows()).toHaveLength(100)
    expect(alice.texts()[0]).toBe('old 51')
    while (alice.history.getCurrentResult().hasPreviousPage) await load(false)
    expect(alice.texts().at(-1)).toBe('old 300')
    expect(alice.rows().length).toBeLessThanOrEqual(100)
  })

  it('[C50] the room list doubles a room: two events about a new room are one entry, in order of activity', async () => {
    const { open, pass, server } = start()
    const alice = open('alice')
    const rooms = alice.watch<readonly ChatRoom[]>(alice.chat.rooms())
    await pass()
    server.faults.duplicate = 1
    server.createRoom({ id: 'new', members: ['alice', 'bob'] })
    server.inject('new', { sender: 'bob', content: 'welcome' })
    await pass()
    expect(rooms()?.map(({ id }) => id)).toEqual(['new', ROOM])
    server.inject(ROOM, { sender: 'bob', content: 'here again' })
    await pass()
    expect(rooms()?.map(({ id, last_message }) => [id, last_message?.content])).toEqual([
      [ROOM, 'here again'],
      ['new', 'welcome'],
    ])
  })
})
