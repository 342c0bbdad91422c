/** What is remembered of the messages that the list of rooms tells of. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it } from 'vitest'
import { watchLag } from '../../src/chat/model/lag.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const previewOf = (id: string) => ({
  id,
  room_id: ROOM,
  sender: { id: 'bob', username: 'bob' },
  content: 'x'.repeat(100),
  timestamp: '9999-01-01T00:00:00Z',
})

async function collect() {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let tries = 0; tries < 10; tries++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}

it('[C91] a message is not kept, be its room on screen or not', async () => {
  world = createWorld()
  const { chat } = world.open('alice')
  await world.pass()
  const lag = watchLag(contextOf(chat))
  const hear = (id: string | number) => {
    const message = previewOf(`of ${id}`)
    lag.hear({ id, last_message: message })
    return new WeakRef(message)
  }
  const told = Array.from({ length: 200 }, (_, at) => hear(at === 0 ? ROOM : at))
  await world.pass(1_000)
  await collect()
  expect(told.filter((message) => message.deref())).toEqual([])
  lag.stop()
})

it('[C91] is told once, and again to somebody else', async () => {
  world = createWorld()
  let user = 'alice'
  const part = (value: object) => btoa(JSON.stringify(value))
  const tokenManager = { getAccessToken: () => `${part({})}.${part({ sub: user })}.` }
  const { chat } = world.open('alice', { tokenManager })
  await world.pass()
  const lag = watchLag(contextOf(chat))
  const tell = async () => {
    const before = world.sent('subscribe_room').length
    lag.hear({ id: ROOM, last_message: previewOf('lost') })
    await world.pass(1_000)
    return world.sent('subscribe_room').length - before
  }
  expect([await tell(), await tell()]).toEqual([1, 0])
  user = 'bob'
  chat.signIn()
  await world.pass(1_000)
  expect([await tell(), await tell()]).toEqual([1, 0])
  lag.stop()
})
