/** Level 0 and tokens, seen from bare sockets. */
import { afterEach, describe, expect, it } from 'vitest'
import { closeAll, connect, createRoom, get, idsOf, isType, join, says, tokenFor } from './djangoSocket.ts'

afterEach(closeAll)

describe('level 0', () => {
  it('gives a message to everybody in the room, its sender included, and nothing besides', async () => {
    const path = `/ws/chat/${await createRoom()}/`
    const [alice, bob] = [await join('alice', path), await join('bob', path)]
    alice.send('chat_message', { message: 'Hello', room_id: '123' })
    const heard = await bob.first(isType('chat_message'))
    expect(heard).toEqual({
      type: 'chat_message',
      message: {
        id: expect.any(Number),
        content: 'Hello',
        sender: { id: expect.any(String), username: 'alice' },
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        room_id: path.split('/')[3],
      },
    })
    await alice.settled()
    expect(alice.frames.filter(({ type }) => type !== 'pong')).toEqual([heard])
  })

  it('relays typing and receipts, answers pings, and ignores what it does not know', async () => {
    const path = `/ws/chat/${await createRoom()}/`
    const [alice, bob] = [await join('alice', path), await join('bob', path)]
    alice.send('get_history', { limit: 10 })
    alice.send('chat_message', { message: '   ' })
    alice.send('typing_indicator', { is_typing: true })
    alice.send('read_receipt', { message_id: 5 })
    const typing = await bob.first(isType('typing_indicator'))
    expect(typing.data).toMatchObject({ user: { username: 'alice' }, is_typing: true })
    const receipt = await bob.first(isType('read_receipt'))
    expect(receipt.data).toMatchObject({ message_id: 5, read_at: expect.any(String) })
    await alice.settled()
    const kinds = new Set(alice.frames.map(({ type }) => type))
    expect(kinds).toEqual(new Set(['pong', 'typing_indicator', 'read_receipt']))
  })

  it('has its history over HTTP', async () => {
    const path = `/ws/chat/${await createRoom()}/`
    const alice = await join('alice', path)
    for (const text of ['one', 'two', 'three']) alice.send('chat_message', { message: text })
    await alice.first(says('three'))
    const token = await tokenFor('bob')
    const url = `/api/rooms/${path.split('/')[3]}/messages?limit=2`
    const newest = await get(url, token)
    expect(newest).toMatchObject({ has_older: true, messages: [{ content: 'two' }, { content: 'three' }] })
    const older = await get(`${url}&before=${idsOf(newest)[0]}`, token)
    expect(older).toMatchObject({ has_older: false, messages: [{ content: 'one' }] })
    expect(await get(url, 'nonsense')).toMatchObject({ error: { code: 'unauthorized', close_code: 4004 } })
  })

  it('shares its rooms with the other levels', async () => {
    const room = await createRoom()
    const plain = await join('alice', `/ws/chat/${room}/`)
    const live = await join('bob', `/ws/v1/chat/${room}/`)
    plain.send('chat_message', { message: 'from below' })
    expect(await live.first(says('from below'))).toMatchObject({ seq: 1, room_id: room })
    await live.request('chat_message', { message: 'from above', client_id: 'c1' })
    const heard = await plain.first(says('from above'))
    expect(Object.keys(heard)).toEqual(['type', 'message'])
    expect(Object.keys(heard.message ?? {}).sort()).toEqual([
      'content',
      'id',
      'room_id',
      'sender',
      'timestamp',
    ])
  })
})

describe('tokens', () => {
  it.each(['/ws/chat/general/', '/ws/v1/chat/general/', '/ws/v1/'])(
    'are judged after the accept at %s',
    async (path) => {
      for (const [token, code] of [
        [await tokenFor('alice', -5), 4001],
        ['nonsense', 4004],
        [`${await tokenFor('alice')}x`, 4004],
      ] as const) {
        const socket = connect(`${path}?token=${token}`)
        await socket.opened
        expect(await socket.closed).toBe(code)
        expect(socket.frames).toEqual([])
      }
    },
  )

  it('are missed at once at level 0, and when the first frame is not `auth` above it', async () => {
    const plain = connect('/ws/chat/general/')
    await plain.opened
    expect(await plain.closed).toBe(4001)
    const live = connect('/ws/v1/')
    await live.opened
    live.send('get_rooms')
    expect(await live.closed).toBe(4001)
  })

  it('may travel as subprotocol or as first frame, and be renewed', async () => {
    const token = await tokenFor('alice')
    const bearer = connect('/ws/v1/', ['bearer', token])
    expect((await bearer.first(isType('welcome'))).data).toMatchObject({
      user: { username: 'alice' },
      level: 3,
    })
    const late = connect('/ws/v1/')
    await late.opened
    expect(await late.request('auth', { token })).toEqual({})
    expect(await late.request('auth', { token: await tokenFor('alice') })).toEqual({})
    expect(late.frames.filter(isType('welcome'))).toHaveLength(1)
    late.send('auth', { token: await tokenFor('bob') })
    expect(await late.closed).toBe(4001)
  })

  it('end the connection when they run out', async () => {
    const socket = connect(`/ws/v1/?token=${await tokenFor('alice', 2)}`)
    await socket.first(isType('welcome'))
    expect(await socket.closed).toBe(4001)
  })

  it('do not open rooms one is not in, nor addresses that are none', async () => {
    const room = await createRoom({ members: ['bob'] })
    const token = await tokenFor('alice')
    for (const path of [`/ws/v1/chat/${room}/`, '/ws/v1/chat/no-such-room/', '/ws/nowhere/']) {
      const socket = connect(`${path}?token=${token}`)
      await socket.opened
      expect(await socket.closed).toBe(4003)
    }
  })
})
