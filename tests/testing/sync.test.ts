import { describe, expect, it } from 'vitest'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import { createRandom, type Random } from '../../src/testing/server/random.ts'
import type { Message, ServerFrame } from '../../src/testing/server/wire.ts'
import { connectClient, type TestClient } from './testClient.ts'
import { createTestClock } from './testClock.ts'

const createServer = (options: ChatServerOptions = {}) =>
  createChatServer({ level: 3, rooms: [{ id: 'r1' }], clock: createTestClock(), ...options })

interface SyncEntry {
  readonly events: readonly ServerFrame[]
  readonly complete: boolean
  readonly seq?: number
  readonly epoch?: string
  readonly error?: { readonly code: string }
}

const syncRoom = async (client: TestClient, position: Record<string, unknown>, roomId = 'r1') =>
  ((await client.request('sync', { rooms: { [roomId]: position } })).rooms as Record<string, SyncEntry>)[
    roomId
  ]

const say = (server: ReturnType<typeof createServer>, ...contents: string[]) =>
  contents.map((content) => server.inject('r1', { sender: 'bob', content }))

describe('numbers', () => {
  it('gives every change of a room, and nothing else, the next number', async () => {
    const server = createServer({ rooms: [{ id: 'r1', members: ['alice', 'bob'] }] })
    const alice = await connectClient(server, '/ws/chat/r1/?token=alice')
    const [first] = say(server, 'one')
    const message_id = first?.id
    server.act('bob', 'typing_indicator', { room_id: 'r1', is_typing: true })
    server.act('bob', 'edit_message', { room_id: 'r1', message_id, message: 'eins' })
    server.act('alice', 'read_receipt', { room_id: 'r1', message_id })
    server.act('alice', 'add_reaction', { room_id: 'r1', message_id, reaction: '👍' })
    server.act('bob', 'delete_message', { room_id: 'r1', message_id })
    server.join('r1', 'carol')
    server.remove('r1', 'carol')
    const numbered = alice.frames.filter((frame) => 'seq' in frame)
    expect(numbered.map(({ type, seq, epoch, room_id }) => [type, seq, epoch, room_id])).toEqual([
      ['chat_message', 1, 'e1', 'r1'],
      ['message_updated', 2, 'e1', 'r1'],
      ['reaction_updated', 3, 'e1', 'r1'],
      ['message_deleted', 4, 'e1', 'r1'],
      ['member_joined', 5, 'e1', 'r1'],
      ['member_left', 6, 'e1', 'r1'],
    ])
  })

  it('says where a room stands when it is subscribed, and on its own endpoint at once', async () => {
    const server = createServer({ rooms: [{ id: 'r1', messages: [{ sender: 'bob', content: 'one' }] }] })
    expect(await (await connectClient(server)).request('subscribe_room', { room_id: 'r1' })).toEqual({
      seq: 1,
      epoch: 'e1',
    })
    expect((await connectClient(server, '/ws/chat/r1/?token=alice')).ofType('welcome')).toMatchObject([
      { data: { room_id: 'r1', seq: 1, epoch: 'e1' } },
    ])
  })

  it.each([
    [2, undefined],
    [3, 1],
  ] as const)('puts the position of a snapshot into it at level 3 only (level %i)', async (level, asOf) => {
    const server = createServer({
      level,
      rooms: [{ id: 'r1', messages: [{ sender: 'bob', content: 'one' }] }],
    })
    const alice = await connectClient(server)
    expect((await alice.request('get_history', { room_id: 'r1' })).as_of).toBe(asOf)
    expect((await alice.request('get_members', { room_id: 'r1' })).as_of).toBe(asOf)
  })
})

describe('sync', () => {
  it('hands over what was missed, exactly as it was sent, and subscribes', async () => {
    const server = createServer()
    const witness = await connectClient(server, '/ws/chat/r1/?token=alice')
    say(server, 'one', 'two', 'three')
    const alice = await connectClient(server)
    const entry = await syncRoom(alice, { seq: 1, epoch: 'e1' })
    expect(entry).toMatchObject({ complete: true, seq: 3, epoch: 'e1' })
    expect(entry?.events).toEqual(witness.ofType('chat_message').slice(1))
    say(server, 'four')
    expect(alice.ofType('chat_message')).toMatchObject([{ seq: 4 }])
  })

  it('finds nothing to tell one who is up to date', async () => {
    const server = createServer()
    say(server, 'one')
    expect(await syncRoom(await connectClient(server), { seq: 1, epoch: 'e1' })).toEqual({
      events: [],
      complete: true,
      seq: 1,
      epoch: 'e1',
    })
  })

  it('takes the id of the last message in place of a number', async () => {
    const server = createServer()
    const [first] = say(server, 'one', 'two')
    expect(await syncRoom(await connectClient(server), { message_id: first?.id })).toMatchObject({
      complete: true,
      events: [{ message: { content: 'two' } }],
    })
  })

  it.each([
    ['another epoch', { seq: 2, epoch: 'e0' }],
    ['a position from the future', { seq: 9, epoch: 'e1' }],
    ['a number without its epoch', { seq: 2 }],
    ['no position', {}],
    ['an unknown message', { message_id: 'nope' }],
  ])('cannot continue from %s, and subscribes all the same', async (_name, position) => {
    const server = createServer()
    say(server, 'one', 'two')
    const alice = await connectClient(server)
    expect(await syncRoom(alice, position)).toEqual({ events: [], complete: false, seq: 2, epoch: 'e1' })
    say(server, 'three')
    expect(alice.ofType('chat_message')).toHaveLength(1)
  })

  it('remembers as many events as it was told to', async () => {
    const server = createServer({ logSize: 3 })
    say(server, ...'abcdefgh')
    const alice = await connectClient(server)
    expect(await syncRoom(alice, { seq: 4, epoch: 'e1' })).toMatchObject({ complete: false })
    expect((await syncRoom(alice, { seq: 5, epoch: 'e1' }))?.events.map(({ seq }) => seq)).toEqual([6, 7, 8])
  })

  it('says of a room that one has left that it is gone', async () => {
    const server = createServer({ rooms: [{ id: 'r1', members: ['bob'] }] })
    expect(await syncRoom(await connectClient(server), { seq: 0, epoch: 'e1' })).toMatchObject({
      complete: false,
      error: { code: 'not_member' },
    })
  })

  it('cannot be resumed from after a restart with a new epoch, though numbers go on', async () => {
    const server = createServer()
    say(server, 'one')
    server.faults.restart({ newEpoch: true })
    const [message] = say(server, 'two')
    expect(message?.seq).toBe(2)
    const alice = await connectClient(server)
    expect(await syncRoom(alice, { seq: 1, epoch: 'e1' })).toMatchObject({ complete: false, epoch: 'e2' })
    expect(await syncRoom(alice, { seq: 1, epoch: 'e2' })).toMatchObject({
      complete: true,
      events: [{ seq: 2 }],
    })
  })

  it('can be resumed from after a restart that kept the numbering', async () => {
    const server = createServer()
    const before = await connectClient(server)
    say(server, 'one')
    server.faults.restart()
    expect(before.closed).toEqual({ code: 1012, reason: 'service restart' })
    say(server, 'two')
    expect(await syncRoom(await connectClient(server), { seq: 1, epoch: 'e1' })).toMatchObject({
      complete: true,
    })
  })
})

/** What a client makes of a snapshot and of the numbered events after it. */
function fold(snapshot: Record<string, unknown>, events: readonly ServerFrame[]): Message[] {
  const messages = new Map((snapshot.messages as Message[]).map((message) => [message.id, message]))
  for (const { type, seq, message, data } of events) {
    if (typeof seq !== 'number' || seq <= Number(snapshot.as_of)) continue
    const body = (data ?? {}) as { message: Message; message_id: string; version: number }
    if (type === 'chat_message') messages.set((message as Message).id, message as Message)
    if (type === 'message_updated') messages.set(body.message.id, body.message)
    if (type === 'message_deleted') messages.delete(body.message_id)
    const target = messages.get(body.message_id)
    if (type === 'reaction_updated' && target) {
      const { reactions, version } = body as unknown as Pick<Message, 'reactions' | 'version'>
      messages.set(target.id, { ...target, reactions, version } as Message)
    }
  }
  return [...messages.values()]
}

/** One random thing that bob does; some of it is refused, which is fine. */
function act(server: ReturnType<typeof createServer>, random: Random): void {
  const messages = server.state().rooms[0]?.messages ?? []
  const message_id = messages[Math.floor(random() * messages.length)]?.id ?? 'none'
  const frames = [
    ['chat_message', { message: `text ${random()}` }],
    ['chat_message', { message: `text ${random()}` }],
    ['edit_message', { message_id, message: `edit ${random()}` }],
    ['delete_message', { message_id }],
    ['add_reaction', { message_id, reaction: random() < 0.5 ? '👍' : '🎉' }],
    ['remove_reaction', { message_id, reaction: '👍' }],
  ] as const
  const [type, data] = frames[Math.floor(random() * frames.length)] ?? frames[0]
  try {
    server.act('bob', type, { room_id: 'r1', ...data })
  } catch (error) {
    if (!(error instanceof Error && error.name === 'RequestError')) throw error
  }
}

describe('level 3', () => {
  it.each([1, 2, 3, 4, 5])(
    'snapshot and later events give what a later snapshot gives (seed %i)',
    async (seed) => {
      const random = createRandom(seed)
      const server = createServer({ logSize: 20 })
      const events: ServerFrame[] = []
      let client = await connectClient(server)
      let lastSeq = (await syncRoom(client, {}))?.seq ?? 0
      let snapshot = await client.request('get_history', { room_id: 'r1', limit: 200 })
      const collect = (frames: readonly ServerFrame[]) => {
        for (const frame of frames) {
          if (typeof frame.seq !== 'number' || frame.seq <= lastSeq) continue
          expect(frame.seq).toBe(lastSeq + 1)
          lastSeq = frame.seq
          events.push(frame)
        }
      }
      for (let step = 0; step < 200; step++) {
        act(server, random)
        collect(client.frames)
        client.clear()
        if (random() < 0.1) {
          await client.hangUp()
          for (let missed = Math.floor(random() * 30); missed > 0; missed--) act(server, random)
          client = await connectClient(server)
          const entry = await syncRoom(client, { seq: lastSeq, epoch: 'e1' })
          if (entry?.complete) collect(entry.events)
          else {
            snapshot = await client.request('get_history', { room_id: 'r1', limit: 200 })
            lastSeq = Number(snapshot.as_of)
          }
        }
      }
      collect(client.frames)
      const fresh = await client.request('get_history', { room_id: 'r1', limit: 200 })
      const byId = (a: Message, b: Message) => (a.id < b.id ? -1 : 1)
      const folded = fold(snapshot, events).sort(byId)
      expect(folded.slice(-(fresh.messages as Message[]).length)).toEqual(fresh.messages)
      expect(folded.length).toBeGreaterThan(10)
    },
  )
})
