import { afterEach, describe, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

async function start(options?: Parameters<typeof createWorld>[0]) {
  world = createWorld(options)
  const alice = world.open('alice')
  await world.pass()
  return { ...world, alice }
}

/** Rejections are looked at later, by the test. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

const locals = (rows: readonly ChatMessage[]) => rows.flatMap(({ local }) => local ?? [])
const texts = (count: number) => Array.from({ length: count }, (_, at) => `message ${at + 1}`)

describe('sending', () => {
  it('[C60] is pipelined: twenty messages leave before the first is acknowledged, in order', async () => {
    const { alice, server, sent, pass } = await start()
    server.faults.latencyMs = 1_000
    const sending = texts(20).map((text) => alice.send(text))
    await pass(0)
    await pass(10)
    expect(sent('chat_message').map(({ data }) => (data as { message: string }).message)).toEqual(texts(20))
    expect(locals(alice.rows())).toHaveLength(20)
    await pass(2_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(texts(20))
    expect(server.state().rooms[0]?.messages.map(({ content }) => content)).toEqual(texts(20))
  })

  it('[C60] goes on in order after an absence, behind what was sent by others', async () => {
    const { alice, server, pass } = await start()
    server.faults.restart({ downMs: 2_000 })
    const sending = texts(20).map((text) => alice.send(text))
    await pass(100)
    expect(new Set(locals(alice.rows()).map(({ status }) => status))).toEqual(new Set(['queued']))
    server.inject(ROOM, { sender: 'bob', content: 'first' })
    await pass(6_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(['first', ...texts(20)])
  })

  it('[C61] keeps the key of a row from the first moment to the last', async () => {
    const { alice, server, pass } = await start()
    server.faults.latencyMs = 200
    const sending = alice.send('hello')
    await pass(20)
    const [pending] = alice.rows()
    expect(pending?.local?.status).toBe('sending')
    await pass(1_000)
    await sending
    const [confirmed] = alice.rows()
    expect(confirmed?.local).toBeUndefined()
    expect(confirmed?.client_id).toBe(pending?.client_id)
    expect(confirmed?.id).not.toBe(pending?.id)
  })

  it('[C62] a refusal leaves a failed row with its reason; a retry goes under the same client_id', async () => {
    const { alice, server, pass, sent } = await start()
    server.faults.rejectNext('chat_message', { code: 'forbidden', retryable: false })
    const sending = quietly(alice.send('hello'))
    await pass()
    await expect(sending).rejects.toMatchObject({ code: 'rejected', reason: 'forbidden' })
    const [failed] = locals(alice.rows())
    expect(failed).toMatchObject({ status: 'failed', error: { reason: 'forbidden' } })
    const retrying = alice.chat.sendMessage.retry(alice.queryClient, failed?.key ?? '')
    await pass()
    await retrying
    expect(locals(alice.rows())).toEqual([])
    expect(alice.texts()).toEqual(['hello'])
    const ids = sent('chat_message').map(({ data }) => (data as { client_id: string }).client_id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  it('[C62] a failed message does not hold up the ones behind it, and is gone when it is discarded', async () => {
    const { alice, server, pass } = await start()
    server.faults.rejectNext('chat_message', { code: 'forbidden', retryable: false })
    const first = quietly(alice.send('refused'))
    const second = alice.send('accepted')
    await pass()
    await second
    await expect(first).rejects.toThrow()
    expect(alice.texts()).toEqual(['accepted', 'refused'])
    alice.chat.sendMessage.discard(alice.queryClient, locals(alice.rows())[0]?.key ?? '')
    await pass()
    expect(alice.texts()).toEqual(['accepted'])
  })

  it('[C63] a server that asks to slow down is given the time it asks for', async () => {
    const { alice, server, pass, sent } = await start()
    server.faults.rejectNext('chat_message', { code: 'rate_limited', retryAfterMs: 3_000 })
    const sending = alice.send('patience')
    await pass(2_900)
    expect(sent('chat_message')).toHaveLength(1)
    expect(locals(alice.rows())).toMatchObject([{ status: 'sending' }])
    await pass(200)
    expect((await sending)?.content).toBe('patience')
    expect(sent('chat_message')).toHaveLength(2)
  })

  it('[C64] refuses what can never be sent, before anything is shown or sent', async () => {
    const { alice, pass, sent } = await start()
    for (const [text, reason] of [
      ['', 'empty'],
      [' \n\t ', 'empty'],
      ['x'.repeat(4_001), 'too_long'],
    ] as const) {
      await expect(alice.send(text)).rejects.toMatchObject({ code: 'invalid_params', reason })
    }
    await pass()
    expect(alice.rows()).toEqual([])
    expect(sent('chat_message')).toEqual([])
  })
})
