import { afterEach, describe, expect, it } from 'vitest'
import type { ChatRoom, ReadState } from '../../src/chat/index.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

function setup(options: Parameters<typeof createWorld>[0] = {}) {
  world = createWorld(options)
  const alice = world.open('alice')
  const rooms = alice.watch<readonly ChatRoom[]>(alice.chat.rooms())
  const readState = alice.watch<ReadState>(alice.chat.readState(ROOM))
  return { alice, rooms, readState, order: () => rooms()?.map(({ id }) => id) }
}

describe('rooms', () => {
  it('[C10] stand in the order of their last activity, live', async () => {
    const { order } = setup({ rooms: [{ id: ROOM }, { id: 'second' }, { id: 'third' }] })
    await world.pass()
    world.server.inject('third', { sender: 'bob', content: 'hi' })
    await world.pass()
    expect(order()?.[0]).toBe('third')
    world.server.inject('second', { sender: 'bob', content: 'hi' })
    await world.pass()
    expect(order()?.slice(0, 2)).toEqual(['second', 'third'])
  })

  it('[C10] stand last, and never swap places, where nothing ever happened', async () => {
    world = createWorld({ rooms: [] })
    const alice = world.open('alice')
    const rooms = alice.watch<readonly { id: string }[]>(alice.chat.rooms())
    await world.pass()
    const activity = {
      m: '2024-01-01T00:00:00Z',
      a: null,
      z: '2024-01-03T00:00:00Z',
      k: null,
      b: '2024-01-02T00:00:00Z',
    }
    for (const [id, last_activity_at] of Object.entries(activity)) {
      world.socket().receive({ type: 'room_added', room: { id, name: id, last_activity_at } })
      await world.pass()
    }
    expect(rooms()?.map(({ id }) => id)).toEqual(['z', 'b', 'm', 'a', 'k'])
  })

  it.each([
    ['of an object without a text', { toString: 1, valueOf: 1 }],
    ['of a list', [[]]],
    ['of half a character, which makes no endpoint', '\ud800'],
  ])('[C91] are listed beside one whose id is made %s', async (_name, id) => {
    const room = ({ roomId }: { roomId: unknown }) => `/ws/${encodeURIComponent(String(roomId))}/`
    const handlers = {
      get_rooms: () => ({
        rooms: [
          { id, name: 'odd' },
          { id: ROOM, name: 'good' },
        ],
      }),
      create_room: () => ({ room: { id, name: 'odd' } }),
    }
    world = createWorld({ handlers: handlers as never })
    const endpoints = { rooms: '/ws/', room: (roomId: unknown) => room({ roomId }) }
    const alice = world.open('alice', { endpoint: undefined, endpoints })
    const rooms = alice.watch<readonly ChatRoom[]>(alice.chat.rooms())
    await world.pass()
    expect(rooms()).toContainEqual(expect.objectContaining({ name: 'good' }))
    const made = alice.chat.createRoom.start(alice.queryClient, { name: 'odd' })
    await world.pass()
    expect(await made).toMatchObject({ name: 'odd' })
  })

  it('[C10] have a preview also where only their messages are told', async () => {
    const { rooms } = setup()
    await world.pass()
    const message = {
      id: 'm99',
      room_id: ROOM,
      sender: { id: 'bob', username: 'bob' },
      content: 'seen in the list',
      timestamp: new Date(world.environment.wallNow()).toISOString(),
    }
    const event = { type: 'chat_message', room_id: ROOM, message }
    world.socket().receive(event)
    await world.pass()
    expect(rooms()?.[0]).toMatchObject({ last_message: { id: 'm99' }, last_activity_at: message.timestamp })
    const late = { ...message, id: 'm1', timestamp: '2020-01-01T00:00:00.000Z' }
    world.socket().receive({ ...event, message: late })
    await world.pass()
    expect(rooms()?.[0]?.last_message?.id).toBe('m99')
    const edited = { ...message, content: 'seen, and corrected', version: 2 }
    world.socket().receive({ type: 'message_updated', room_id: ROOM, data: { message: edited } })
    await world.pass()
    expect(rooms()?.[0]?.last_message?.content).toBe('seen, and corrected')
    world
      .socket()
      .receive({ type: 'message_deleted', data: { room_id: ROOM, message_id: 'm99', version: 3 } })
    await world.pass()
    expect(rooms()?.[0]?.last_message).toBeNull()
  })

  it('[C11] come and go: joined, added, left, removed; an open view of a lost one says why', async () => {
    const { alice, order } = setup({ rooms: [{ id: ROOM }, { id: 'open', members: ['bob'] }] })
    await world.pass()
    expect(order()).toEqual([ROOM])
    const join = alice.queryClient.getMutationCache().build(alice.queryClient, alice.chat.joinRoom())
    const joining = join.execute({ roomId: 'open' })
    await world.pass()
    await joining
    expect(order()?.toSorted()).toEqual([ROOM, 'open'])
    world.server.createRoom({ id: 'new', members: ['alice', 'bob'] })
    await world.pass()
    expect(order()).toContain('new')
    alice.chat.store.setState({ activeRoomId: ROOM })
    world.server.remove(ROOM, 'alice', 'kicked')
    await world.pass()
    expect(order()).not.toContain(ROOM)
    expect(alice.chat.store.getState().activeRoomId).toBeNull()
    expect(contextOf(alice.chat).membership.removalOf(ROOM)).toMatchObject({
      code: 'forbidden',
      reason: 'kicked',
    })
    const leave = alice.queryClient.getMutationCache().build(alice.queryClient, alice.chat.leaveRoom())
    const leaving = leave.execute({ roomId: 'open' })
    await world.pass()
    await leaving
    expect(order()).toEqual(['new'])
    expect(contextOf(alice.chat).membership.removalOf('open')).toMatchObject({ reason: 'left' })
  })
})

describe('read state', () => {
  it('[C12] is changed at once, and back if the server refuses', async () => {
    const { alice, readState } = setup()
    await world.pass()
    const { id } = world.server.inject(ROOM, { sender: 'bob', content: 'hi @alice' })
    await world.pass()
    expect(readState()).toMatchObject({ unread_count: 1, mention_count: 1, last_read_message_id: null })
    world.server.faults.latencyMs = 500
    world.server.faults.rejectNext('read_receipt', { code: 'internal' })
    const refused = expect(
      alice.chat.markRead.start(alice.queryClient, { message_id: id }, { roomId: ROOM }),
    ).rejects.toThrow()
    await world.pass(100)
    expect(readState()).toMatchObject({ unread_count: 0, mention_count: 0, last_read_message_id: id })
    await world.pass(1_000)
    await refused
    expect(readState()).toMatchObject({ unread_count: 1, mention_count: 1, last_read_message_id: null })
  })

  it('[C12] up to the middle of a room leaves the count to the server', async () => {
    const { alice, readState } = setup()
    await world.pass()
    const ids = ['one', 'two', 'three'].map(
      (content) => world.server.inject(ROOM, { sender: 'bob', content }).id,
    )
    await world.pass()
    world.server.faults.latencyMs = 500
    const marking = alice.chat.markRead.start(
      alice.queryClient,
      { message_id: ids[1] ?? '' },
      { roomId: ROOM },
    )
    await world.pass(100)
    expect(readState()).toMatchObject({ unread_count: 3, last_read_message_id: ids[1] })
    await world.pass(1_000)
    await marking
    expect(readState()).toMatchObject({ unread_count: 1, last_read_message_id: ids[1] })
  })

  it('[C13] can be taken back from a message on, on all of one’s devices and nowhere else', async () => {
    const { alice, readState } = setup({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const other = world.open('alice')
    const otherState = other.watch<ReadState>(other.chat.readState(ROOM))
    await world.pass()
    expect(readState()?.unread_count).toBe(0)
    const [first, second] = alice.ids()
    const marking = alice.chat.markUnread.start(
      alice.queryClient,
      { message_id: second ?? '' },
      { roomId: ROOM },
    )
    await world.pass()
    await marking
    for (const state of [readState, otherState]) {
      expect(state()).toMatchObject({ unread_count: 2, last_read_message_id: first })
    }
    expect(world.sent('read_receipt')).toEqual([])
  })
})
