import { afterEach, describe, expect, it } from 'vitest'
import { type ChatLevel, type ChatMessage, type ChatRoom, isStreaming } from '../../src/chat/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

async function start(level: ChatLevel = 3) {
  world = createWorld({ level, rooms: [{ id: ROOM, messages: seeded(3) }] })
  const alice = world.open('alice')
  await world.pass(300)
  const writer = await world.server.write(ROOM, { sender: 'carol' })
  await world.pass(300)
  const last = (page = alice) => page.rows().at(-1) as ChatMessage
  return { alice, writer, last }
}

describe('[C111] a message that is being written', () => {
  it.each([1, 2, 3] as const)('grows on the screen, and nothing else moves, at level %i', async (level) => {
    const { alice, writer, last } = await start(level)
    expect(last()).toMatchObject({ content: '', status: 'streaming' })
    expect(isStreaming(last())).toBe(true)
    const others = alice.rows().slice(0, -1)
    const seen: string[] = []
    alice.history.subscribe(() => seen.push(last().content))
    for (const word of ['It ', 'was ', '👩‍🚀 ', 'she ', 'said.']) {
      writer.append(word)
      await world.pass(200)
    }
    expect(last().content).toBe('It was 👩‍🚀 she said.')
    expect(
      alice
        .rows()
        .slice(0, -1)
        .every((row, at) => row === others[at]),
    ).toBe(true)
    const ended = writer.end()
    await world.pass(300)
    expect(await ended).toMatchObject({ status: 'done' })
    expect(last()).toMatchObject({ content: 'It was 👩‍🚀 she said.', status: 'done' })
    expect(isStreaming(last())).toBe(false)
    expect(seen.every((each) => last().content.startsWith(each))).toBe(true)
    expect(world.sent('get_history')).toHaveLength(1)
  })

  it('is complete after a reconnect, a reload, and in a window that comes in the middle', async () => {
    const { alice, writer, last } = await start()
    writer.append('one ')
    await world.pass(300)
    const saved = alice.save()
    writer.append('two ')
    await world.pass(300)
    const [bob, phone] = [world.open('bob'), world.open('alice', { saved })]
    await world.pass(300)
    for (const page of [alice, bob, phone]) expect(last(page).content).toBe('one two ')
    world.server.faults.disconnectAll()
    writer.append('three ')
    await world.pass(100)
    writer.append('four ')
    await world.pass(10_000)
    writer.append('five')
    await world.pass(3_000)
    for (const page of [alice, bob, phone]) expect(last(page).content).toBe('one two three four five')
    expect(alice.status()).toBe('live')
    await Promise.all([writer.end(), world.pass(300)])
    for (const page of [alice, bob, phone]) expect(last(page)).toMatchObject({ status: 'done', version: 2 })
  })

  it('loses nothing where frames are lost, doubled and late', async () => {
    const { alice, writer, last } = await start()
    Object.assign(world.server.faults, { drop: 0.2, duplicate: 0.2, reorder: 0.2 })
    let said = ''
    for (let at = 0; at < 60; at++) {
      said += `${at} `
      writer.append(`${at} `)
      await world.pass(150)
      expect(said.startsWith(last().content)).toBe(true)
    }
    Object.assign(world.server.faults, { drop: 0, duplicate: 0, reorder: 0 })
    writer.append('end')
    await world.pass(10_000)
    expect(last().content).toBe(`${said}end`)
    expect(alice.status()).toBe('live')
    // Not as often as pieces were lost.
    expect(world.sent('get_history').length).toBeLessThan(12)
  })

  it('is what a reaction to it leaves alone', async () => {
    const { alice, writer, last } = await start()
    writer.append('one ')
    await world.pass(300)
    const tap = alice.chat.react.start(
      alice.queryClient,
      { message_id: last().id, reaction: '👍' },
      { roomId: ROOM },
    )
    writer.append('two ')
    await Promise.all([tap, world.pass(500)])
    writer.append('three')
    await world.pass(500)
    expect(last()).toMatchObject({
      content: 'one two three',
      version: 2,
      reactions: [{ count: 1, me: true }],
    })
    expect(world.sent('get_history')).toHaveLength(1)
  })
})

describe('[C112] stopMessage', () => {
  it('ends it for everybody, with what was written', async () => {
    const { alice, writer, last } = await start()
    const bob = world.open('bob')
    writer.append('one ')
    await world.pass(300)
    const stop = alice.chat.stopMessage.start(alice.queryClient, { message_id: last().id }, { roomId: ROOM })
    await world.pass(300)
    expect(await stop).toMatchObject({ content: 'one ', status: 'stopped' })
    expect(writer.signal.aborted).toBe(true)
    writer.append('two')
    await world.pass(1_000)
    for (const page of [alice, bob]) expect(last(page)).toMatchObject({ content: 'one ', status: 'stopped' })
  })

  it('waits for the connection like any other change, and fails where nobody can be asked', async () => {
    const { alice, writer, last } = await start()
    world.server.faults.disconnectAll()
    const stop = alice.chat.stopMessage.start(alice.queryClient, { message_id: last().id }, { roomId: ROOM })
    await world.pass(5_000)
    expect(await stop).toMatchObject({ status: 'stopped' })
    expect(writer.signal.aborted).toBe(true)
  })
})

describe('[C113] in the list of rooms', () => {
  it('it counts once, and shows when it began and how it ended', async () => {
    const { alice, writer } = await start()
    const rooms = alice.watch<readonly ChatRoom[]>(alice.chat.rooms())
    await world.pass(1_000)
    const room = () => rooms()?.[0]
    expect(room()).toMatchObject({ unread_count: 1, last_message: { status: 'streaming' } })
    for (const word of ['a ', 'b ', 'c']) {
      writer.append(word)
      await world.pass(1_000)
    }
    expect(room()).toMatchObject({ unread_count: 1 })
    await Promise.all([writer.end(), world.pass(1_000)])
    expect(room()).toMatchObject({ unread_count: 1, last_message: { content: 'a b c', status: 'done' } })
    expect(world.sent('get_history')).toHaveLength(1)
  })

  it('a plain server shows it when it is written', async () => {
    const { writer, last } = await start(0)
    writer.append('whole')
    await world.pass(500)
    expect(last().content).toBe('')
    await Promise.all([writer.end(), world.pass(500)])
    expect(last().content).toBe('whole')
  })
})
