import { describe, expect, it } from 'vitest'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = () =>
  createChatServer({ level: 0, users: ['alice', 'bob'], rooms: [{ id: '123' }], clock: createTestClock() })

describe('a level 0 back end', () => {
  it('broadcasts a message to the room, its sender included, in the shape of the plain consumer', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/chat/123/?token=alice')
    const bob = connectClient(server, '/ws/chat/123/?token=bob')
    alice.send('chat_message', { message: 'Hello', room_id: '123' }, 'msg-123')
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

  it('takes the room of the endpoint when the frame names none', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/chat/123/?token=alice')
    alice.send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })

  it('opens a room for any name, and lets everybody in', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/chat/test/?token=alice')
    const bob = connectClient(server, '/ws/chat/test/?token=bob')
    bob.send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toMatchObject([{ message: { room_id: 'test', content: 'Hello' } }])
  })

  it('answers a ping with its timestamp and nothing more', () => {
    const alice = connectClient(createServer(), '/ws/chat/123/?token=alice')
    alice.send('ping', { timestamp: 1234567890 }, 'ping-1')
    expect(alice.frames).toEqual([{ type: 'pong', data: { timestamp: 1234567890 } }])
  })

  it('relays typing to the others and read receipts to all', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/chat/123/?token=alice')
    const bob = connectClient(server, '/ws/chat/123/?token=bob')
    bob.send('chat_message', { message: 'Hello' })
    alice.clear()
    bob.clear()
    alice.send('typing_indicator', { room_id: '123', is_typing: true })
    alice.send('read_receipt', { room_id: '123', message_id: 'm00000001' })
    expect(bob.frames).toMatchObject([
      { type: 'typing_indicator', data: { room_id: '123', user: { username: 'alice' }, is_typing: true } },
      { type: 'read_receipt', data: { room_id: '123', user_id: 'alice', message_id: 'm00000001' } },
    ])
    expect(alice.frames.map(({ type }) => type)).toEqual(['read_receipt'])
  })

  it('says nothing at all to frames it does not know, cannot read or must refuse', () => {
    const alice = connectClient(createServer(), '/ws/chat/123/?token=alice')
    alice.send('get_history', { room_id: '123' }, 'r1')
    alice.send('chat_message', { message: '   ' }, 'r2')
    alice.send('toString', {}, 'r3')
    alice.sendText('{"type":')
    expect(alice.texts).toEqual([])
  })

  it('never packs frames into an array', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/chat/123/?token=alice')
    alice.sendText(JSON.stringify(['a', 'b'].map((message) => ({ type: 'chat_message', data: { message } }))))
    expect(alice.texts).toHaveLength(2)
    expect(alice.texts.every((text) => text.startsWith('{'))).toBe(true)
  })

  it('hears all rooms of its user on an endpoint that is not for one room', () => {
    const server = createServer()
    const alice = connectClient(server, '/ws/?token=alice')
    connectClient(server, '/ws/chat/123/?token=bob').send('chat_message', { message: 'Hello' })
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })
})
