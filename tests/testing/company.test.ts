import { describe, expect, it } from 'vitest'
import { keepCompany } from '../../examples/server/company.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { connectClient, settle } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const start = async (random: () => number) => {
  const clock = createTestClock()
  const server = createChatServer({
    clock,
    users: ['alice', 'bob', 'carol'],
    rooms: [{ id: 'r1', members: ['alice', 'bob'] }],
  })
  const company = keepCompany(server, {
    users: ['alice', 'carol', 'bob'],
    tokenFor: (user) => String(user),
    random,
    setTimer: clock.setTimer,
  })
  const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
  alice.clear()
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await settle()
    }
  }
  return { pass, server, company, alice }
}

describe('the demo’s company', () => {
  it('reads, types and answers what somebody who is connected says, and then is silent', async () => {
    const { pass, server, alice } = await start(() => 0.5)
    await alice.send('chat_message', { message: 'anyone?' })
    await pass(60)
    const others = ['read_receipt', 'typing_indicator', 'chat_message']
    expect(alice.frames.map(({ type }) => type).filter((type) => others.includes(type))).toEqual([
      'chat_message',
      'read_receipt',
      'typing_indicator',
      'typing_indicator',
      'chat_message',
    ])
    expect(server.state().connections).toHaveLength(1)
  })

  it('only reads, now and then', async () => {
    const { pass, server, alice } = await start(() => 0.9)
    await alice.send('chat_message', { message: 'anyone?' })
    await pass(60)
    expect(alice.ofType('read_receipt')).toHaveLength(1)
    expect(server.state().rooms[0]?.messages).toHaveLength(1)
  })

  it('does not speak for one who has left meanwhile, nor after it was stopped', async () => {
    const { pass, server, company, alice } = await start(() => 0.5)
    await alice.send('chat_message', { message: 'anyone?' })
    server.remove('r1', 'bob')
    await pass(60)
    server.join('r1', 'bob')
    await alice.send('chat_message', { message: 'anyone now?' })
    company.stop()
    await pass(60)
    expect(alice.ofType('read_receipt')).toEqual([])
    expect(server.state().rooms[0]?.messages).toHaveLength(2)
  })
})
