/** The chat over the kit, as docs/PROTOCOL.md says it. */
import { afterEach, describe, expect, it } from 'vitest'
import { createChatWorld, MEMBERS } from '../support/chatWorld.ts'

const opened: ReturnType<typeof createChatWorld>[] = []
afterEach(() => {
  for (const { failures } of opened.splice(0)) expect(failures).toEqual([])
})

async function open(options: Parameters<ReturnType<typeof createChatWorld>['start']>[0] = {}) {
  const world = createChatWorld()
  opened.push(world)
  const live = world.start(options)
  await live.chat.createRoom({ id: 'general', name: 'General', members: MEMBERS })
  const join = (user?: string, path?: string) => world.join(live, user, path)
  return { ...world, live, join }
}

const ROOM = { room_id: 'general' }

describe('messages', () => {
  it('[S36] answers the sender first, and tells everybody who has subscribed, once', async () => {
    const { join, request, clock } = await open()
    const [alice, bob, carol] = [await join('alice'), await join('bob'), await join('carol')]
    for (const each of [alice, bob]) await request(each, 'subscribe_room', ROOM)
    for (const each of [alice, bob, carol]) each.clear()
    const first = await alice.ask('chat_message', { ...ROOM, message: 'hello', client_id: 'c1' })
    await clock.advance(1_000)
    expect(alice.frames.map(({ type }) => type)).toEqual(['response', 'chat_message', 'room_updated'])
    expect(bob.ofType('chat_message')).toMatchObject([
      {
        room_id: 'general',
        seq: 4,
        message: { content: 'hello', client_id: 'c1', seq: 4, sender: { id: 'alice' }, reactions: [] },
      },
    ])
    expect(carol.frames.map(({ type }) => type)).toEqual(['room_updated', 'unread_update'])
    expect(carol.ofType('unread_update')).toMatchObject([
      { room_id: 'general', data: { unread_count: 1, last_read_message_id: null } },
    ])
    const again = await alice.ask('chat_message', { ...ROOM, message: 'hello', client_id: 'c1' })
    expect(again.data).toEqual(first.data)
    await clock.advance(1_000)
    expect(bob.ofType('chat_message')).toHaveLength(1)
  })

  it('[S38] says where a history stands', async () => {
    const { join, request } = await open()
    const alice = await join()
    const { seq, epoch } = await request(alice, 'subscribe_room', ROOM)
    expect(await request(alice, 'get_history', ROOM)).toEqual({
      messages: [],
      has_older: false,
      has_newer: false,
      as_of: seq,
      epoch,
    })
    await request(alice, 'chat_message', { ...ROOM, message: 'one' })
    expect(await request(alice, 'get_history', ROOM)).toMatchObject({
      as_of: Number(seq) + 1,
      messages: [{ content: 'one' }],
    })
    expect(await request(alice, 'get_members', ROOM)).toMatchObject({
      as_of: Number(seq) + 1,
      members: MEMBERS.map((id) => ({ user: { id }, role: 'member' })),
    })
  })

  it('[S39] shows everybody their own reactions, live and in a sync', async () => {
    const { join, request } = await open()
    const [alice, bob, carol] = [await join('alice'), await join('bob'), await join('carol')]
    for (const each of [alice, bob, carol]) await request(each, 'subscribe_room', ROOM)
    const { message } = (await request(alice, 'chat_message', {
      ...ROOM,
      message: 'hi',
      metadata: { me: false },
    })) as { message: { id: string; seq: number } }
    const at = { ...ROOM, message_id: message.id }
    await request(bob, 'add_reaction', { ...at, reaction: '👍' })
    await request(carol, 'add_reaction', { ...at, reaction: '🎉' })
    const seen = (me: readonly boolean[]) => [
      { name: '👍', count: 1, me: me[0], user_ids: ['bob'] },
      { name: '🎉', count: 1, me: me[1], user_ids: ['carol'] },
    ]
    const reactions = (client: typeof alice) => client.ofType('reaction_updated').at(-1)?.data?.reactions
    expect(reactions(alice)).toEqual(seen([false, false]))
    expect(reactions(bob)).toEqual(seen([true, false]))
    expect(reactions(carol)).toEqual(seen([false, true]))
    await request(alice, 'edit_message', { ...at, message: 'hello' })
    const edited = bob.ofType('message_updated').at(-1)?.data?.message
    expect(edited).toMatchObject({
      content: 'hello',
      metadata: { me: false },
      version: 4,
      reactions: seen([true, false]),
    })
    const { rooms } = (await request(carol, 'sync', {
      rooms: { general: { seq: message.seq, epoch: String(carol.ofType('chat_message')[0]?.epoch) } },
    })) as { rooms: { general: { complete: boolean; events: unknown[] } } }
    expect(rooms.general).toMatchObject({
      complete: true,
      events: [
        { type: 'reaction_updated' },
        { type: 'reaction_updated', data: { reactions: seen([false, true]) } },
        { type: 'message_updated', data: { message: { reactions: seen([false, true]) } } },
      ],
    })
    expect(rooms.general.events).toEqual(carol.frames.filter(({ seq }) => Number(seq) > message.seq))
  })

  it('[S43] catches up a client that knows only the last message it has', async () => {
    const { join, request } = await open()
    const alice = await join()
    const { message } = (await request(alice, 'chat_message', { ...ROOM, message: '1' })) as {
      message: { id: string }
    }
    await request(alice, 'chat_message', { ...ROOM, message: '2' })
    const { rooms } = (await request(alice, 'sync', {
      rooms: { general: { message_id: message.id }, other: {} },
    })) as { rooms: Record<string, unknown> }
    expect(rooms.general).toMatchObject({ complete: true, events: [{ message: { content: '2' } }] })
    expect(rooms.other).toMatchObject({ complete: false, error: { code: 'not_found' } })
  })
})

describe('read state', () => {
  it('[S37] tells all devices of the reader, and the others in passing', async () => {
    const { join, request, clock } = await open()
    const [alice, bob, bob2] = [await join('alice'), await join('bob'), await join('bob')]
    await request(alice, 'subscribe_room', ROOM)
    const ids: string[] = []
    for (const text of ['1', '2', '@bob']) {
      const { message } = (await request(alice, 'chat_message', { ...ROOM, message: text })) as {
        message: { id: string }
      }
      ids.push(message.id)
    }
    await clock.advance(1_000)
    for (const each of [alice, bob, bob2]) each.clear()
    const state = await request(bob, 'read_receipt', { ...ROOM, message_id: ids[1] })
    expect(state).toMatchObject({ ...ROOM, unread_count: 1, mention_count: 1, last_read_message_id: ids[1] })
    await clock.advance(1_000)
    for (const each of [bob, bob2])
      expect(each.ofType('unread_update').map(({ data }) => data)).toEqual([state])
    expect(alice.ofType('read_receipt')).toMatchObject([
      { ...ROOM, data: { user_id: 'bob', message_id: ids[1] } },
    ])
    expect(alice.ofType('read_receipt')[0]).not.toHaveProperty('seq')
    const { version } = await request(bob, 'mark_unread', { ...ROOM, message_id: ids[0] })
    expect(Number(version)).toBeGreaterThan(Number(state.version))
    expect(bob2.ofType('unread_update').at(-1)?.data).toMatchObject({
      unread_count: 3,
      last_read_message_id: null,
    })
    expect(alice.ofType('read_receipt')).toHaveLength(1)
    for (const each of bob2.ofType('unread_update')) expect(each).not.toHaveProperty('seq')
  })

  it('[S44] tells typing to the others only', async () => {
    const { join, request, clock, refusal } = await open()
    const [alice, bob] = [await join('alice'), await join('bob')]
    for (const each of [alice, bob]) await request(each, 'subscribe_room', ROOM)
    alice.send('typing_indicator', { ...ROOM, is_typing: true }, 't1')
    await clock.advance(10)
    expect(bob.ofType('typing_indicator')).toEqual([
      {
        type: 'typing_indicator',
        ...ROOM,
        data: { ...ROOM, user: { id: 'alice', username: 'alice' }, is_typing: true },
      },
    ])
    expect(alice.ofType('typing_indicator')).toEqual([])
    expect(alice.frames.filter(({ reply_to }) => reply_to === 't1')).toEqual([])
    expect(await refusal(alice, 'typing_indicator', { ...ROOM, is_typing: 1 })).toMatchObject({
      code: 'invalid',
    })
    expect(await refusal(alice, 'typing_indicator', { room_id: 'x', is_typing: true })).toMatchObject({
      code: 'not_found',
    })
  })
})

describe('[S44] typing', () => {
  const listening = async () => {
    const world = await open()
    const [alice, bob] = [await world.join('alice'), await world.join('bob')]
    for (const each of [alice, bob]) await world.request(each, 'subscribe_room', ROOM)
    const say = (is_typing: boolean, room = ROOM) => alice.send('typing_indicator', { ...room, is_typing })
    const heard = () => bob.ofType('typing_indicator').map(({ data }) => data?.is_typing)
    return { ...world, alice, bob, say, heard }
  }

  it('is told once a second, however often it is said, and what was said last in any case', async () => {
    const { clock, say, heard } = await listening()
    for (let at = 0; at < 50; at++) say(at % 2 === 0)
    await clock.advance(999)
    expect(heard()).toEqual([true])
    await clock.advance(2_001)
    expect(heard()).toEqual([true, false])
    for (const _ of [1, 2]) {
      say(true)
      await clock.advance(3_000)
    }
    expect(heard()).toEqual([true, false, true, true])
  })

  it('in one room holds nothing up in another, nor does what was refused', async () => {
    const { clock, live, bob, say, request, refusal, alice, heard } = await listening()
    await live.chat.createRoom({ id: 'other', members: MEMBERS })
    await request(bob, 'subscribe_room', { room_id: 'other' })
    for (const room_id of ['general', 'other']) say(true, { room_id })
    await clock.advance(10)
    expect(heard()).toEqual([true, true])
    for (const _ of [1, 2]) {
      const refused = await refusal(alice, 'typing_indicator', { room_id: 'x', is_typing: true })
      expect(refused).toMatchObject({ code: 'not_found' })
    }
  })

  it.each(['leaves the room', 'is gone'])('that waits is told of nobody who %s', async (how) => {
    const { clock, say, heard, live, alice } = await listening()
    for (const isTyping of [false, true]) say(isTyping)
    await clock.advance(10)
    if (how === 'is gone') alice.hangUp()
    else await live.chat.removeMember('general', 'alice')
    await clock.advance(2_000)
    expect(heard()).toEqual([false])
  })
})

describe('rooms', () => {
  it('[S40] lets join and leave, and ends delivery with the membership', async () => {
    const { join, request, refusal, live, clock } = await open()
    const [alice, dave, dave2] = [await join('alice'), await join('dave'), await join('dave')]
    expect(await refusal(dave, 'subscribe_room', ROOM)).toMatchObject({ code: 'not_member' })
    expect(await refusal(dave, 'subscribe_room', { room_id: 'x' })).toMatchObject({ code: 'not_found' })
    expect(await refusal(dave, 'get_history', ROOM)).toMatchObject({ code: 'not_member' })
    await request(alice, 'subscribe_room', ROOM)
    expect(await request(dave, 'join_room', ROOM)).toMatchObject({
      room: { id: 'general', member_count: 4, unread_count: 0 },
    })
    await clock.advance(10)
    expect(dave2.ofType('room_added')).toMatchObject([{ ...ROOM, data: { room: { id: 'general' } } }])
    expect(dave2.ofType('room_added')[0]).not.toHaveProperty('seq')
    expect(alice.ofType('member_joined')).toMatchObject([
      { ...ROOM, data: { member: { user: { id: 'dave' } } } },
    ])
    // Only what was subscribed comes.
    expect(dave.ofType('member_joined')).toEqual([])
    for (const each of [dave, dave2]) await request(each, 'subscribe_room', ROOM)
    await live.chat.postMessage('general', { sender: 'alice', content: 'welcome' })
    await clock.advance(10)
    expect(dave2.ofType('chat_message')).toHaveLength(1)
    await live.chat.removeMember('general', 'dave', 'spam')
    await live.chat.postMessage('general', { sender: 'alice', content: 'gone' })
    await clock.advance(1_000)
    for (const each of [dave, dave2]) {
      expect(each.ofType('chat_message')).toHaveLength(1)
      expect(each.ofType('member_left')).toEqual([])
      expect(each.ofType('room_removed')).toMatchObject([{ ...ROOM, data: { ...ROOM, reason: 'spam' } }])
    }
    expect(alice.ofType('member_left')).toHaveLength(1)
    expect(await refusal(dave, 'chat_message', { ...ROOM, message: 'x' })).toMatchObject({
      code: 'not_member',
    })
  })

  it('[S41] serves an endpoint per room', async () => {
    const { join, request, live, clock, connect } = await open()
    await live.chat.createRoom({ id: 'a b', members: ['alice', 'bob'] })
    const alice = await join('alice', '/ws/chat/a%20b/')
    expect(alice.ofType('welcome')).toMatchObject([
      { data: { level: 3, heads: true, room_id: 'a b', seq: 2 } },
    ])
    await request(alice, 'chat_message', { message: 'here' })
    await clock.advance(1_000)
    expect(alice.ofType('chat_message')).toMatchObject([{ room_id: 'a b', seq: 3 }])
    alice.clear()
    await live.chat.postMessage('general', { sender: 'bob', content: 'elsewhere' })
    await request(alice, 'unsubscribe_room', { room_id: 'a b' })
    await live.chat.postMessage('a b', { sender: 'bob', content: 'here too' })
    await clock.advance(1_000)
    expect(
      alice.frames.filter(({ reply_to }) => reply_to === undefined).map(({ room_id }) => room_id),
    ).toEqual(['a b', 'a b', 'a b'])
    for (const [path, token] of [
      ['/ws/chat/general/', 'dave'],
      ['/ws/chat/nowhere/', 'alice'],
      ['/ws/chat/%ff/', 'alice'],
      ['/ws/chat/%00/', 'alice'],
    ]) {
      const client = connect(live, `${path}?token=${token}`)
      await clock.advance(10)
      expect([client.frames, client.closed?.code]).toEqual([[], 4003])
    }
    // Who comes back is heard again on the connection that is there.
    await live.chat.removeMember('a b', 'alice')
    await live.chat.addMember('a b', 'alice')
    await clock.advance(10)
    alice.clear()
    await live.chat.postMessage('a b', { sender: 'bob', content: 'again' })
    await clock.advance(1_000)
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })

  it('[S41] pages the rooms, with what is in them', async () => {
    const { join, request, live, clock } = await open()
    const alice = await join()
    await clock.advance(1_000)
    await live.chat.createRoom({ id: 7, kind: 'direct', members: ['alice', 'bob'], avatar_url: 'x' })
    await live.chat.postMessage(7, { sender: 'bob', content: 'psst @alice' })
    const { rooms, next_cursor } = await request(alice, 'get_rooms', { limit: 1 })
    expect(rooms).toMatchObject([
      {
        id: 7,
        name: '7',
        kind: 'direct',
        avatar_url: 'x',
        unread_count: 1,
        mention_count: 1,
        last_message: { content: 'psst @alice' },
      },
    ])
    expect(await request(alice, 'get_rooms', { cursor: next_cursor })).toMatchObject({
      rooms: [{ id: 'general' }],
      next_cursor: null,
    })
    await live.chat.updateRoom(7, { name: 'Seven' })
    expect((await request(alice, 'get_rooms', { limit: 1 })).rooms).toMatchObject([{ name: 'Seven' }])
  })

  it('[S45] tells a change of the list once, and what comes fast together', async () => {
    const { join, live, clock } = await open()
    const bob = await join('bob')
    bob.clear()
    for (let n = 0; n < 50; n++) await live.chat.postMessage('general', { sender: 'alice', content: `${n}` })
    await clock.advance(1_000)
    expect(bob.ofType('room_updated').length).toBeLessThan(10)
    expect(bob.ofType('room_updated').at(-1)).toMatchObject({
      data: { room: { unread_count: 50, last_message: { content: '49' } } },
    })
    expect(bob.ofType('unread_update').at(-1)).toMatchObject({ data: { unread_count: 50 } })
    bob.clear()
    await live.chat.updateRoom('general', { name: 'Other' })
    await clock.advance(1_000)
    expect(bob.frames).toMatchObject([{ type: 'room_updated', data: { room: { name: 'Other' } } }])
  })
})

describe('presence', () => {
  it('[S46] tells who is there, with the first connection and after the last', async () => {
    const { join, clock, live } = await open()
    const alice = await join('alice')
    const bob = await join('bob')
    await clock.advance(10)
    expect(alice.ofType('user_status')).toMatchObject([{ data: { user_id: 'bob', status: 'online' } }])
    expect(bob.ofType('user_status')).toMatchObject([{ data: { user_id: 'alice', status: 'online' } }])
    expect(bob.frames[0]?.type).toBe('welcome')
    const bob2 = await join('bob')
    bob.hangUp()
    await clock.advance(1_000)
    expect(alice.ofType('user_status')).toHaveLength(1)
    bob2.hangUp()
    await clock.advance(1_000)
    expect(alice.ofType('user_status').at(-1)?.data).toMatchObject({
      user_id: 'bob',
      status: 'offline',
      last_seen_at: expect.any(String),
    })
    const dave = await join('dave')
    await clock.advance(10)
    expect(dave.ofType('user_status')).toEqual([])
    expect(alice.ofType('user_status')).toHaveLength(2)
    await live.close({ graceMs: 0 })
  })
})
