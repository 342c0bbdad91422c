import { expect, it } from 'vitest'
import { setup, typesOf, watch } from './kit.ts'

const pongOf = (frame: Record<string, unknown> | undefined) => ({
  type: 'pong',
  data: { timestamp: (frame?.data as { timestamp: number } | undefined)?.timestamp },
})

it('[C81] a request learns that it was read: one ping serves all that a turn writes, and one is out at a time', async () => {
  const { manager, open, flush, clock } = setup()
  const socket = await open()
  const read: string[] = []
  const ask = (name: string) => watch(manager.port.request(name, {}, { onRead: () => read.push(name) }))
  ask('a')
  ask('b')
  await flush()
  expect(typesOf(socket)).toEqual(['a', 'b', 'ping'])
  await clock.advance(10)
  ask('c')
  await flush()
  expect(typesOf(socket)).toEqual(['a', 'b', 'ping', 'c'])
  socket.receive(pongOf(socket.frames[2]))
  await flush()
  expect(read).toEqual(['a', 'b'])
  expect(typesOf(socket)).toEqual(['a', 'b', 'ping', 'c', 'ping'])
  socket.receive({ type: 'response', reply_to: socket.frames[0]?.id, data: {} })
  socket.receive(pongOf(socket.frames[4]))
  await flush()
  expect(read).toEqual(['a', 'b', 'b', 'c'])
})

it('[C81] a request that a dead connection has swallowed was not read', async () => {
  const { manager, open, flush, socket, clock } = setup()
  const first = await open()
  let isRead = false
  const asked = watch(manager.port.request('a', {}, { onRead: () => (isRead = true) }))
  await flush()
  first.drop(1006)
  await clock.advance(2_000)
  socket().accept()
  socket().receive({ type: 'pong', data: {} })
  await flush()
  expect(isRead).toBe(false)
  expect(asked.error).toMatchObject({ code: 'connection_lost', maybeDelivered: true })
})

it('[C81] without heartbeats whatever comes later shows that it was read', async () => {
  const { manager, open, flush } = setup({ heartbeat: false })
  const socket = await open()
  let isRead = false
  watch(manager.port.request('a', {}, { onRead: () => (isRead = true) }))
  await flush()
  expect(isRead).toBe(false)
  socket.receive({ type: 'something', data: {} })
  await flush()
  expect(isRead).toBe(true)
})
