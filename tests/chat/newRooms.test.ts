/** Rooms that people make, whom a conversation is with, and who has reacted: as a client sees them. */
import { afterEach, describe, expect, it } from 'vitest'
import type { ChatRoom } from '../../src/chat/index.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

type Window = ReturnType<World['open']>

const roomsOf = (window: Window) => window.watch<readonly ChatRoom[]>(window.chat.rooms())
const make = (window: Window, room: Parameters<Window['chat']['createRoom']['start']>[1]) =>
  window.chat.createRoom.start(window.queryClient, room)

async function setup(options: Parameters<typeof createWorld>[0] = {}) {
  world = createWorld(options)
  const [alice, bob] = [world.open('alice'), world.open('bob')]
  const lists = [roomsOf(alice), roomsOf(bob)] as const
  await world.pass()
  return { alice, bob, lists }
}

describe('[C125] a conversation of two', () => {
  it('says whom it is with, in the list of either, also after what changes the room', async () => {
    const { alice, lists } = await setup()
    void make(alice, { kind: 'direct', members: ['bob'] })
    await world.pass()
    const peers = () => lists.map((list) => list()?.find(({ kind }) => kind === 'direct')?.peer?.username)
    expect(peers()).toEqual(['bob', 'alice'])
    const id = lists[0]()?.find(({ kind }) => kind === 'direct')?.id ?? ''
    world.server.inject(id, { sender: 'bob', content: 'hi' })
    await world.pass()
    expect(peers()).toEqual(['bob', 'alice'])
    // Who is left alone in it still knows with whom it was.
    world.server.remove(id, 'bob')
    await world.pass()
    expect(peers()).toEqual(['bob', undefined])
  })
})

describe('[C126] making a room', () => {
  it('shows it in the list of everybody in it, live, and answers with it', async () => {
    const { alice, lists } = await setup()
    const making = make(alice, { name: 'Plans', members: ['bob'] })
    await world.pass()
    const room = await making
    expect(room).toMatchObject({ name: 'Plans', kind: 'group', member_count: 2 })
    for (const list of lists) expect(list()?.filter(({ id }) => id === room?.id)).toHaveLength(1)
    expect(world.sent('create_room')).toMatchObject([
      { data: { kind: 'group', name: 'Plans', members: ['bob'], client_id: expect.any(String) } },
    ])
  })

  it('is one room, where it is asked for again while the first question still waits', async () => {
    const { alice, lists } = await setup()
    world.server.faults.restart({ downMs: 5_000 })
    await world.pass()
    const making = [0, 1].map(() => make(alice, { name: 'Plans', members: ['bob'] }))
    await world.pass(20_000)
    const [one, other] = await Promise.all(making)
    expect(other?.id).toBe(one?.id)
    expect(lists[1]()?.filter(({ name }) => name === 'Plans')).toHaveLength(1)
    // Later it is another one.
    void make(alice, { name: 'Plans', members: ['bob'] })
    await world.pass()
    expect(lists[1]()?.filter(({ name }) => name === 'Plans')).toHaveLength(2)
  })

  it('is one room, whatever is lost: the connection, the answer, and the patience of whoever asks again', async () => {
    const { alice, lists } = await setup()
    const named = (name: string) => lists[1]()?.filter((room) => room.name === name) ?? []
    world.server.faults.latencyMs = 200
    const making = make(alice, { name: 'Plans', members: ['bob'] })
    await world.pass(250)
    // It was made, and nobody has heard.
    world.server.faults.disconnectAll()
    world.server.faults.latencyMs = 0
    await world.pass(10_000)
    await making
    expect(named('Plans')).toHaveLength(1)
    // No answer comes, however often it is asked; whoever gave up asks again.
    const restore = world.sockets.map((socket) => {
      const { onmessage } = socket
      socket.onmessage = (message) => {
        if (!String(message.data).includes('"response"')) onmessage?.(message)
      }
      return () => {
        socket.onmessage = onmessage
      }
    })
    const lost = expect(make(alice, { name: 'Other', members: ['bob'] })).rejects.toMatchObject({
      code: 'timeout',
    })
    await world.pass(90_000)
    await lost
    for (const open of restore) open()
    const again = make(alice, { name: 'Other', members: ['bob'] })
    await world.pass(1_000)
    await again
    expect(named('Other')).toHaveLength(1)
    // Once it is there, another one of that name is another one.
    const second = make(alice, { name: 'Other', members: ['bob'] })
    await world.pass()
    await second
    expect(named('Other')).toHaveLength(2)
  })

  it('that is refused says why, makes none, and what is asked for next is asked for anew', async () => {
    const { alice, lists } = await setup()
    const refused = expect(make(alice, { name: 'Plans', members: ['nobody'] })).rejects.toMatchObject({
      code: 'rejected',
      reason: 'not_found',
    })
    await world.pass()
    await refused
    const again = expect(make(alice, { name: 'Plans', members: ['nobody'] })).rejects.toThrow()
    await world.pass()
    await again
    expect(
      new Set(world.sent('create_room').map(({ data }) => (data as { client_id: string }).client_id)).size,
    ).toBe(2)
    expect(lists[0]()).toHaveLength(1)
  })

  it('needs a back end that answers, and says so', async () => {
    world = createWorld({ level: 0 })
    const alice = world.open('alice', { level: 0 })
    await world.pass()
    await expect(make(alice, { name: 'Plans' })).rejects.toMatchObject({ reason: 'unsupported' })
  })
})

describe('[C127] a reaction', () => {
  const open = async (options: Parameters<typeof createWorld>[0] = {}) => {
    const { alice, bob } = await setup(options)
    const { id } = world.server.inject(ROOM, { sender: 'carol', content: 'hi' })
    await world.pass()
    const tap = (window: Window, remove = false) =>
      window.chat.react.start(
        window.queryClient,
        { message_id: id, reaction: '👍', remove },
        { roomId: ROOM },
      )
    const seen = (window: Window) =>
      window.rows()[0]?.reactions?.map(({ count, me, user_ids }) => ({ count, me, user_ids }))
    return { alice, bob, tap, seen }
  }

  it('names who has reacted, at once oneself, and is right when the server agrees', async () => {
    const { alice, bob, tap, seen } = await open()
    world.server.faults.latencyMs = 500
    void tap(bob)
    await world.pass(5)
    expect(seen(bob)).toEqual([{ count: 1, me: true, user_ids: ['bob'] }])
    await world.pass(2_000)
    expect(seen(alice)).toEqual([{ count: 1, me: false, user_ids: ['bob'] }])
    void tap(alice)
    await world.pass(5)
    expect(seen(alice)).toEqual([{ count: 2, me: true, user_ids: ['bob', 'alice'] }])
    void tap(alice, true)
    void tap(alice)
    void tap(alice, true)
    await world.pass(5)
    expect(seen(alice)).toEqual([{ count: 1, me: false, user_ids: ['bob'] }])
    await world.pass(5_000)
    for (const window of [alice, bob])
      expect(seen(window)?.[0]).toMatchObject({ count: 1, user_ids: ['bob'] })
    const refused = expect(tap(alice)).rejects.toThrow()
    world.server.faults.rejectNext('add_reaction', { code: 'too_many' })
    await world.pass(5_000)
    await refused
    expect(seen(alice)).toEqual([{ count: 1, me: false, user_ids: ['bob'] }])
  })

  it('of a server that only counts stays a number', async () => {
    const { alice, tap, seen } = await open()
    const message_id = alice.rows()[0]?.id
    const told = (version: number, me: boolean) => ({
      type: 'reaction_updated',
      room_id: ROOM,
      data: { room_id: ROOM, message_id, version, reactions: [{ name: '👍', count: me ? 3 : 2, me }] },
    })
    world.sockets[0]?.receive(told(2, false))
    await world.pass()
    world.server.faults.latencyMs = 500
    void tap(alice).catch(() => undefined)
    await world.pass(5)
    expect(seen(alice)).toEqual([{ count: 3, me: true, user_ids: undefined }])
  })
})
