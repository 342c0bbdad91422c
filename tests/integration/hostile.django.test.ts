/** What no client may do to the Django server, nor to those who are on it. */
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { createHostileFrames } from '../testing/hostileFrames.ts'
import { closeAll, connect, createRoom, get, isType, join, says, tokenFor } from './djangoSocket.ts'

afterEach(closeAll)

describe('rooms', () => {
  it('[S10] are for members at level 0 and over HTTP, and do not come to be by being named', async () => {
    const room = await createRoom({ members: ['bob'], messages: 3 })
    for (const id of [room, `never-seen-${Date.now()}`]) {
      const stranger = connect(`/ws/chat/${id}/?token=${await tokenFor('alice')}`)
      expect(await stranger.closed).toBe(4003)
      expect(await get(`/api/rooms/${id}/messages`, await tokenFor('alice'))).toMatchObject({
        error: { code: 'not_member' },
      })
    }
  })

  it('[S10] are left with the membership, on every socket', async () => {
    const room = await createRoom({ members: ['alice', 'bob'] })
    const plain = await join('bob', `/ws/chat/${room}/`)
    const live = await join('bob', '/ws/v1/')
    await live.request('leave_room', { room_id: room })
    expect(await plain.closed).toBe(4003)
  })
})

describe('level 0', () => {
  it('[S11] relays what it has read, and nothing besides', async () => {
    const path = `/ws/chat/${await createRoom()}/`
    const [alice, bob] = [await join('alice', path), await join('bob', path)]
    for (const is_typing of ['yes', 1, null, {}]) alice.send('typing_indicator', { is_typing, evil: 1 })
    for (const message_id of ['x', {}, [], -1, 1.5, 'x'.repeat(500)])
      alice.send('read_receipt', { message_id })
    const odd = ['NaN', 'Infinity', '1e999', '9007199254740993', '"\\u0000"', '"\\ud800"', '['.repeat(10_000)]
    for (const value of odd) {
      alice.sendText(`{"type":"read_receipt","data":{"message_id":${value}}}`)
      alice.sendText(`{"type":"ping","data":{"timestamp":${value}}}`)
      alice.sendText(`{"type":"chat_message","data":{"message":${value}}}`)
    }
    alice.send('typing_indicator', { is_typing: true, room_id: 'elsewhere', user: { id: '1' }, evil: 1 })
    const typing = await bob.first(isType('typing_indicator'))
    expect(typing.data).toEqual({
      room_id: path.split('/')[3],
      user: { id: expect.any(String), username: 'alice' },
      is_typing: true,
    })
    await alice.settled()
    expect(bob.frames.filter((frame) => frame !== typing && frame.type !== 'pong')).toEqual([])
  })
})

describe('hostile messages', () => {
  it.each(['/ws/chat/', '/ws/level1/chat/', '/ws/v1/chat/'])(
    '[S11] at %s are served or refused, and others notice nothing',
    async (prefix) => {
      const path = `${prefix}${await createRoom()}/`
      const alice = await join('alice', path)
      const frames = createHostileFrames(11, 1200)
      for (const round of [1, 2, 3, 4]) {
        const mallory = await join('bob', path)
        for (let at = 0; at < 50; at++) mallory.sendText(frames.next())
        await mallory.settled()
        alice.send('chat_message', { message: `still here ${round}` })
        await alice.first(says(`still here ${round}`))
        expect(mallory.frames.filter(({ error }) => error?.code === 'internal')).toEqual([])
        await mallory.close()
      }
    },
  )

  it('[S12] that are too large close with 4009, and too many with 4029', { timeout: 60_000 }, async () => {
    for (const path of [`/ws/chat/${await createRoom()}/`, '/ws/v1/']) {
      const large = await join('alice', path)
      large.sendText('x'.repeat(300_000))
      expect(await large.closed).toBe(4009)
      const fast = await join('alice', path)
      for (let at = 0; at < 6_000; at++) fast.sendText('{"type":"ping","data":{"timestamp":1}}')
      expect(await fast.closed).toBe(4029)
    }
  })
})

describe('the handshake', () => {
  it('[S12] is refused to pages from elsewhere', async () => {
    const evil = connect(`/ws/v1/?token=${await tokenFor('alice')}`, [], { origin: 'https://evil.example' })
    expect(await evil.closed).toBe(4003)
    expect(evil.frames).toEqual([])
    const own = connect(`/ws/v1/?token=${await tokenFor('alice')}`, [], { origin: 'http://localhost:5173' })
    await own.first(isType('welcome'))
  })

  it('[S1] of any kind leaves the server running', async () => {
    const { hostname, port } = new URL(process.env.DJANGO_URL ?? '')
    const upgrade = [
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
    ]
    for (const target of [
      '//',
      '/%ff',
      '/ws/chat/%ff/',
      'http://[',
      '/ws/v1/?token=%ff',
      '/ws/chat/\u00ff/',
    ]) {
      for (const key of ['x', 'dGhlIHNhbXBsZSBub25jZQ==']) {
        const socket = connectTcp(Number(port), hostname)
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        socket.write(
          [`GET ${target} HTTP/1.1`, ...upgrade, `Sec-WebSocket-Key: ${key}`, '', ''].join('\r\n'),
          'latin1',
        )
        await Promise.race([
          once(socket, 'data'),
          once(socket, 'close'),
          new Promise((done) => setTimeout(done, 200)),
        ])
        socket.destroy()
      }
    }
    const alice = await join('alice', '/ws/v1/')
    await alice.settled()
  })
})
