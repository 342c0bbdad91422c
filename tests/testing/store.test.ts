import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '../../examples/server/sqliteStore.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import type { ChatStore, StoreChange } from '../../src/testing/server/store.ts'
import { connectClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const createFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-store-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'chat.sqlite')
}

const openStore = (file: string) => {
  const store = openSqliteStore(file)
  cleanups.push(() => store.close())
  return store
}

/** A server with something of everything in it. */
const liveABit = async (store: ChatStore) => {
  const clock = createTestClock()
  const server = createChatServer({
    clock,
    store,
    users: ['alice', 'bob', { id: 7, username: 'seven' }],
    rooms: [
      { id: 'r1', messages: [{ sender: 'bob', content: 'seeded' }] },
      { id: 42, members: ['alice', 7] },
    ],
  })
  const alice = await connectClient(server)
  const { id } = server.inject('r1', { sender: 'bob', content: 'hello @alice', client_id: 'c-1' })
  const other = server.inject(42, { sender: 7, content: 'gone soon', metadata: { nested: [1, 2] } })
  clock.advance(1000)
  server.act('bob', 'edit_message', { room_id: 'r1', message_id: id, message: 'hello again @alice' })
  server.act('alice', 'add_reaction', { room_id: 'r1', message_id: id, reaction: '👍' })
  server.act('alice', 'read_receipt', { room_id: 'r1', message_id: id })
  server.act(7, 'delete_message', { room_id: 42, message_id: other.id })
  server.remove(42, 7)
  server.createRoom({ id: 'late', members: ['alice'] })
  await alice.hangUp()
  return server
}

describe('a store', () => {
  it('in SQLite gives everything back after a restart of the process', async () => {
    const file = createFile()
    const first = openSqliteStore(file)
    const before = (await liveABit(first)).state()
    first.close()
    const server = createChatServer({ store: openStore(file), clock: createTestClock() })
    expect(server.state()).toEqual(before)
  })

  it('[S3] in SQLite is open for one server at a time', () => {
    const file = createFile()
    const first = openSqliteStore(file)
    expect(() => openSqliteStore(file)).toThrow('another server has it open')
    first.close()
    openStore(file)
    openStore(':memory:')
    openStore(':memory:')
  })

  it('goes on with ids, numbers and known client ids where it left off', async () => {
    const file = createFile()
    const first = openSqliteStore(file)
    const before = await liveABit(first)
    const known = before.state().rooms[0]?.messages ?? []
    const seq = before.state().rooms[0]?.seq ?? 0
    first.close()
    const server = createChatServer({ store: openStore(file), clock: createTestClock() })
    const repeated = server.inject('r1', { sender: 'bob', content: 'hello @alice', client_id: 'c-1' })
    expect(known.map(({ id }) => id)).toContain(repeated.id)
    const next = server.inject('r1', { sender: 'bob', content: 'new' })
    expect(known.map(({ id }) => id)).not.toContain(next.id)
    expect(next.seq).toBe(seq + 1)
  })

  it('lets a client that missed nothing resume, and sends one that did to a new snapshot', async () => {
    const file = createFile()
    const first = openSqliteStore(file)
    const seq = (await liveABit(first)).state().rooms[0]?.seq ?? 0
    first.close()
    const server = createChatServer({ store: openStore(file), clock: createTestClock() })
    const alice = await connectClient(server)
    const sync = async (from: number) =>
      (await alice.request('sync', { rooms: { r1: { seq: from, epoch: 'e1' } } })).rooms
    expect(await sync(seq)).toMatchObject({ r1: { complete: true, events: [] } })
    expect(await sync(seq - 1)).toMatchObject({ r1: { complete: false } })
  })

  it('has everything before any client hears of it', async () => {
    const written: StoreChange[] = []
    const order: string[] = []
    const store: ChatStore = {
      load: () => undefined,
      write: (changes) => {
        written.push(...changes)
        order.push('write')
      },
    }
    const server = createChatServer({ store, clock: createTestClock(), rooms: [{ id: 'r1' }] })
    const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
    order.length = 0
    server.on(({ type }) => type === 'sent' && order.push('sent'))
    await alice.request('chat_message', { message: 'hi' })
    expect(order).toEqual(['write', 'sent'])
    expect(written.filter(({ type }) => type === 'message')).toHaveLength(1)
  })

  it('[S3] that fails is the sender’s trouble only: everything is as it was before, and works again', async () => {
    let isBroken = false
    const written: StoreChange[] = []
    const store: ChatStore = {
      load: () => undefined,
      write: (changes) => {
        if (isBroken) throw new Error('disk full')
        written.push(...changes)
      },
    }
    const server = createChatServer({ store, clock: createTestClock(), rooms: [{ id: 'r1' }] })
    const failures: unknown[] = []
    server.on((event) => event.type === 'failed' && failures.push(event.error))
    const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
    const bob = await connectClient(server, '/ws/chat/r1/?token=bob')
    const { id } = server.inject('r1', { sender: 'bob', content: 'before' })
    const before = server.state()
    bob.clear()
    isBroken = true
    const requests: [string, object][] = [
      ['chat_message', { message: 'hi', client_id: 'c-1' }],
      ['add_reaction', { message_id: id, reaction: '👍' }],
      ['read_receipt', { message_id: id }],
      ['leave_room', { room_id: 'r1' }],
    ]
    for (const [type, data] of requests) {
      expect(await alice.refusal(type, { ...data })).toMatchObject({
        code: 'unavailable',
        retry_after_ms: 1000,
      })
    }
    expect(await alice.request('get_history', { room_id: 'r1' })).toMatchObject({ messages: [{ id }] })
    expect(failures).toHaveLength(requests.length)
    expect({ ...server.state(), connections: [] }).toEqual({ ...before, connections: [] })
    expect(server.state().connections).toEqual(before.connections)
    expect([alice.closed, bob.closed, bob.frames]).toEqual([undefined, undefined, []])
    isBroken = false
    written.length = 0
    const reply = await alice.request('chat_message', { message: 'hi', client_id: 'c-1' })
    expect(reply).toMatchObject({ message: { seq: 2 } })
    expect(bob.ofType('chat_message')).toMatchObject([{ seq: 2 }])
    expect(written.filter(({ type }) => type === 'message')).toHaveLength(1)
  })
})
