import { describe, expect, it } from 'vitest'
import { keepCompany } from '../../examples/server/company.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const start = async (random: () => number) => {
  const clock = createTestClock()
  const server = createChatServer({ clock, users: ['alice', 'bob'], rooms: [{ id: 'r1' }] })
  const company = keepCompany(server, { random, setTimer: clock.setTimer })
  const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
  alice.clear()
  return { clock, server, company, alice }
}

describe('the demo’s company', () => {
  it('reads, types and answers what somebody who is connected says, and then is silent', async () => {
    const { clock, alice } = await start(() => 0.5)
    await alice.send('chat_message', { message: 'anyone?' })
    clock.advance(60_000)
    const others = ['read_receipt', 'typing_indicator', 'chat_message']
    expect(alice.frames.map(({ type }) => type).filter((type) => others.includes(type))).toEqual([
      'chat_message',
      'read_receipt',
      'typing_indicator',
      'typing_indicator',
      'chat_message',
    ])
  })

  it('only reads, now and then', async () => {
    const { clock, server, alice } = await start(() => 0.9)
    await alice.send('chat_message', { message: 'anyone?' })
    clock.advance(60_000)
    expect(alice.ofType('read_receipt')).toHaveLength(1)
    expect(server.state().rooms[0]?.messages).toHaveLength(1)
  })

  it('does not speak for one who has left meanwhile, nor after it was stopped', async () => {
    const { clock, server, company, alice } = await start(() => 0.5)
    await alice.send('chat_message', { message: 'anyone?' })
    server.remove('r1', 'bob')
    clock.advance(60_000)
    server.join('r1', 'bob')
    await alice.send('chat_message', { message: 'anyone now?' })
    company.stop()
    clock.advance(60_000)
    expect(alice.ofType('read_receipt')).toEqual([])
    expect(server.state().rooms[0]?.messages).toHaveLength(2)
  })
})
