// @vitest-environment node
/** Names that not every database can look for, on every store. */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { chatServer } from '../../../src/server/chat/chatServer.ts'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import { STORES, stopPostgres } from '../support/stores.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(stopPostgres)

interface Answer {
  readonly reply_to?: string
  readonly data?: unknown
  readonly error?: unknown
}

describe.each(Object.entries(STORES))('on the %s store', (_name, create) => {
  it.each(['x\0', 'x\ud800'])('[S69] are refused alone', async (odd) => {
    const { store, close } = await create()
    closing.push(close)
    const failures: unknown[] = []
    const chat = chatServer({ isAlone: true })
    const live = createLiveServer({
      plugins: [chat],
      store,
      authenticate: (token) => (token ? { id: token, username: token } : null),
      onEvent: (event) => event.type === 'failed' && failures.push(event.error),
    })
    closing.push(() => live.close())
    await chat.createRoom({ id: 'r', members: ['alice'] })
    const answers: Answer[] = []
    const alice = live.accept(
      { send: (text) => answers.push(...[JSON.parse(text)].flat()), close: () => {} },
      { url: '/ws/?token=alice', headers: new Headers() },
    )
    closing.push(async () => alice.closed())
    const ask = async (type: string, data: object) => {
      alice.receive(JSON.stringify({ type, id: type, data }))
      const found = () => answers.find(({ reply_to }) => reply_to === type)
      await vi.waitFor(() => expect(found()).toBeDefined(), 5_000)
      return found()
    }
    expect(await ask('subscribe_room', { room_id: odd })).toMatchObject({ error: { code: 'invalid' } })
    const rooms = { r: { message_id: odd }, [odd]: {} }
    expect(await ask('sync', { rooms })).toMatchObject({
      data: {
        rooms: { r: { seq: expect.any(Number), complete: false }, [odd]: { error: { code: 'invalid' } } },
      },
    })
    expect(failures).toEqual([])
  })
})
