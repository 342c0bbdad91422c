/** Level 1: replies, and all rooms on one socket, seen from bare sockets. */
import { isDeepStrictEqual } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { closeAll, createRoom, idsOf, isType, join, range, says, someone } from './djangoSocket.ts'

afterEach(closeAll)

describe('level 1', () => {
  const path = (room: string) => `/ws/level1/chat/${room}/`

  it('answers, echoes the client id, and shows no numbers', async () => {
    const room = await createRoom()
    const [alice, bob] = [await join('alice', path(room)), await join('bob', path(room))]
    const { message } = await alice.request('chat_message', { room_id: room, message: 'Hi', client_id: 'c1' })
    expect(message).toMatchObject({
      content: 'Hi',
      client_id: 'c1',
      version: 1,
      sender: { username: 'alice' },
    })
    expect((await bob.first(says('Hi'))).message).toEqual(message)
    await alice.request('get_history', { room_id: room })
    await alice.request('get_members', { room_id: room })
    expect(JSON.stringify([...alice.frames, ...bob.frames])).not.toMatch(/"(seq|epoch|as_of)"/)
  })

  it('posts once however often it is asked with the same client id', async () => {
    const room = await createRoom()
    const [alice, bob] = [await join('alice', path(room)), await join('bob', path(room))]
    const send = () => alice.request('chat_message', { room_id: room, message: 'Once', client_id: 'same' })
    const replies = await Promise.all([send(), send(), send()])
    expect(replies[1]).toEqual(replies[0])
    expect(replies[2]).toEqual(replies[0])
    await alice.request('chat_message', { room_id: room, message: 'Last', client_id: 'other' })
    await bob.first(says('Last'))
    expect(bob.frames.filter(isType('chat_message')).map(({ message }) => message?.content)).toEqual([
      'Once',
      'Last',
    ])
    const page = await bob.request('get_history', { room_id: room })
    expect(page.messages).toHaveLength(2)
  })

  it('pages through the history without gap or overlap', async () => {
    const room = await createRoom({ messages: 120 })
    const alice = await join('alice', path(room))
    const all = idsOf(await alice.request('get_history', { room_id: room, limit: 1000 }))
    expect(all).toHaveLength(120)
    const pages: number[][] = []
    let page = await alice.request('get_history', { room_id: room, limit: 50 })
    expect(page).toMatchObject({ has_older: true, has_newer: false })
    pages.unshift(idsOf(page))
    while (page.has_older === true) {
      page = await alice.request('get_history', { room_id: room, limit: 50, before: pages[0]?.[0] })
      pages.unshift(idsOf(page))
    }
    expect(pages.map(({ length }) => length)).toEqual([20, 50, 50])
    expect(pages.flat()).toEqual(all)
    const after = await alice.request('get_history', { room_id: room, limit: 50, after: all[99] })
    expect(after).toMatchObject({ has_older: true, has_newer: false })
    expect(idsOf(after)).toEqual(all.slice(100))
    const around = await alice.request('get_history', { room_id: room, limit: 10, around: String(all[60]) })
    expect(around).toMatchObject({ has_older: true, has_newer: true })
    expect(idsOf(around)).toEqual(all.slice(55, 65))
  })

  it.each([
    ['chat_message', { message: '  ' }, 'empty'],
    ['chat_message', { message: 'x'.repeat(4001) }, 'too_long'],
    ['chat_message', { room_id: 'no-such-room', message: 'Hi' }, 'not_found'],
    ['get_history', { limit: 0 }, 'invalid'],
    ['get_history', { before: 1, after: 2 }, 'invalid'],
    ['edit_message', { message_id: 987_654_321, message: 'x' }, 'not_found'],
    ['get_weather', {}, 'unsupported'],
    ['sync', { rooms: {} }, 'unsupported'],
  ])('refuses %s %j with the code %s, and the connection lives on', async (type, data, code) => {
    const alice = await join('alice', path('general'))
    await expect(alice.request(type, data)).rejects.toThrow(new RegExp(`^${code}$`))
    await alice.settled()
  })

  it('survives what is no frame at all', async () => {
    const alice = await join('alice', path('general'))
    for (const text of ['nonsense', '7', '{"data":{}}', '[[]]']) alice.sendText(text)
    const errors = await alice.count(isType('error'), 4)
    expect(errors.map(({ error, reply_to }) => [error?.code, reply_to])).toEqual(
      Array(4).fill(['invalid', undefined]),
    )
    await alice.settled()
  })

  it('tells of edits, deletions and reactions', async () => {
    const room = await createRoom()
    const [alice, bob] = [await join('alice', path(room)), await join('bob', path(room))]
    const sent = await alice.request('chat_message', { room_id: room, message: 'Hlelo' })
    const message_id = (sent.message as { id: number }).id
    const at = { room_id: room, message_id }
    await alice.request('edit_message', { ...at, message: 'Hello' })
    const edited = (await bob.first(isType('message_updated'))).data?.message
    expect(edited).toMatchObject({
      id: message_id,
      content: 'Hello',
      version: 2,
      edited_at: expect.any(String),
    })
    const mine = await bob.request('add_reaction', { ...at, reaction: '👍' })
    const user_ids = [expect.any(String)]
    expect(mine).toEqual({ reactions: [{ name: '👍', count: 1, me: true, user_ids }], version: 3 })
    expect((await alice.first(isType('reaction_updated'))).data).toEqual({
      ...at,
      reactions: [{ name: '👍', count: 1, me: false, user_ids }],
      version: 3,
    })
    expect(await bob.request('remove_reaction', { ...at, reaction: '👍' })).toEqual({
      reactions: [],
      version: 4,
    })
    await expect(bob.request('delete_message', at)).rejects.toThrow(/^forbidden$/)
    await alice.request('delete_message', at)
    expect((await bob.first(isType('message_deleted'))).data).toEqual({ ...at, version: 5 })
    expect((await bob.request('get_history', { room_id: room })).messages).toEqual([])
  })
})

describe('all rooms on one socket', () => {
  /** A new room where Alice has written and Bob, on two devices, has read nothing. */
  const unreadByBob = async (messages: number) => {
    const room = await createRoom()
    const [desk, phone] = [await join('bob', '/ws/v1/'), await join('bob', `/ws/v1/chat/${room}/`)]
    const alice = await join('alice', `/ws/v1/chat/${room}/`)
    for (const n of range(1, messages))
      await alice.request('chat_message', { room_id: room, message: `${n}` })
    const ids = idsOf(await desk.request('get_history', { room_id: room }))
    return { room, desk, phone, alice, ids }
  }
  const tells = (state: object) => (frame: { type: string; data?: object }) =>
    frame.type === 'unread_update' && isDeepStrictEqual(frame.data, state)

  it('brings events of subscribed rooms, and the state of all', async () => {
    const name = someone()
    const members = ['alice', name]
    const [one, two] = [await createRoom({ members }), await createRoom({ members })]
    const [alice, bob] = [await join('alice', '/ws/v1/'), await join(name, '/ws/v1/')]
    expect(await bob.request('subscribe_room', { room_id: one })).toMatchObject({
      seq: 0,
      epoch: expect.any(String),
    })
    await alice.request('chat_message', { room_id: two, message: 'Unheard' })
    await alice.request('chat_message', { room_id: one, message: `Heard @${name}` })
    await bob.first(says(`Heard @${name}`))
    expect(bob.frames.some(says('Unheard'))).toBe(false)
    for (const [room_id, mention_count] of [
      [one, 1],
      [two, 0],
    ] as const) {
      const unread = await bob.first(
        (frame) => frame.type === 'unread_update' && frame.data?.room_id === room_id,
      )
      expect(unread.data).toMatchObject({ unread_count: 1, mention_count, last_read_message_id: null })
    }
    await bob.request('unsubscribe_room', { room_id: one })
    await alice.request('chat_message', { room_id: one, message: 'Too late' })
    await bob.settled()
    expect(bob.frames.some(says('Too late'))).toBe(false)
    const { rooms } = await bob.request('get_rooms', { limit: 1 })
    expect(rooms).toMatchObject([{ id: one, unread_count: 2, last_message: { content: 'Too late' } }])
  })

  it('makes rooms, once, and tells everybody in them', async () => {
    const name = someone()
    await createRoom({ members: ['alice', name] })
    const [alice, bob] = [await join('alice', '/ws/v1/'), await join(name, '/ws/v1/')]
    const { id } = Object((await bob.first(isType('welcome'))).data?.user) as { id: string }
    const ask = { kind: 'direct', members: [id], client_id: 'c1' }
    const [{ room }, again] = await Promise.all([
      alice.request('create_room', ask),
      alice.request('create_room', ask),
    ])
    expect(again.room).toMatchObject({ id: (room as { id: string }).id })
    expect(room).toMatchObject({ kind: 'direct', member_count: 2, peer: { id, username: name } })
    expect((await bob.first(isType('room_added'))).data?.room).toMatchObject({
      id: (room as { id: string }).id,
      peer: { username: 'alice' },
    })
    await expect(alice.request('create_room', { name: 'x', members: ['nobody'] })).rejects.toThrow(
      /^not_found$/,
    )
  })

  it('moves the read pointer of all devices, and shows it to the others', async () => {
    const { room, desk, phone, alice, ids } = await unreadByBob(10)
    const newest = ids.at(-1)
    const state = await desk.request('read_receipt', { room_id: room, message_id: newest })
    expect(state).toMatchObject({
      room_id: room,
      unread_count: 0,
      mention_count: 0,
      last_read_message_id: newest,
    })
    await phone.first(tells(state))
    expect((await alice.first(isType('read_receipt'))).data).toMatchObject({
      room_id: room,
      message_id: newest,
    })
    expect(await desk.request('read_receipt', { room_id: room, message_id: ids[0] })).toEqual(state)
    const { members } = await alice.request('get_members', { room_id: room })
    expect(members).toContainEqual(
      expect.objectContaining({
        user: expect.objectContaining({ username: 'bob' }),
        last_read_message_id: newest,
      }),
    )
  })

  it('puts the read pointer back on all devices, and tells nobody else', async () => {
    const { room, desk, phone, alice, ids } = await unreadByBob(10)
    await desk.request('read_receipt', { room_id: room, message_id: ids.at(-1) })
    const state = await desk.request('mark_unread', { room_id: room, message_id: ids[4] })
    expect(state).toMatchObject({ room_id: room, last_read_message_id: ids[3], mention_count: 0 })
    await phone.first(tells(state))
    expect(await desk.request('mark_unread', { room_id: room, message_id: ids[8] })).toEqual(state)
    await expect(desk.request('mark_unread', { room_id: room, message_id: 0 })).rejects.toThrow('not_found')
    await alice.settled()
    expect(alice.frames.filter(isType('read_receipt'))).toHaveLength(1)
  })

  it('lets people join and leave', async () => {
    const room = await createRoom({ members: ['alice'] })
    const alice = await join('alice', `/ws/v1/chat/${room}/`)
    const [bob, phone] = [await join('bob', '/ws/v1/'), await join('bob', '/ws/v1/')]
    await expect(bob.request('subscribe_room', { room_id: room })).rejects.toThrow(/^not_member$/)
    expect(await bob.request('join_room', { room_id: room })).toMatchObject({
      room: { id: room, member_count: 2 },
    })
    expect((await phone.first(isType('room_added'))).data).toMatchObject({ room: { id: room } })
    expect((await alice.first(isType('member_joined'))).data).toMatchObject({
      member: { user: { username: 'bob' } },
    })
    await bob.request('subscribe_room', { room_id: room })
    expect(await bob.request('leave_room', { room_id: room })).toEqual({})
    expect((await phone.first(isType('room_removed'))).data).toEqual({ room_id: room, reason: 'left' })
    await alice.request('chat_message', { room_id: room, message: 'Gone' })
    await bob.settled()
    expect(bob.frames.some(says('Gone'))).toBe(false)
    const closed = await createRoom({ members: ['alice'], kind: 'direct' })
    await expect(bob.request('join_room', { room_id: closed })).rejects.toThrow(/^forbidden$/)
  })

  it('shows typing to the others, and who comes and goes', async () => {
    const name = someone()
    const room = await createRoom({ members: ['alice', name] })
    const alice = await join('alice', `/ws/v1/chat/${room}/`)
    const other = await join(name, `/ws/v1/chat/${room}/`)
    const { user } = (await other.first(isType('welcome'))).data ?? {}
    const isNow = (status: string) => (frame: { type: string; data?: Record<string, unknown> }) =>
      frame.data?.status === status && frame.data.user_id === (user as { id: string }).id
    await alice.first(isNow('online'))
    other.send('typing_indicator', { room_id: room, is_typing: true })
    const typing = await alice.first(isType('typing_indicator'))
    expect(typing.data).toEqual({ room_id: room, user, is_typing: true })
    await other.settled()
    expect(other.frames.some(isType('typing_indicator'))).toBe(false)
    await other.close()
    expect((await alice.first(isNow('offline'))).data).toMatchObject({ last_seen_at: expect.any(String) })
  })

  it('takes several frames in one message', async () => {
    const room = await createRoom()
    const alice = await join('alice', '/ws/v1/')
    const batch = ['a', 'b', 'c'].map((id) => ({
      type: 'chat_message',
      id,
      data: { room_id: room, message: id },
    }))
    alice.sendText(JSON.stringify(batch))
    const replies = await alice.count((frame) => frame.type === 'response', 3)
    expect(replies.map(({ reply_to }) => reply_to)).toEqual(['a', 'b', 'c'])
  })
})
