/** A browser in which a page may store nothing: it throws at the mention of whatever could keep something. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { indexedDbOutbox } from '../../src/outbox/index.ts'
import { createWorld } from '../chat/kit.ts'

function refuse() {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}

const world = createWorld()

beforeEach(() => {
  vi.stubGlobal('BroadcastChannel', refuse)
  vi.stubGlobal('navigator', Object.defineProperty({}, 'locks', { get: refuse }))
  Object.defineProperty(globalThis, 'indexedDB', { get: refuse, configurable: true })
})

afterEach(() => {
  world.close()
  Reflect.deleteProperty(globalThis, 'indexedDB')
  vi.unstubAllGlobals()
})

it('[Q74] where a page may store nothing, what is sent is not kept, says so, and is sent all the same', async () => {
  const errors: unknown[] = []
  const { chat, send, rows } = world.open('alice', {
    currentUser: { id: 'alice', username: 'alice' },
    onError: (error) => errors.push(error),
  })
  chat.live.persistOutbox({ storage: indexedDbOutbox() })
  await world.pass()
  for (const text of ['one', 'two']) void send(text).catch(() => undefined)
  await world.pass(1_000)
  expect(rows().map(({ content, local }) => [content, local])).toEqual([
    ['one', undefined],
    ['two', undefined],
  ])
  expect(errors).toMatchObject([{ code: 'not_kept', reason: 'storage' }])
})
