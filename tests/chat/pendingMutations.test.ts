import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

describe('sends that wait', () => {
  it('[C60] goes on in order after an absence, behind what others sent meanwhile', async () => {
    world = createWorld()
    const { open, pass, server } = world
    const alice = open('alice')
    await pass()
    server.faults.restart({ downMs: 2_000 })
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at + 1}`)
    const sending = texts.map((text) => alice.send(text))
    await pass(100)
    expect(new Set(alice.rows().map(({ local }) => local?.status))).toEqual(new Set(['queued']))
    server.inject(ROOM, { sender: 'bob', content: 'first' })
    await pass(6_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(['first', ...texts])
  })

  it('[C60] survives a reload: what waits, what was on its way and what failed, in order, each once', async () => {
    world = createWorld()
    const { pass, server } = world
    const before = world.open('alice')
    await pass()
    const send = (text: string) => void before.send(text).catch(() => undefined)
    server.faults.rejectNext('chat_message', { code: 'internal' })
    send('failed')
    await pass()
    // The server has it, and the answer never comes.
    server.faults.latencyMs = 60_000
    send('on its way')
    await pass()
    server.faults.latencyMs = 0
    server.faults.restart({ downMs: 2_000 })
    send('waiting 1')
    send('waiting 2')
    await pass()
    const keys = before.rows().map(({ local }) => local?.key)
    expect(keys).toHaveLength(4)
    const saved = before.save()
    before.chat.manager.close()
    await pass()

    const after = world.open('alice', { saved })
    expect(after.rows().map(({ local }) => local?.key)).toEqual(keys)
    await pass(10_000)
    expect(after.texts()).toEqual(['on its way', 'waiting 1', 'waiting 2', 'failed'])
    expect(after.rows().map(({ client_id }) => client_id)).toEqual([...keys.slice(1), keys[0]])
    expect(server.state().rooms[0]?.messages.map(({ content }) => content)).toEqual(after.texts().slice(0, 3))
    const [failed] = after.rows().slice(-1)
    expect(failed?.local).toMatchObject({ status: 'failed', key: keys[0] })
    const retrying = after.chat.sendMessage.retry(after.queryClient, failed?.local?.key ?? '')
    await pass()
    await retrying
    expect(after.rows().some(({ local }) => local)).toBe(false)
    expect(server.state().rooms[0]?.messages).toHaveLength(4)
  })
})
