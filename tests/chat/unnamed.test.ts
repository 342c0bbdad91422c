/** Acting on a message that the server has not named yet. */
import { InfiniteQueryObserver, MutationObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const room = { roomId: ROOM }
type Window = ReturnType<World['open']>

const edit = ({ chat, queryClient }: Window, message_id: string | number, content: string) =>
  chat.editMessage.start(queryClient, { message_id, content }, room)
const remove = ({ chat, queryClient }: Window, message_id: string | number) =>
  chat.deleteMessage.start(queryClient, { message_id }, room)
const reply = ({ chat, queryClient }: Window, reply_to_id: string | number, content: string) =>
  chat.sendMessage.start(queryClient, { content, reply_to_id }, room)

/** Everything the client wrote, one frame a line. */
const written = () => world.sockets.flatMap(({ sent }) => sent).map(String)
const ofTypes = (...types: string[]) =>
  world.sockets.flatMap(({ frames }) => frames).filter(({ type }) => types.includes(String(type)))
const stored = () => world.server.state().rooms[0]?.messages ?? []
const idOf = (window: Window) => window.rows().at(-1)?.id ?? ''

async function start(latencyMs = 300) {
  world = createWorld()
  const alice = world.open('alice')
  await world.pass()
  world.server.faults.latencyMs = latencyMs
  return alice
}

function goOffline() {
  world.setOnline(false)
  world.server.faults.disconnectAll()
}

describe('a message that is on its way', () => {
  it('[C83] is edited, reacted to, read and deleted once it has an id, in order, and shows it at once', async () => {
    const alice = await start()
    const { chat, queryClient } = alice
    const sending = alice.send('helo')
    await world.pass(10)
    const temporary = idOf(alice)
    const acts = [
      edit(alice, temporary, 'hello'),
      chat.react.start(queryClient, { message_id: temporary, reaction: '👍' }, room),
      chat.markRead.start(queryClient, { message_id: temporary }, room),
      edit(alice, temporary, 'hello!'),
    ]
    expect(alice.texts()).toEqual(['hello!'])
    await world.pass(10)
    expect(ofTypes('edit_message', 'add_reaction', 'read_receipt')).toEqual([])
    while (stored()[0]?.content !== 'hello!') {
      await world.pass(20)
      expect(alice.texts()).toEqual(['hello!'])
    }
    await world.pass(2_000)
    await Promise.all([sending, ...acts])
    expect(alice.rows()).toMatchObject([{ content: 'hello!', reactions: [{ name: '👍', count: 1 }] }])
    expect(ofTypes('edit_message').map(({ data }) => (data as { message: string }).message)).toEqual([
      'hello',
      'hello!',
    ])
    const deleting = remove(alice, temporary)
    expect(alice.rows()).toEqual([])
    await world.pass(1_000)
    await deleting
    expect(alice.rows()).toEqual([])
    expect(written().filter((text) => text.includes(String(temporary)))).toEqual([])
  })

  it('[C83] is deleted once it has an id', async () => {
    const alice = await start()
    const sending = alice.send('oops')
    await world.pass(10)
    const deleting = remove(alice, idOf(alice))
    for (let time = 0; time < 60; time++) {
      expect(alice.texts()).toEqual([])
      await world.pass(20)
    }
    await Promise.all([sending, deleting])
    expect(stored()[0]).toMatchObject({ content: '', deleted_at: expect.any(String) })
  })

  it('[C83] is answered once it has an id, and what is written after the answer stays behind it', async () => {
    const alice = await start()
    const first = alice.send('question?')
    await world.pass(10)
    const acts = [reply(alice, idOf(alice), 'answer'), alice.send('third')]
    await world.pass(2_000)
    await Promise.all([first, ...acts])
    const [question, answer] = stored()
    expect(stored().map(({ content }) => content)).toEqual(['question?', 'answer', 'third'])
    expect(answer).toMatchObject({ reply_to_id: question?.id })
    expect(alice.texts()).toEqual(['question?', 'answer', 'third'])
    expect(written().filter((text) => text.includes('local:'))).toEqual([])
  })

  it('[C84] that fails lets what waits for it fail, with the reason', async () => {
    const alice = await start()
    world.server.faults.rejectNext('chat_message', { code: 'forbidden' })
    const sending = alice.send('no')
    await world.pass(10)
    const temporary = idOf(alice)
    const acts = [
      edit(alice, temporary, 'changed'),
      reply(alice, temporary, 'answer'),
      alice.chat.react.start(alice.queryClient, { message_id: temporary, reaction: '👍' }, room),
    ]
    const ends = [
      expect(sending).rejects.toMatchObject({ reason: 'forbidden' }),
      ...acts.map((act) => expect(act).rejects.toMatchObject({ code: 'rejected', reason: 'not_sent' })),
    ]
    await world.pass(2_000)
    await Promise.all(ends)
    expect(alice.rows()).toMatchObject([
      { content: 'no', local: { status: 'failed' } },
      { content: 'answer', local: { status: 'failed', error: { reason: 'not_sent' } } },
    ])
    expect(written().filter((text) => text.includes('local:'))).toEqual([])
    for (const { local } of alice.rows()) {
      const retrying = alice.chat.sendMessage.retry(alice.queryClient, local?.key ?? '')
      await world.pass(1_000)
      await retrying
    }
    expect(stored()[1]).toMatchObject({ content: 'answer', reply_to_id: stored()[0]?.id })
  })

  it('[C84] that is discarded lets what waits for it fail', async () => {
    const alice = await start()
    const sending = expect(alice.send('no')).rejects.toMatchObject({ code: 'aborted' })
    await world.pass(10)
    const waiting = expect(edit(alice, idOf(alice), 'x')).rejects.toMatchObject({ reason: 'not_sent' })
    alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass(1_000)
    await Promise.all([sending, waiting])
  })

  it('[C83] is edited and answered also after a reload, whenever that is', async () => {
    for (const reloadAfterMs of [10, 650]) {
      const alice = await start()
      void alice.send('helo').catch(() => undefined)
      await world.pass(10)
      void edit(alice, idOf(alice), 'hello').catch(() => undefined)
      void reply(alice, idOf(alice), 'answer').catch(() => undefined)
      await world.pass(reloadAfterMs)
      const saved = alice.save()
      alice.chat.manager.close()
      await world.pass()
      const again = world.open('alice', { saved })
      await world.pass(5_000)
      expect(again.texts()).toEqual(['hello', 'answer'])
      expect(stored().map(({ content }) => content)).toEqual(['hello', 'answer'])
      expect(stored()[1]).toMatchObject({ reply_to_id: stored()[0]?.id })
      expect(written().filter((text) => text.includes('local:'))).toEqual([])
      world.close()
    }
  })

  it('[C83] is where the view jumps to as the newest', async () => {
    const alice = await start()
    const sending = alice.send('here')
    await world.pass(10)
    const around = new InfiniteQueryObserver(
      alice.queryClient,
      alice.chat.messages(ROOM, { around: idOf(alice) }),
    )
    const stop = around.subscribe(() => undefined)
    await world.pass(2_000)
    await sending
    stop()
    expect(around.getCurrentResult().isSuccess).toBe(true)
    expect(written().filter((text) => text.includes('local:'))).toEqual([])
  })
})

describe('a message that is not sent yet', () => {
  it('[C85] is edited and discarded in place', async () => {
    const alice = await start(0)
    goOffline()
    const sending = [alice.send('helo'), alice.send('never mind'), alice.send('third')]
    await world.pass()
    const [first, second] = alice.rows()
    const options = alice.chat.editMessage(ROOM)
    const editing = new MutationObserver(alice.queryClient, options).mutate({
      message_id: first?.id ?? '',
      content: 'hello',
    })
    const removing = remove(alice, second?.id ?? '')
    const gone = expect(sending[1]).rejects.toMatchObject({ code: 'aborted' })
    await world.pass(0)
    await Promise.all([editing, removing])
    expect(alice.texts()).toEqual(['hello', 'third'])
    expect(alice.rows()[0]).toMatchObject({ client_id: first?.client_id, local: { status: 'queued' } })
    world.setOnline(true)
    await world.pass(20_000)
    await Promise.all([sending[0], sending[2], gone])
    expect(stored().map(({ content }) => content)).toEqual(['hello', 'third'])
    expect(ofTypes('edit_message', 'delete_message')).toEqual([])
    expect(stored()[0]).toMatchObject({ client_id: first?.client_id })
  })

  it('[C85] keeps its new text through a reload, and what failed is edited the same way', async () => {
    const alice = await start(0)
    world.server.faults.rejectNext('chat_message', { code: 'internal' })
    const refused = expect(alice.send('failed')).rejects.toThrow()
    await world.pass()
    await refused
    goOffline()
    void alice.send('queued').catch(() => undefined)
    await world.pass()
    for (const { id, content } of alice.rows()) await edit(alice, id, `${content}, edited`)
    const saved = alice.save()
    alice.chat.manager.close()
    world.setOnline(true)
    const again = world.open('alice', { saved })
    await world.pass(5_000)
    expect(again.texts()).toEqual(['queued, edited', 'failed, edited'])
    const retrying = again.chat.sendMessage.retry(again.queryClient, again.rows()[1]?.local?.key ?? '')
    await world.pass()
    await retrying
    expect(stored().map(({ content }) => content)).toEqual(['queued, edited', 'failed, edited'])
  })

  it('[C85] and failed, but was there all the same, has its new text after another try', async () => {
    const alice = await start(0)
    const socket = world.socket()
    const { onmessage } = socket
    // Its reply and its event are lost; the connection is not.
    socket.onmessage = (message) => {
      if (!/"(response|chat_message|room_updated)"/.test(String(message.data))) onmessage?.(message)
    }
    const failing = expect(alice.send('helo')).rejects.toMatchObject({ code: 'timeout' })
    await world.pass(90_000)
    await failing
    socket.onmessage = onmessage
    await edit(alice, idOf(alice), 'hello')
    expect(alice.texts()).toEqual(['hello'])
    const retrying = alice.chat.sendMessage.retry(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass(1_000)
    await retrying
    expect(stored()).toMatchObject([{ content: 'hello' }])
    expect(alice.rows()).toMatchObject([{ content: 'hello', id: stored()[0]?.id }])
  })

  it('[C85] is edited in place at level 0 too', async () => {
    world = createWorld({ level: 0 })
    const alice = world.open('alice', { endpoint: undefined, level: 0 })
    await world.pass()
    goOffline()
    const sending = alice.send('helo')
    await world.pass()
    await edit(alice, idOf(alice), 'hello')
    world.setOnline(true)
    await world.pass(20_000)
    await sending
    expect(alice.texts()).toEqual(['hello'])
  })
})
