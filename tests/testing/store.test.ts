import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/server/store.ts'
import { type MemoryStore, memoryStore } from '../../src/server/stores/memoryStore.ts'
import { sqliteStore } from '../../src/server/stores/sqliteStore.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import type { Message } from '../../src/testing/server/wire.ts'
import { connectClient, settle, type TestClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const createFile = () => {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-store-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'chat.sqlite')
}

/** A server with something of everything in it. */
const liveABit = async (store: MemoryStore) => {
  const clock = createTestClock()
  const server = createChatServer({
    clock,
    store,
    users: ['alice', 'bob', { id: 7, username: 'seven' }],
    rooms: [
      { id: 'r1', messages: [{ sender: 'bob', content: 'seeded', reactions: { '👀': ['alice'] } }] },
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

/** Every commit passes `before`, and fails where it throws. */
const passing = (store: MemoryStore, before: () => void): MemoryStore => ({
  ...store,
  transaction: async (work, once) => {
    before()
    return store.transaction(work, once)
  },
  transactionNow: (work) => {
    before()
    return store.transactionNow(work)
  },
})

describe('a store of the kit', () => {
  it('[S52] gives everything back to the next server on it, which plants nothing in it again', async () => {
    const store = memoryStore()
    const before = (await liveABit(store)).state()
    const server = createChatServer({ store, rooms: [{ id: 'other' }], clock: createTestClock() })
    expect(server.state()).toEqual(before)
  })

  it('[S52] goes on with ids, numbers and known client ids where it left off', async () => {
    const store = memoryStore()
    const before = await liveABit(store)
    const { messages: known = [], seq = 0 } = before.state().rooms[0] ?? {}
    const server = createChatServer({ store, clock: createTestClock() })
    const repeated = server.inject('r1', { sender: 'bob', content: 'hello @alice', client_id: 'c-1' })
    expect(known.map(({ id }) => id)).toContain(repeated.id)
    const next = server.inject('r1', { sender: 'bob', content: 'new' })
    expect(known.map(({ id }) => id)).not.toContain(next.id)
    expect(next.seq).toBe(seq + 1)
  })

  it('[S52] lets clients of the server before resume', async () => {
    const store = memoryStore()
    const before = (await liveABit(store)).state()
    const seq = before.rooms[0]?.seq ?? 0
    const server = createChatServer({ store, clock: createTestClock() })
    const alice = await connectClient(server)
    const sync = async (from: number) =>
      (await alice.request('sync', { rooms: { r1: { seq: from, epoch: before.epoch } } })).rooms
    expect(await sync(seq)).toMatchObject({ r1: { complete: true, events: [] } })
    expect(await sync(seq - 1)).toMatchObject({ r1: { complete: true, events: [{ seq }] } })
  })

  it('has everything before any client hears of it', async () => {
    const order: string[] = []
    const store = passing(memoryStore(), () => order.push('write'))
    const server = createChatServer({ store, clock: createTestClock(), rooms: [{ id: 'r1' }] })
    const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
    order.length = 0
    server.on(({ type }) => type === 'sent' && order.push('sent'))
    await alice.request('chat_message', { message: 'hi' })
    expect(order.slice(0, 2)).toEqual(['write', 'sent'])
    expect(order.filter((what) => what === 'write')).toHaveLength(1)
  })

  it('[S3] that fails is the sender’s trouble only: everything is as it was before, and works again', async () => {
    let isBroken = false
    const store = passing(memoryStore(), () => {
      if (isBroken) throw new Error('disk full')
    })
    const server = createChatServer({ store, clock: createTestClock(), rooms: [{ id: 'r1' }] })
    const failures: unknown[] = []
    server.on((event) => event.type === 'failed' && failures.push(event.error))
    const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
    const bob = await connectClient(server, '/ws/chat/r1/?token=bob')
    const { id } = server.inject('r1', { sender: 'bob', content: 'before' })
    await settle()
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
    expect(() => server.inject('r1', { sender: 'bob', content: 'hi' })).toThrow('disk full')
    expect(server.state()).toEqual(before)
    expect([alice.closed, bob.closed, bob.frames]).toEqual([undefined, undefined, []])
    isBroken = false
    const reply = await alice.request('chat_message', { message: 'hi', client_id: 'c-1' })
    expect(reply).toMatchObject({ message: { seq: 2 } })
    expect(bob.ofType('chat_message')).toMatchObject([{ seq: 2 }])
    expect(server.state().rooms[0]?.messages.filter(({ content }) => content === 'hi')).toHaveLength(1)
  })
})

describe('SQLite', () => {
  const open = (file: string) => {
    const store = sqliteStore(file)
    cleanups.push(() => store.close())
    return store
  }
  /** What is in files takes real time. */
  const ask = async (client: TestClient, type: string, data: Record<string, unknown>) => {
    await client.send(type, data, type)
    for (;;) {
      const reply = client.frames.find(({ reply_to }) => reply_to === type)
      if (reply) return reply.data as Record<string, unknown>
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const start = (store: Store<unknown>, content: string) =>
    createChatServer({ store, rooms: [{ id: 'r1', messages: [{ sender: 'bob', content }] }] })

  it('[S52] keeps what was planted and said, for the next server', async () => {
    const file = createFile()
    const store = open(file)
    const alice = await connectClient(start(store, 'planted'), '/ws/chat/r1/?token=alice')
    const sent = await ask(alice, 'chat_message', { message: 'hi' })
    await alice.hangUp()
    const again = await connectClient(start(open(file), 'not planted'), '/ws/chat/r1/?token=alice')
    const { messages } = await ask(again, 'get_history', { room_id: 'r1' })
    expect((messages as Message[]).map(({ content }) => content)).toEqual(['planted', 'hi'])
    expect((messages as Message[])[1]).toEqual(sent.message)
    await again.hangUp()
  })

  it('[S52] answers no operator, who waits for nothing, and says so', () => {
    const server = start(open(createFile()), 'planted')
    const acts = [
      () => server.inject('r1', { sender: 'bob', content: 'hi' }),
      () => server.state(),
      () => server.users(),
    ]
    for (const act of acts) expect(act).toThrow('memoryStore()')
  })
})
