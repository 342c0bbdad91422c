/** A server under random malformed frames. HOSTILE_FRAMES makes it as many more as there is time for. */
import { describe, expect, it } from 'vitest'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { createHostileFrames } from './hostileFrames.ts'
import { connectClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const COUNT = Number(process.env.HOSTILE_FRAMES ?? 2000)

const messages = ['m1', 'm2', 'm3'].map((id) => ({ id, sender: 'bob', content: id }))

const createServer = (level: ChatLevel) => {
  const clock = createTestClock()
  const server = createChatServer({
    level,
    clock,
    rooms: [{ id: 'r1', messages }, { id: 'r2' }, { id: '__proto__' }],
  })
  const failures: unknown[] = []
  server.on((event) => event.type === 'failed' && failures.push(event.error))
  return { clock, server, failures }
}

describe.each([0, 1, 2, 3] as const)('at level %i', (level) => {
  it(`[S2] ${COUNT} hostile messages are refused or served, and others notice nothing`, async () => {
    const { clock, server, failures } = createServer(level)
    const frames = createHostileFrames(level + 1)
    const bob = await connectClient(server, '/ws/chat/r1/?token=bob')
    let mallory = await connectClient(server, '/ws/chat/r1/?token=alice')
    for (let at = 0; at < COUNT; at++) {
      clock.advance(100)
      await mallory.sendText(frames.next())
      if (at % 100 !== 0) continue
      bob.clear()
      await bob.send('chat_message', { message: `still here ${at}` })
      await bob.send('ping', { timestamp: at })
      expect(bob.ofType('chat_message')).toMatchObject([{ message: { content: `still here ${at}` } }])
      expect(bob.ofType('pong')).toMatchObject([{ data: { timestamp: at } }])
      // They leave and join as they please.
      await mallory.hangUp()
      mallory = await connectClient(server, '/ws/?token=alice')
      await mallory.send('join_room', { room_id: 'r1' })
    }
    expect([failures, bob.closed, mallory.closed]).toEqual([[], undefined, undefined])
    expect(JSON.parse(JSON.stringify(server.state()))).toEqual(server.state())
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
