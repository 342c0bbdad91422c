import { describe, expect, it } from 'vitest'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = () =>
  createChatServer({ level: 0, users: ['alice', 'bob'], rooms: [{ id: '123' }], clock: createTestClock() })

describe('a level 0 back end', () => {
  it('broadcasts a message to the room, its sender included, in the shape of the plain consumer', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/chat/123/?token=alice')
    const bob = await connectClient(server, '/ws/chat/123/?token=bob')
    await alice.send('chat_message', { message: 'Hello', room_id: '123' }, 'msg-123')
    const echo = {
      type: 'chat_message',
      message: {
        id: 'm00000001',
        content: 'Hello',
        sender: { id: 'alice', username: 'alice' },
        timestamp: '2024-01-15T10:30:00.000Z',
        room_id: '123',
      },
    }
    expect(alice.frames).toEqual([echo])
    expect(bob.frames).toEqual([echo])
  })

  it('takes the room of the endpoint when the frame names none', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/chat/123/?token=alice')
    await alice.send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })

  it('opens a room for any name, and lets everybody in', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/chat/test/?token=alice')
    const bob = await connectClient(server, '/ws/chat/test/?token=bob')
    await bob.send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toMatchObject([{ message: { room_id: 'test', content: 'Hello' } }])
  })

  it('answers a ping with its timestamp and nothing more', async () => {
    const alice = await connectClient(createServer(), '/ws/chat/123/?token=alice')
    await alice.send('ping', { timestamp: 1234567890 }, 'ping-1')
    expect(alice.frames).toEqual([{ type: 'pong', data: { timestamp: 1234567890 } }])
  })

  it('relays typing to the others and read receipts to all', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/chat/123/?token=alice')
    const bob = await connectClient(server, '/ws/chat/123/?token=bob')
    await bob.send('chat_message', { message: 'Hello' })
    alice.clear()
    bob.clear()
    await alice.send('typing_indicator', { room_id: '123', is_typing: true })
    await alice.send('read_receipt', { room_id: '123', message_id: 'm00000001' })
    expect(bob.frames).toMatchObject([
      { type: 'typing_indicator', data: { room_id: '123', user: { username: 'alice' }, is_typing: true } },
      { type: 'read_receipt', data: { room_id: '123', user_id: 'alice', message_id: 'm00000001' } },
    ])
    expect(alice.frames.map(({ type }) => type)).toEqual(['read_receipt'])
  })

  it('says nothing at all to frames it does not know, cannot read or must refuse', async () => {
    const alice = await connectClient(createServer(), '/ws/chat/123/?token=alice')
    await alice.send('get_history', { room_id: '123' }, 'r1')
    await alice.send('chat_message', { message: '   ' }, 'r2')
    await alice.send('toString', {}, 'r3')
    await alice.sendText('{"type":')
    expect(alice.texts).toEqual([])
  })

  it('never packs frames into an array', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/chat/123/?token=alice')
    await alice.sendText(
      JSON.stringify(['a', 'b'].map((message) => ({ type: 'chat_message', data: { message } }))),
    )
    expect(alice.texts).toHaveLength(2)
    expect(alice.texts.every((text) => text.startsWith('{'))).toBe(true)
  })

  it('hears all rooms of its user on an endpoint that is not for one room', async () => {
    const server = createServer()
    const alice = await connectClient(server, '/ws/?token=alice')
    const bob = await connectClient(server, '/ws/chat/123/?token=bob')
    await bob.send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })
})
