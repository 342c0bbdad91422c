import { describe, expect, it } from 'vitest'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import type { Message } from '../../src/testing/server/wire.ts'
import { connectClient, settle } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = (options: ChatServerOptions = {}) => {
  const clock = createTestClock()
  const server = createChatServer({ level: 1, rooms: [{ id: 'r1' }], clock, ...options })
  /** What is told of a room so often that it is told together has been told. */
  const pass = async () => {
    await settle()
    clock.advance(100)
    await settle()
  }
  return { ...server, pass }
}

const inRoom = async (server: ReturnType<typeof createServer>, user: string) => {
  const client = await connectClient(server, `/ws/chat/r1/?token=${user}`)
  client.clear()
  return client
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    sender: 'bob',
    content: `message ${index + 1}`,
  }))

const idsOf = (reply: Record<string, unknown>) => (reply.messages as Message[]).map(({ id }) => id)

describe('sending at level 1', () => {
  it('replies first, then sends the event, both with the client id and without numbers', async () => {
    const alice = await inRoom(createServer(), 'alice')
    await alice.send('chat_message', { message: 'hi', client_id: 'c-1' }, 'q1')
    expect(alice.frames.slice(0, 2)).toMatchObject([
      { type: 'response', reply_to: 'q1', data: { message: { client_id: 'c-1', content: 'hi' } } },
      { type: 'chat_message', message: { client_id: 'c-1', content: 'hi' } },
    ])
    expect(JSON.stringify(alice.frames)).not.toMatch(/"seq"|"epoch"|"as_of"/)
  })

  it('answers a repeated client id with the first message, and tells nobody again', async () => {
    const server = createServer()
    const [alice, bob] = [await inRoom(server, 'alice'), await inRoom(server, 'bob')]
    const first = await alice.request('chat_message', { message: 'hi', client_id: 'c-1' })
    bob.clear()
    const second = await alice.request('chat_message', { message: 'hi', client_id: 'c-1' })
    expect(second).toEqual(first)
    expect(bob.frames).toEqual([])
    expect(server.state().rooms[0]?.messages).toHaveLength(1)
  })

  it('keeps equal client ids of two senders, and of two rooms, apart', async () => {
    const server = createServer({ rooms: [{ id: 'r1' }, { id: 'r2' }] })
    const [alice, bob] = [await inRoom(server, 'alice'), await inRoom(server, 'bob')]
    await alice.request('chat_message', { message: 'one', client_id: 'same' })
    await bob.request('chat_message', { message: 'two', client_id: 'same' })
    await alice.request('chat_message', { room_id: 'r2', message: 'three', client_id: 'same' })
    expect(server.state().rooms.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ['one', 'two'],
      ['three'],
    ])
  })

  it.each([
    ['empty', { message: ' \n ' }],
    ['empty', {}],
    ['too_long', { message: 'x'.repeat(4001) }],
    ['invalid', { message: 7 }],
    ['not_found', { room_id: 'nowhere', message: 'hi' }],
    ['not_member', { room_id: 'secret', message: 'hi' }],
  ])('refuses with %s', async (code, data) => {
    const server = createServer({ rooms: [{ id: 'r1' }, { id: 'secret', members: ['bob'] }] })
    expect(await (await inRoom(server, 'alice')).refusal('chat_message', data)).toMatchObject({
      code,
      retryable: false,
    })
  })

  it('accepts a message of exactly 4000 characters', async () => {
    const alice = await inRoom(createServer(), 'alice')
    expect(await alice.request('chat_message', { message: 'x'.repeat(4000) })).toHaveProperty('message')
  })

  it('never lets a timestamp go back within a room', () => {
    const server = createServer()
    server.faults.skewClockMs = 60_000
    const before = server.inject('r1', { sender: 'bob', content: 'from the future' })
    server.faults.skewClockMs = 0
    const after = server.inject('r1', { sender: 'bob', content: 'from now' })
    expect(after.timestamp >= before.timestamp).toBe(true)
  })
})

describe('changing a message', () => {
  it('tells the room of an edit with a higher version', async () => {
    const server = createServer()
    const [alice, bob] = [await inRoom(server, 'alice'), await inRoom(server, 'bob')]
    const { id } = server.inject('r1', { sender: 'alice', content: 'teh' })
    const reply = await alice.request('edit_message', { room_id: 'r1', message_id: id, message: 'the' })
    expect(reply).toMatchObject({ message: { content: 'the', version: 2, edited_at: expect.any(String) } })
    expect(bob.ofType('message_updated')).toMatchObject([
      { data: { message: { id, content: 'the', version: 2 } } },
    ])
  })

  it('takes a deleted message out of history and out of the last message of the room', async () => {
    const server = createServer()
    const alice = await inRoom(server, 'alice')
    const kept = server.inject('r1', { sender: 'bob', content: 'stays' })
    const { id } = server.inject('r1', { sender: 'alice', content: 'goes' })
    await server.pass()
    alice.clear()
    await alice.request('delete_message', { room_id: 'r1', message_id: id })
    await server.pass()
    expect(alice.ofType('message_deleted')).toMatchObject([
      { data: { room_id: 'r1', message_id: id, version: 2 } },
    ])
    expect(alice.ofType('room_updated')).toMatchObject([
      { data: { room: { last_message: { id: kept.id } } } },
    ])
    expect(idsOf(await alice.request('get_history', { room_id: 'r1' }))).toEqual([kept.id])
  })

  it('lets only the sender edit and delete', async () => {
    const server = createServer()
    const bob = await inRoom(server, 'bob')
    const { id } = server.inject('r1', { sender: 'alice', content: 'mine' })
    expect(await bob.refusal('edit_message', { message_id: id, message: 'yours' })).toMatchObject({
      code: 'forbidden',
    })
    expect(await bob.refusal('delete_message', { message_id: id })).toMatchObject({ code: 'forbidden' })
  })

  it('finds no deleted message to edit', async () => {
    const server = createServer()
    const alice = await inRoom(server, 'alice')
    const { id } = server.inject('r1', { sender: 'alice', content: 'mine' })
    await alice.request('delete_message', { message_id: id })
    expect(await alice.refusal('edit_message', { message_id: id, message: 'back' })).toMatchObject({
      code: 'not_found',
    })
  })

  it('shows each viewer whether a reaction is theirs, and counts it once', async () => {
    const server = createServer()
    const [alice, bob] = [await inRoom(server, 'alice'), await inRoom(server, 'bob')]
    const { id } = server.inject('r1', { sender: 'bob', content: 'ship it' })
    const data = { message_id: id, reaction: '👍' }
    expect(await alice.request('add_reaction', data)).toEqual({
      reactions: [{ name: '👍', count: 1, me: true, user_ids: ['alice'] }],
      version: 2,
    })
    expect(bob.ofType('reaction_updated')).toMatchObject([
      { data: { message_id: id, reactions: [{ name: '👍', count: 1, me: false }], version: 2 } },
    ])
    bob.clear()
    expect(await alice.request('add_reaction', data)).toMatchObject({ version: 2 })
    expect(bob.frames).toEqual([])
    expect(await alice.request('remove_reaction', data)).toEqual({ reactions: [], version: 3 })
  })
})

describe('history', () => {
  const withHistory = (count: number) =>
    inRoom(createServer({ rooms: [{ id: 'r1', messages: numbered(count) }] }), 'alice')

  it('gives the newest page, oldest first', async () => {
    const reply = await (await withHistory(5)).request('get_history', { room_id: 'r1', limit: 2 })
    expect(idsOf(reply)).toEqual([4, 5])
    expect(reply).toMatchObject({ has_older: true, has_newer: false })
  })

  it.each([
    [{ before: 4, limit: 2 }, [2, 3], { has_older: true, has_newer: true }],
    [{ before: 3, limit: 2 }, [1, 2], { has_older: false, has_newer: true }],
    [{ before: 1 }, [], { has_older: false, has_newer: true }],
    [{ after: 2, limit: 2 }, [3, 4], { has_older: true, has_newer: true }],
    [{ after: 3, limit: 2 }, [4, 5], { has_older: true, has_newer: false }],
    [{ after: 5 }, [], { has_older: true, has_newer: false }],
    [{ around: 3, limit: 3 }, [2, 3, 4], { has_older: true, has_newer: true }],
    [{ around: 1, limit: 4 }, [1, 2, 3, 4], { has_older: false, has_newer: true }],
    [{ around: 5, limit: 4 }, [3, 4, 5], { has_older: true, has_newer: false }],
    [{ before: '4', limit: 1 }, [3], { has_older: true, has_newer: true }],
  ])('pages by %j', async (where, ids, edges) => {
    const reply = await (await withHistory(5)).request('get_history', { room_id: 'r1', ...where })
    expect(idsOf(reply)).toEqual(ids)
    expect(reply).toMatchObject(edges)
  })

  it('cuts a limit down to 200 and takes 50 when there is none', async () => {
    const alice = await withHistory(250)
    expect(idsOf(await alice.request('get_history', { room_id: 'r1', limit: 5000 }))).toHaveLength(200)
    expect(idsOf(await alice.request('get_history', { room_id: 'r1' }))).toHaveLength(50)
  })

  it('pages from a deleted message, and does not promise older ones that are all deleted', async () => {
    const server = createServer({ rooms: [{ id: 'r1', messages: numbered(3) }] })
    const bob = await inRoom(server, 'bob')
    await bob.request('delete_message', { message_id: 1 })
    await bob.request('delete_message', { message_id: 3 })
    const reply = await bob.request('get_history', { room_id: 'r1', before: 3 })
    expect(idsOf(reply)).toEqual([2])
    expect(reply).toMatchObject({ has_older: false, has_newer: false })
  })

  it.each([
    ['not_found', { before: 'nope' }],
    ['invalid', { before: 1, after: 2 }],
    ['invalid', { limit: 0 }],
    ['invalid', { limit: 'all' }],
  ])('refuses with %s: %j', async (code, where) => {
    expect(await (await withHistory(5)).refusal('get_history', { room_id: 'r1', ...where })).toMatchObject({
      code,
    })
  })
})

describe('rooms', () => {
  const rooms = ['a', 'b', 'c', 'd', 'e'].map((id, index) => ({
    id,
    messages: [{ sender: 'bob', content: id, timestamp: `2024-01-0${index + 1}T00:00:00.000Z` }],
  }))
  const roomIds = (reply: Record<string, unknown>) => (reply.rooms as { id: string }[]).map(({ id }) => id)

  it('lists the rooms of the user, last active first, in pages', async () => {
    const server = createServer({ rooms: [...rooms, { id: 'foreign', members: ['bob'] }] })
    const alice = await connectClient(server)
    const first = await alice.request('get_rooms', { limit: 2 })
    expect(roomIds(first)).toEqual(['e', 'd'])
    // A room that moves to the top meanwhile shifts nothing on the pages behind the cursor.
    server.inject('a', { sender: 'bob', content: 'up' })
    const second = await alice.request('get_rooms', { limit: 2, cursor: first.next_cursor })
    expect(roomIds(second)).toEqual(['c', 'b'])
    expect(second.next_cursor).toBeNull()
  })

  it('refuses a private conversation and lets join any other room', async () => {
    const server = createServer({
      rooms: [
        { id: 'r1' },
        { id: 'open', members: ['bob'], kind: 'channel' },
        { id: 'private', members: ['bob', 'carol'], kind: 'direct' },
      ],
    })
    const alice = await connectClient(server)
    const bob = await connectClient(server, '/ws/chat/open/?token=bob')
    expect(await alice.refusal('join_room', { room_id: 'private' })).toMatchObject({ code: 'forbidden' })
    expect(await alice.request('join_room', { room_id: 'open' })).toMatchObject({
      room: { id: 'open', member_count: 2 },
    })
    expect(alice.ofType('room_added')).toMatchObject([{ data: { room: { id: 'open' } } }])
    expect(bob.ofType('member_joined')).toMatchObject([
      { data: { room_id: 'open', member: { user: { id: 'alice' } } } },
    ])
  })

  it('ends the subscription of one who leaves', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    await alice.request('subscribe_room', { room_id: 'r1' })
    await alice.request('leave_room', { room_id: 'r1' })
    expect(alice.ofType('room_removed')).toMatchObject([{ data: { room_id: 'r1', reason: 'left' } }])
    alice.clear()
    server.inject('r1', { sender: 'bob', content: 'anyone?' })
    expect(alice.frames).toEqual([])
    expect(await alice.refusal('get_history', { room_id: 'r1' })).toMatchObject({ code: 'not_member' })
  })

  it('adds a room that is created while clients are connected', async () => {
    const server = createServer()
    const [alice, carol] = [await connectClient(server), await connectClient(server, '/ws/?token=carol')]
    server.createRoom({ id: 'new', members: ['alice', 'bob'] })
    expect(alice.ofType('room_added')).toMatchObject([{ data: { room: { id: 'new', member_count: 2 } } }])
    expect(carol.ofType('room_added')).toEqual([])
  })

  it('lists the members with their read pointers', async () => {
    const server = createServer({ rooms: [{ id: 'r1', messages: numbered(3), unread: { alice: 2 } }] })
    const { members } = await (await connectClient(server)).request('get_members', { room_id: 'r1' })
    expect(members).toMatchObject([
      { user: { id: 'alice' }, last_read_message_id: 1 },
      { user: { id: 'bob' }, last_read_message_id: 3 },
      { user: { id: 'carol' }, last_read_message_id: 3 },
    ])
  })
})

describe('one connection for all rooms', () => {
  it('hears a room only while it is subscribed, but hears of the room always', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    alice.clear()
    server.inject('r1', { sender: 'bob', content: 'one' })
    await server.pass()
    expect(alice.frames.map(({ type }) => type)).toEqual(['room_updated', 'unread_update'])
    await alice.request('subscribe_room', { room_id: 'r1' })
    alice.clear()
    server.inject('r1', { sender: 'bob', content: 'two' })
    await server.pass()
    expect(alice.frames.map(({ type }) => type)).toEqual(['chat_message', 'room_updated', 'unread_update'])
    await alice.request('unsubscribe_room', { room_id: 'r1' })
    alice.clear()
    server.inject('r1', { sender: 'bob', content: 'three' })
    await server.pass()
    expect(alice.ofType('chat_message')).toEqual([])
  })

  it('refuses to subscribe a room of others', async () => {
    const server = createServer({ rooms: [{ id: 'secret', members: ['bob'] }] })
    expect(
      await (await connectClient(server)).refusal('subscribe_room', { room_id: 'secret' }),
    ).toMatchObject({
      code: 'not_member',
    })
  })
})

describe('one endpoint per room', () => {
  it('hears of other rooms nothing', async () => {
    const server = createServer({ rooms: [{ id: 'r1' }, { id: 'r2' }] })
    const alice = await inRoom(server, 'alice')
    server.inject('r2', { sender: 'bob', content: 'elsewhere' })
    expect(alice.frames).toEqual([])
  })

  it('closes with 4003 for a room that is not there or not one’s own', async () => {
    const server = createServer({ rooms: [{ id: 'secret', members: ['bob'] }] })
    expect((await connectClient(server, '/ws/chat/secret/?token=alice')).closed?.code).toBe(4003)
    expect((await connectClient(server, '/ws/chat/nowhere/?token=alice')).closed?.code).toBe(4003)
  })
})

describe('read state', () => {
  it('counts unread messages and mentions of others, and tells all devices', async () => {
    const server = createServer()
    const [phone, laptop] = [await connectClient(server), await connectClient(server)]
    server.inject('r1', { sender: 'bob', content: 'hello @Alice.' })
    await server.pass()
    server.inject('r1', { sender: 'bob', content: 'mail alice@example.org' })
    await server.pass()
    server.inject('r1', { sender: 'alice', content: 'hi' })
    await server.pass()
    const updates = phone.ofType('unread_update').map(({ data }) => data)
    expect(updates).toMatchObject([
      { room_id: 'r1', unread_count: 1, mention_count: 1, last_read_message_id: null },
      { room_id: 'r1', unread_count: 2, mention_count: 1 },
    ])
    expect(laptop.ofType('unread_update').map(({ data }) => data)).toEqual(updates)
  })

  it('moves the pointer forward only', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    const [first, second] = ['one', 'two'].map((content) => server.inject('r1', { sender: 'bob', content }))
    const latest = await alice.request('read_receipt', { room_id: 'r1', message_id: second?.id })
    expect(latest).toMatchObject({ unread_count: 0, last_read_message_id: second?.id })
    alice.clear()
    expect(await alice.request('read_receipt', { room_id: 'r1', message_id: first?.id })).toEqual(latest)
    expect(alice.ofType('unread_update')).toEqual([])
  })

  it('puts the pointer before a message that is to be unread, for that user alone', async () => {
    const server = createServer()
    const [phone, laptop] = [await connectClient(server), await connectClient(server)]
    const bob = await connectClient(server, '/ws/chat/r1/?token=bob')
    const [first, second, third] = ['one', 'two @alice', 'three'].map(
      (content) => server.inject('r1', { sender: 'bob', content }).id,
    )
    await phone.request('read_receipt', { room_id: 'r1', message_id: third })
    for (const client of [phone, laptop, bob]) client.clear()
    const state = await phone.request('mark_unread', { room_id: 'r1', message_id: second })
    expect(state).toMatchObject({ unread_count: 2, mention_count: 1, last_read_message_id: first })
    expect(laptop.ofType('unread_update').map(({ data }) => data)).toEqual([state])
    expect(bob.frames).toEqual([])

    expect(await phone.request('mark_unread', { room_id: 'r1', message_id: first })).toMatchObject({
      unread_count: 3,
      last_read_message_id: null,
    })
    expect(await phone.refusal('mark_unread', { room_id: 'r1', message_id: 'nowhere' })).toMatchObject({
      code: 'not_found',
    })
  })

  it('reads nothing when a message is to be unread that is so already', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    const [first, , third] = ['one', 'two', 'three'].map(
      (content) => server.inject('r1', { sender: 'bob', content }).id,
    )
    const state = await alice.request('read_receipt', { room_id: 'r1', message_id: first })
    alice.clear()
    expect(await alice.request('mark_unread', { room_id: 'r1', message_id: third })).toEqual(state)
    expect(alice.ofType('unread_update')).toEqual([])
  })

  it('gives every change of a room, as one user sees it, a higher version', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    const { id } = server.inject('r1', { sender: 'bob', content: 'one' })
    await server.pass()
    await alice.request('read_receipt', { room_id: 'r1', message_id: id })
    await server.pass()
    server.inject('r1', { sender: 'alice', content: 'two' })
    await server.pass()
    const versions = alice.frames.flatMap(({ type, data }) => {
      if (type === 'unread_update') return (data as { version: number }).version
      return type === 'room_updated' ? (data as { room: { version: number } }).room.version : []
    })
    expect(versions).toEqual([2, 2, 3, 4])
  })

  it('takes a deleted message out of the count', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    const { id } = server.inject('r1', { sender: 'bob', content: '@alice oops' })
    await server.pass()
    server.act('bob', 'delete_message', { room_id: 'r1', message_id: id })
    await server.pass()
    expect(alice.ofType('unread_update').at(-1)).toMatchObject({
      data: { unread_count: 0, mention_count: 0 },
    })
  })

  it('accepts a receipt for a message that was just deleted', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    server.inject('r1', { sender: 'bob', content: 'one' })
    const { id } = server.inject('r1', { sender: 'bob', content: 'two' })
    server.act('bob', 'delete_message', { room_id: 'r1', message_id: id })
    expect(await alice.request('read_receipt', { room_id: 'r1', message_id: id })).toMatchObject({
      unread_count: 0,
    })
  })
})

describe('presence and typing', () => {
  it('counts connections: online with the first, offline with the last', async () => {
    const server = createServer()
    const alice = await connectClient(server)
    const [phone, laptop] = [
      await connectClient(server, '/ws/?token=bob'),
      await connectClient(server, '/ws/?token=bob'),
    ]
    expect(alice.ofType('user_status')).toMatchObject([{ data: { user_id: 'bob', status: 'online' } }])
    await phone.hangUp()
    expect(alice.ofType('user_status')).toHaveLength(1)
    await laptop.hangUp()
    await laptop.hangUp()
    expect(alice.ofType('user_status').slice(1)).toMatchObject([
      { data: { user_id: 'bob', status: 'offline', last_seen_at: '2024-01-15T10:30:00.000Z' } },
    ])
  })

  it('does not take one who was turned away at the door for somebody who left', async () => {
    const server = createServer({ rooms: [{ id: 'r1' }, { id: 'secret', members: ['alice'] }] })
    const alice = await connectClient(server)
    await connectClient(server, '/ws/chat/secret/?token=bob')
    expect(alice.ofType('user_status')).toEqual([])
  })

  it('tells a new connection who is there already, if they share a room', async () => {
    const server = createServer({ rooms: [{ id: 'r1', members: ['alice', 'bob'] }] })
    await connectClient(server, '/ws/?token=bob')
    await connectClient(server, '/ws/?token=carol')
    expect((await connectClient(server)).ofType('user_status')).toMatchObject([
      { data: { user_id: 'bob', status: 'online' } },
    ])
  })

  it('does not send typing back to the connection it came from', async () => {
    const server = createServer()
    const [alice, bob] = [await inRoom(server, 'alice'), await inRoom(server, 'bob')]
    alice.clear()
    await alice.send('typing_indicator', { room_id: 'r1', is_typing: true }, 'q1')
    expect(alice.frames).toEqual([])
    expect(bob.ofType('typing_indicator')).toMatchObject([
      { data: { user: { id: 'alice' }, is_typing: true } },
    ])
  })
})

describe('frames', () => {
  it('refuses what it does not know, and sync below level 2', async () => {
    const alice = await connectClient(createServer())
    expect(await alice.refusal('make_coffee')).toMatchObject({ code: 'unsupported' })
    expect(await alice.refusal('constructor')).toMatchObject({ code: 'unsupported' })
    expect(await alice.refusal('sync', { rooms: {} })).toMatchObject({ code: 'unsupported' })
  })

  it('reports what is no frame as an error of the connection, and stays open', async () => {
    const alice = await connectClient(createServer())
    alice.clear()
    await alice.sendText('nonsense')
    await alice.sendText('[1]')
    expect(alice.frames).toMatchObject([
      { type: 'error', error: { code: 'invalid' } },
      { type: 'error', error: { code: 'invalid' } },
    ])
    expect(alice.frames.some((frame) => 'reply_to' in frame)).toBe(false)
    expect(alice.closed).toBeUndefined()
  })

  it('takes an array in and answers it with one', async () => {
    const alice = await connectClient(createServer())
    alice.clear()
    await alice.sendText(JSON.stringify([1, 2, 3].map((id) => ({ type: 'get_rooms', data: {}, id }))))
    expect(alice.texts).toHaveLength(1)
    expect(alice.frames.map(({ reply_to }) => reply_to)).toEqual([1, 2, 3])
  })

  it('sends one frame per message when told not to pack', async () => {
    const alice = await connectClient(createServer({ batch: false }))
    alice.clear()
    await alice.sendText(JSON.stringify([1, 2].map((id) => ({ type: 'get_rooms', data: {}, id }))))
    expect(alice.texts).toHaveLength(2)
  })

  it('answers requests of one’s own protocol, also later', async () => {
    const server = createServer({
      handlers: {
        get_price: ({ symbol }, { user }) => ({ symbol, price: 42, for: user.username }),
        get_slowly: async () => 'at last',
      },
    })
    const alice = await connectClient(server)
    expect(await alice.request('get_price', { symbol: 'X' })).toEqual({
      symbol: 'X',
      price: 42,
      for: 'alice',
    })
    alice.clear()
    const answered = new Promise<void>((resolve) => server.on(({ type }) => type === 'sent' && resolve()))
    await alice.send('get_slowly', {}, 'slow')
    await answered
    expect(alice.frames).toEqual([{ type: 'response', reply_to: 'slow', data: 'at last' }])
  })

  it('sends notifications and events of one’s own', async () => {
    const server = createServer()
    const [alice, bob] = [await connectClient(server), await connectClient(server, '/ws/prices/?token=bob')]
    server.notify({ text: 'for alice' }, { userId: 'alice' })
    server.broadcast('price_changed', { symbol: 'X', price: 1 }, { endpoint: '/ws/prices/' })
    server.requireResync({ roomId: 'r1', reason: 'import' })
    const own = ['notification', 'price_changed', 'resync_required']
    expect(alice.frames.map(({ type }) => type).filter((type) => own.includes(type))).toEqual([
      'notification',
      'resync_required',
    ])
    expect(bob.ofType('price_changed')).toEqual([{ type: 'price_changed', data: { symbol: 'X', price: 1 } }])
  })
})
