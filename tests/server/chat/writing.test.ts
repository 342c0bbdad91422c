/** Messages that are written piece by piece: what is told, what is stored, and how they end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { localBus } from '../../../src/server/bus.ts'
import type { ChatServerOptions } from '../../../src/server/chat/options.ts'
import type { ChatMessage } from '../../../src/server/index.ts'
import type { Store } from '../../../src/server/store.ts'
import { sqliteStore } from '../../../src/server/stores/sqliteStore.ts'
import { createRandom } from '../../../src/testing/server/random.ts'
import { createChatWorld, MEMBERS } from '../support/chatWorld.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const ROOM = { room_id: 'general' }
const ALL = [...MEMBERS, 'assistant']

async function open(options: ChatServerOptions & { store?: Store<unknown> } = {}) {
  const world = createChatWorld()
  const server = world.start(options)
  await server.chat.createRoom({ id: 'general', members: ALL })
  const alice = await world.join(server, 'alice')
  await world.request(alice, 'subscribe_room', ROOM)
  const history = async () =>
    (await world.request(alice, 'get_history', ROOM)).messages as readonly ChatMessage[]
  const last = async () => (await history()).at(-1) as ChatMessage
  return { ...world, server, alice, last, write: () => server.chat.write('general', { sender: 'assistant' }) }
}

interface Piece {
  readonly at: number
  readonly text: string
  readonly message_id: string
}
const piecesOf = (client: { ofType(type: string): readonly { data?: unknown }[] }) =>
  client.ofType('message_appended').map(({ data }) => data as Piece)
const textOf = (pieces: readonly Piece[]) => pieces.map(({ text }) => text).join('')

describe('[S59] a message that is written', () => {
  it('is there from the beginning, grows without numbers, and ends as an event', async () => {
    const { alice, write, clock, request, last, failures } = await open()
    const head = async () => Number((await request(alice, 'subscribe_room', ROOM)).seq)
    const writer = await write()
    expect(writer.message).toMatchObject({ content: '', status: 'streaming', sender: { id: 'assistant' } })
    await clock.advance(10)
    const begun = await head()
    writer.append('Once ')
    await clock.advance(10)
    expect(piecesOf(alice)).toMatchObject([{ at: 0, text: 'Once ', message_id: writer.message.id, ...ROOM }])
    for (const word of ['upon ', 'a ', 'ti\ud83d', '\ude00me']) writer.append(word)
    await clock.advance(200)
    writer.append('.')
    await clock.advance(200)
    expect(piecesOf(alice).slice(1)).toMatchObject([
      { at: 5, text: 'upon a ti😀me' },
      { at: 17, text: '.' },
    ])
    expect(await last()).toMatchObject({ content: 'Once upon a ti😀me.', status: 'streaming', version: 1 })
    expect(await head()).toBe(begun)
    writer.append(' The end')
    const ended = await writer.end({ metadata: { tokens: 9 } })
    const whole = {
      content: 'Once upon a ti😀me. The end',
      status: 'done',
      version: 2,
      metadata: { tokens: 9 },
    }
    expect(ended).toMatchObject(whole)
    expect(await last()).toMatchObject(whole)
    await clock.advance(1_000)
    expect(alice.ofType('message_updated')).toMatchObject([{ seq: begun + 1, data: { message: whole } }])
    expect(await head()).toBe(begun + 1)
    expect(writer.signal.aborted).toBe(false)
    expect(await writer.end()).toEqual(ended)
    expect(() => writer.append('more')).toThrow('has ended')
    expect(failures).toEqual([])
  })

  it('counts once as unread, and calls those whom its end names', async () => {
    const { alice, write, clock } = await open()
    const counts = () => alice.ofType('unread_update').at(-1)?.data
    const writer = await write()
    await clock.advance(2_000)
    expect(counts()).toMatchObject({ unread_count: 1, mention_count: 0 })
    writer.append('Well, @ali')
    await clock.advance(2_000)
    writer.append('ce, ')
    await clock.advance(2_000)
    expect(counts()).toMatchObject({ unread_count: 1, mention_count: 0 })
    await writer.end()
    await clock.advance(2_000)
    expect(counts()).toMatchObject({ unread_count: 1, mention_count: 1 })
    expect(alice.ofType('room_updated').at(-1)?.data).toMatchObject({
      room: { last_message: { content: 'Well, @alice, ', status: 'done' } },
    })
  })

  it('is known as far as it was told to whoever comes later, at any moment, also in another process', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createRandom(seed)
      const world = createChatWorld()
      const bus = localBus()
      const [one, two] = [world.start({ bus }), world.start({ bus })]
      await one.chat.createRoom({ id: 'general', members: ALL })
      const alice = await world.join(two, 'alice')
      await world.request(alice, 'subscribe_room', ROOM)
      const writer = await one.chat.write('general', { sender: 'assistant' })
      for (let step = 0; step < 40; step++) {
        if (random() < 0.7)
          writer.append(['so ', '漢', '😀', '\n', 'x'.repeat(3_000)][Math.floor(random() * 5)] ?? '')
        await world.clock.advance(Math.floor(random() * 120))
        const before = textOf(piecesOf(alice))
        const bob = await world.join(random() < 0.5 ? one : two, 'bob')
        const { messages } = await world.request(bob, 'get_history', ROOM)
        const [message] = messages as readonly ChatMessage[]
        expect(message?.content.startsWith(before), `seed ${seed}, step ${step}`).toBe(true)
        bob.hangUp()
      }
      const { content } = await writer.end()
      let length = 0
      for (const { at, text } of piecesOf(alice)) {
        expect(at, `seed ${seed}`).toBe(length)
        length += [...text].length
      }
      expect(content.startsWith(textOf(piecesOf(alice))), `seed ${seed}`).toBe(true)
      expect(world.failures).toEqual([])
    }
  })

  it('has a longest text, no half characters, and is edited by nobody meanwhile', async () => {
    const { server, refusal, request, clock, join, last } = await open({ limits: { answerLength: 10 } })
    const writer = await server.chat.write('general', { sender: 'alice' })
    writer.append('12345678')
    expect(() => writer.append('9ab')).toThrow('at most 10 characters')
    writer.append('\ud83d\ude00\udc00')
    writer.append('\ud83d')
    const alice = await join(server, 'alice')
    const named = { ...ROOM, message_id: writer.message.id }
    expect(await refusal(alice, 'edit_message', { ...named, message: 'no' })).toMatchObject({
      code: 'forbidden',
    })
    await request(alice, 'add_reaction', { ...named, reaction: '👍' })
    await clock.advance(500)
    expect(await last()).toMatchObject({ content: '12345678😀\ufffd', version: 2, status: 'streaming' })
    await writer.end()
    await request(alice, 'edit_message', { ...named, message: 'yes' })
    expect(await last()).toMatchObject({
      content: 'yes',
      status: 'done',
      version: 4,
      reactions: [{ count: 1 }],
    })
  })

  it('waits for a store that does not answer, and is told in one piece then', async () => {
    const { store, server, alice, clock, failures, last } = await open()
    const writer = await server.chat.write('general', { sender: 'assistant' })
    await clock.advance(200)
    const transaction = store.transaction
    store.transaction = () => Promise.reject(new Error('away'))
    writer.append('one ')
    await clock.advance(3_000)
    writer.append('two')
    await clock.advance(3_000)
    expect(piecesOf(alice)).toEqual([])
    await expect(writer.end()).rejects.toMatchObject({ body: { code: 'unavailable' } })
    store.transaction = transaction
    await writer.end()
    expect(await last()).toMatchObject({ content: 'one two', status: 'done' })
    expect(failures.length).toBeGreaterThan(0)
  })

  it('is stored less often the longer it is', async () => {
    const { write, clock, alice } = await open()
    const writer = await write()
    const piecesIn = async (ms: number) => {
      const before = piecesOf(alice).length
      for (let at = 0; at < ms; at += 10) {
        writer.append('x')
        await clock.advance(10)
      }
      return piecesOf(alice).length - before
    }
    expect(await piecesIn(2_000)).toBeGreaterThan(15)
    writer.append('y'.repeat(80_000))
    await clock.advance(1_000)
    expect(await piecesIn(5_000)).toBeLessThan(12)
  })
})

describe('[S60] a message that is stopped', () => {
  it('ends with what was written, and whoever writes hears of it', async () => {
    const { write, request, alice, clock, last } = await open()
    const writer = await write()
    writer.append('one ')
    await clock.advance(200)
    writer.append('two ')
    const named = { ...ROOM, message_id: writer.message.id }
    const { message } = await request(alice, 'stop_message', named)
    expect(message).toMatchObject({ content: 'one two ', status: 'stopped', version: 2 })
    expect(writer.signal.aborted).toBe(true)
    expect(String(writer.signal.reason)).toContain('stopped')
    writer.append('three')
    await clock.advance(1_000)
    expect(await writer.end()).toMatchObject({ content: 'one two ', status: 'stopped' })
    expect(await last()).toMatchObject({ content: 'one two ', status: 'stopped', version: 2 })
    // Once more is no event.
    expect(await request(alice, 'stop_message', named)).toMatchObject({ message: { version: 2 } })
    await clock.advance(1_000)
    expect(alice.ofType('message_updated')).toHaveLength(1)
    expect(textOf(piecesOf(alice))).toBe('one ')
  })

  it('by members only, and by whom the application lets', async () => {
    const { server, join, refusal, request, clock } = await open({ mayStop: ({ user }) => user.id === 'bob' })
    const writer = await server.chat.write('general', { sender: 'assistant' })
    const named = { ...ROOM, message_id: writer.message.id }
    const [alice, bob, eve] = [
      await join(server, 'alice'),
      await join(server, 'bob'),
      await join(server, 'eve'),
    ]
    expect(await refusal(alice, 'stop_message', named)).toMatchObject({ code: 'forbidden' })
    expect(await refusal(eve, 'stop_message', named)).toMatchObject({ code: 'not_member' })
    expect(await refusal(bob, 'stop_message', { ...ROOM, message_id: 'no' })).toMatchObject({
      code: 'not_found',
    })
    expect(writer.signal.aborted).toBe(false)
    await request(bob, 'stop_message', named)
    expect(writer.signal.aborted).toBe(true)
    await clock.advance(100)
  })

  it('in another process, also where the bus loses that, and by being deleted', async () => {
    const world = createChatWorld()
    const bus = localBus()
    const lost = { isOn: false }
    const wrapped = { ...bus, publish: (notice: never) => (lost.isOn ? undefined : bus.publish(notice)) }
    const [one, two] = [world.start({ bus: wrapped }), world.start({ bus: wrapped })]
    await one.chat.createRoom({ id: 'general', members: ALL })
    const alice = await world.join(two, 'alice')
    const begin = async () => {
      const writer = await one.chat.write('general', { sender: 'alice' })
      writer.append('text')
      await world.clock.advance(200)
      return { writer, named: { ...ROOM, message_id: writer.message.id } }
    }
    const first = await begin()
    await world.request(alice, 'stop_message', first.named)
    await world.clock.advance(1)
    expect(first.writer.signal.aborted).toBe(true)
    lost.isOn = true
    const second = await begin()
    await world.request(alice, 'stop_message', second.named)
    second.writer.append('more')
    await world.clock.advance(200)
    expect(second.writer.signal.aborted).toBe(true)
    const third = await begin()
    await world.request(alice, 'delete_message', third.named)
    await world.clock.advance(6_000)
    expect(third.writer.signal.aborted).toBe(true)
    expect(await third.writer.end()).toMatchObject({ content: '', deleted_at: expect.any(String) })
    expect(world.failures).toEqual([])
  })
})

describe('[S61] what nobody writes any more', () => {
  const stores: Record<string, () => Store<unknown> | undefined> = {
    memory: () => undefined,
    sqlite: () => {
      const folder = mkdtempSync(pathOf(tmpdir(), 'querywire-writing-'))
      cleanups.push(() => rmSync(folder, { recursive: true }))
      return sqliteStore(pathOf(folder, 'chat.sqlite')) as unknown as Store<unknown>
    },
  }

  it.each(Object.keys(stores))('ends as failed when the server comes back (%s)', async (kind) => {
    const store = stores[kind]?.()
    const options = { isAlone: true, ...(store && { store }) }
    const { write, start, join, request, clock, failures } = await open(options)
    const writer = await write()
    writer.append('half of i')
    await clock.advance(200)
    // Nobody tells it to end: its process is gone.
    const again = start(options)
    const bob = await join(again, 'bob')
    await request(bob, 'subscribe_room', ROOM)
    const { messages } = await request(bob, 'get_history', ROOM)
    expect(messages).toMatchObject([{ content: 'half of i', status: 'failed', version: 2 }])
    // One that was taken for dead hears of it.
    writer.append('t')
    await clock.advance(1_000)
    expect(writer.signal.aborted).toBe(true)
    expect(await writer.end()).toMatchObject({ content: 'half of i', status: 'failed' })
    expect(failures).toEqual([])
  })

  it('ends when its process has been silent for long, and not before', async () => {
    const world = createChatWorld()
    const bus = localBus()
    const [one, two] = [world.start({ bus }), world.start({ bus })]
    await one.chat.createRoom({ id: 'general', members: ALL })
    const writer = await one.chat.write('general', { sender: 'assistant' })
    writer.append('text')
    const alice = await world.join(two, 'alice')
    const third = world.start({ bus })
    await world.join(third, 'bob')
    await world.clock.advance(120_000)
    const status = async () =>
      ((await world.request(alice, 'get_history', ROOM)).messages as readonly ChatMessage[])[0]?.status
    expect(await status()).toBe('streaming')
    expect(writer.signal.aborted).toBe(false)
    await writer.end()
    expect(await status()).toBe('done')
  })

  it('ends as failed when the server is closed, and when it is disposed of', async () => {
    const { write, server, clock, start, join, request, alice } = await open()
    const dropped = await write()
    dropped.append('a')
    await dropped[Symbol.asyncDispose]()
    await clock.advance(200)
    expect(alice.ofType('message_updated').at(-1)?.data).toMatchObject({
      message: { content: 'a', status: 'failed' },
    })
    const writer = await write()
    writer.append('b')
    const closing = server.close()
    await clock.advance(60_000)
    await closing
    expect(writer.signal.aborted).toBe(true)
    const again = start()
    const bob = await join(again, 'bob')
    const { messages } = await request(bob, 'get_history', ROOM)
    expect(messages).toMatchObject([{ content: 'a' }, { content: 'b', status: 'failed' }])
  })
})
