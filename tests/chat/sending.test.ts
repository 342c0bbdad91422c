import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const contentOf = (frame: Record<string, unknown>) => (frame.data as { message: string }).message
/** What the client would read is lost, on the socket that stands; returns what ends that. */
function silence(lost: RegExp): () => void {
  const socket = world.socket()
  const { onmessage } = socket
  socket.onmessage = (message) => {
    if (!lost.test(String(message.data))) onmessage?.(message)
  }
  return () => {
    socket.onmessage = onmessage
  }
}

const idOf = (frame: Record<string, unknown>) => (frame.data as { client_id: string }).client_id

describe('sending', () => {
  it('[C3] is pipelined: twenty messages leave, in order, before the first is acknowledged', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.latencyMs = 1_000
    const texts = Array.from({ length: 20 }, (_, at) => `${at + 1}`)
    const sending = texts.map((text) => alice.send(text))
    await world.pass(100)
    expect(world.sent('chat_message').map(contentOf)).toEqual(texts)
    expect(alice.rows().map(({ local }) => local?.status)).toEqual(texts.map(() => 'sending'))
    expect(alice.texts()).toEqual(texts)
    await world.pass(2_000)
    await Promise.all(sending)
    expect(alice.rows().every(({ local }) => !local)).toBe(true)
    expect(alice.texts()).toEqual(texts)
  })

  it('[C4] keeps the key of a row through the acknowledgement, and the client id through every attempt', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { code: 'internal', retryable: true })
    const refused = expect(alice.send('again')).rejects.toMatchObject({
      code: 'rejected',
      reason: 'internal',
    })
    await world.pass()
    await refused
    const [failed] = alice.rows()
    expect(failed?.local).toMatchObject({ status: 'failed', error: { reason: 'internal' } })
    const key = failed?.local?.key ?? ''
    const retrying = alice.chat.sendMessage.retry(alice.queryClient, key)
    await world.pass()
    await retrying
    expect(alice.rows()).toMatchObject([{ content: 'again', client_id: key }])
    expect(alice.rows()[0]?.local).toBeUndefined()
    expect(new Set(world.sent('chat_message').map(idOf))).toEqual(new Set([key]))
    expect(world.server.state().rooms[0]?.messages).toHaveLength(1)
  })

  it('[C4] forgets a failed message that is discarded', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { code: 'forbidden' })
    const refused = expect(alice.send('never mind')).rejects.toThrow()
    await world.pass()
    await refused
    alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass()
    expect(alice.rows()).toEqual([])
    expect(alice.queryClient.getMutationCache().getAll()).toEqual([])
  })

  it('[Q10] keeps only the last of what failed and is not on screen', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    const sending = alice.send('mine')
    await world.pass()
    await sending
    const message_id = alice.rows()[0]?.id ?? ''
    world.server.faults.rejectNext('edit_message', { code: 'internal', times: 30 })
    for (let time = 0; time < 30; time++) {
      const variables = { message_id, content: `edit ${time}` }
      const refused = expect(
        alice.chat.editMessage.start(alice.queryClient, variables, { roomId: ROOM }),
      ).rejects.toMatchObject({ reason: 'internal' })
      expect(alice.texts()).toEqual([`edit ${time}`])
      await world.pass()
      await refused
    }
    expect(alice.texts()).toEqual(['mine'])
    const kept = alice.queryClient.getMutationCache().getAll()
    expect(kept).toHaveLength(20)
    expect(kept.at(-1)?.state.variables).toMatchObject({ content: 'edit 29' })
  })

  it.each([0, 3] as const)(
    '[C4] never sends what was discarded while it waited (level %i)',
    async (level) => {
      world = createWorld({ level })
      const alice = world.open('alice', level === 0 ? { level, endpoint: undefined } : { level })
      await world.pass()
      world.setOnline(false)
      world.server.faults.disconnectAll()
      const discarded = expect(alice.send('no')).rejects.toMatchObject({ code: 'aborted' })
      const sending = alice.send('yes')
      await world.pass()
      expect(alice.rows().map(({ local }) => local?.status)).toEqual(['queued', 'queued'])
      alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
      expect(alice.texts()).toEqual(['yes'])
      world.setOnline(true)
      await world.pass(20_000)
      await Promise.all([discarded, sending])
      expect(alice.texts()).toEqual(['yes'])
      expect(world.sent('chat_message').map(contentOf)).toEqual(['yes'])
    },
  )

  it('[C4] shows once, and as sent, what was discarded too late', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.latencyMs = 300
    const discarded = expect(alice.send('too late')).rejects.toMatchObject({ code: 'aborted' })
    await world.pass(10)
    alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass(10)
    expect(alice.rows()).toEqual([])
    await world.pass(1_000)
    await discarded
    expect(alice.texts()).toEqual(['too late'])
    expect(alice.rows()[0]?.local).toBeUndefined()
  })

  it('[C5] keeps the order of messages that were refused one after another', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.latencyMs = 30
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 3_000, times: 2 })
    const texts = ['one', 'two', 'three', 'four']
    const sending: Promise<unknown>[] = []
    for (const text of texts) {
      sending.push(alice.send(text))
      await world.pass(20)
      if (text === 'three') await world.pass(1_000)
    }
    await world.pass(20_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(texts)
  })

  it.each([1009, 1007, 1006])(
    '[T33] a message that ends every connection (%i) fails, and nothing with it',
    async (code) => {
      world = createWorld()
      const alice = world.open('alice')
      const bob = world.open('bob')
      await world.pass()
      await alice.send('hello')
      await world.pass()
      Object.assign(world.deadly, { text: 'poison', code })
      const sending = ['one', 'poison', 'two', 'three'].map((text) => alice.send(text))
      const [, failed] = await Promise.all([
        world.pass(30_000),
        ...sending.map((sent) => sent.catch((error) => error)),
      ]).then(([, ...results]) => results)
      expect(failed).toMatchObject({ code: 'rejected', reason: code === 1009 ? 'too_large' : String(code) })
      expect(alice.texts()).toEqual(['hello', 'one', 'two', 'three', 'poison'])
      expect(alice.rows().at(-1)?.local).toMatchObject({ status: 'failed', error: { code: 'rejected' } })
      expect(bob.texts()).toEqual(['hello', 'one', 'two', 'three'])
      expect(alice.chat.manager.store.getState().state).toBe('CONNECTED')
      // Nor does trying again cost anything.
      const sockets = world.sockets.length
      const { queryClient, chat } = alice
      const clientId = String(alice.rows().at(-1)?.client_id)
      await expect(chat.sendMessage.retry(queryClient, clientId)).rejects.toMatchObject({ code: 'rejected' })
      expect(world.sockets.length).toBe(sockets)
    },
  )

  it('[T33] a history that the server dies of is an error, and does not take the connection with it', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(2) }] })
    Object.assign(world.deadly, { text: 'get_history', code: 1011 })
    const bob = world.open('bob')
    await world.pass(60_000)
    expect(bob.history.getCurrentResult().error).toMatchObject({ code: 'rejected', reason: '1011' })
    expect(bob.chat.manager.store.getState().state).toBe('CONNECTED')
    expect(world.sockets.length).toBeLessThanOrEqual(5)
    Object.assign(world.deadly, { text: undefined })
    await world.pass(10_000)
    void bob.history.refetch()
    await world.pass()
    expect(bob.texts()).toEqual(['old 1', 'old 2'])
  })

  it('[C5] lets nothing overtake a message that is refused again', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    const texts = ['one', 'two', 'three']
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 1_000, times: 3 })
    const sending = texts.map((text) => alice.send(text))
    await world.pass(500)
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 1_000 })
    await world.pass(10_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(texts)
  })

  it('[C5] [T37] waits two seconds for a server that is unavailable and does not say for how long', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { code: 'unavailable' })
    const sent = alice.send('hello')
    await world.pass(1_900)
    expect(alice.rows()[0]?.local).toMatchObject({ status: 'sending' })
    await world.pass(200)
    await sent
    expect(world.sent('chat_message')).toHaveLength(2)
  })

  it('[T62] sends again what a server took for too long to answer, and stores and shows it once', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    await alice.send('hello')
    await world.pass()
    // Its database stands still for 20 s; what is no business of the database is answered.
    const restore = silence(/"(response|chat_message|room_updated)"/)
    const texts = ['one', 'two', 'three']
    const sending = texts.map((text) => alice.send(text))
    await world.pass(20_000)
    expect(alice.rows().flatMap(({ local }) => local?.status ?? [])).toEqual([
      'sending',
      'sending',
      'sending',
    ])
    restore()
    await world.pass(30_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(['hello', ...texts])
    expect(world.server.state().rooms[0]?.messages.map(({ content }) => content)).toEqual(['hello', ...texts])
    expect(new Set(world.sent('chat_message').map(idOf)).size).toBe(4)
  })

  it('[T62] says that it may have been done, when it gives up a server that answers everything else', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    silence(/"(response|chat_message|room_updated)"/)
    const failing = expect(alice.send('hello')).rejects.toMatchObject({
      code: 'timeout',
      maybeDelivered: true,
    })
    await world.pass(90_000)
    await failing
    const sent = world.sent('chat_message')
    expect(sent).toHaveLength(5)
    expect(new Set(sent.map(idOf)).size).toBe(1)
    expect(world.server.state().rooms[0]?.messages).toHaveLength(1)
  })

  it('[C5] sends nothing that was discarded while the room waited', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 3_000 })
    const discarded = expect(alice.send('no')).rejects.toMatchObject({ code: 'aborted' })
    await world.pass()
    alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass(10_000)
    await discarded
    expect(world.sent('chat_message')).toHaveLength(1)
    expect(alice.rows()).toEqual([])
  })

  it('[C5] keeps no timer for what was discarded, and what comes next waits all the same', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    const { timers } = world.held()
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 3_000 })
    const discarded = expect(alice.send('no')).rejects.toMatchObject({ code: 'aborted' })
    await world.pass()
    alice.chat.sendMessage.discard(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await discarded
    await world.pass(50)
    expect(world.held().timers).toBeLessThanOrEqual(timers)
    const next = alice.send('next')
    await world.pass(2_500)
    expect(world.sent('chat_message')).toHaveLength(1)
    await world.pass(1_000)
    await next
    expect(world.sent('chat_message')).toHaveLength(2)
  })

  it('[C5] waits as long as the server asks, and everything to the room waits with it, in order', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 3_000, retryable: true })
    const first = alice.send('one')
    await world.pass(1_000)
    const second = alice.send('two')
    await world.pass(1_800)
    expect(world.sent('chat_message').map(contentOf)).toEqual(['one'])
    expect(alice.rows().map(({ local }) => local?.status)).toEqual(['sending', 'sending'])
    await world.pass(500)
    await Promise.all([first, second])
    expect(world.sent('chat_message').map(contentOf)).toEqual(['one', 'one', 'two'])
    expect(alice.texts()).toEqual(['one', 'two'])
  })

  it('[C5] holds for changes of a message and for reading as well', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    const sending = alice.send('mine')
    await world.pass()
    await sending
    const message_id = alice.rows()[0]?.id ?? ''
    const types = ['edit_message', 'add_reaction', 'read_receipt', 'delete_message']
    for (const type of types) world.server.faults.rejectNext(type, { retryAfterMs: 2_000 })
    const { chat, queryClient } = alice
    const room = { roomId: ROOM }
    const done = Promise.all([
      chat.editMessage.start(queryClient, { message_id, content: 'edited' }, room),
      chat.react.start(queryClient, { message_id, reaction: 'ok' }, room),
      chat.markRead.start(queryClient, { message_id }, room),
    ])
    await world.pass(1_000)
    expect(alice.rows()).toMatchObject([{ content: 'edited', reactions: [{ name: 'ok' }] }])
    expect(world.server.state().rooms[0]?.messages[0]).toMatchObject({ content: 'mine', reactions: [] })
    await world.pass(2_000)
    await done
    expect(alice.rows()).toMatchObject([{ content: 'edited', reactions: [{ name: 'ok' }] }])
    const deleted = chat.deleteMessage.start(queryClient, { message_id }, room)
    await world.pass(3_000)
    await deleted
    expect(types.map((type) => world.sent(type).length)).toEqual([2, 2, 2, 2])
  })

  it('[C5] gives up on a server that keeps refusing', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.faults.rejectNext('chat_message', { retryAfterMs: 1_000, retryable: true, times: 100 })
    const refused = expect(alice.send('too much')).rejects.toMatchObject({ reason: 'rate_limited' })
    await world.pass(60_000)
    await refused
    expect(world.sent('chat_message')).toHaveLength(5)
    expect(alice.rows()[0]?.local?.status).toBe('failed')
  })

  it.each([0, 0.001, 2 ** 40])(
    '[C5] sends at most five times, half a second apart, to one that says %d',
    async (hintMs) => {
      world = createWorld()
      const alice = world.open('alice')
      await world.pass()
      world.server.faults.rejectNext('chat_message', { retryAfterMs: hintMs, retryable: true, times: 100 })
      alice.send('again').catch(() => undefined)
      for (const at of [0, 500, 1_000, 1_500, 2_000]) {
        expect(world.sent('chat_message').length).toBeLessThanOrEqual(1 + at / 500)
        await world.pass(500)
      }
      await world.pass(600_000)
      expect(world.sent('chat_message')).toHaveLength(hintMs < 1 ? 5 : 1)
      // Nobody waits longer than a day.
      await world.pass(86_400_000)
      expect(world.sent('chat_message').length).toBeGreaterThan(hintMs < 1 ? 4 : 1)
    },
  )

  it('[C1] carries further fields, which never stand in for its own', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    const extra = { metadata: { mood: 'good' }, room_id: 'elsewhere', client_id: 'x', message: 'y' }
    const sending = alice.chat.sendMessage.start(
      alice.queryClient,
      { content: 'hi', extra },
      { roomId: ROOM },
    )
    await world.pass()
    await sending
    expect(alice.rows()).toMatchObject([{ content: 'hi', room_id: ROOM, metadata: { mood: 'good' } }])
  })

  it('[C6] refuses at once what can never be sent: nothing is shown, nothing leaves', async () => {
    world = createWorld()
    const alice = world.open('alice', { maxLength: 5 })
    await world.pass()
    await expect(alice.send(' \n ')).rejects.toMatchObject({ code: 'invalid_params', reason: 'empty' })
    await expect(alice.send('123456')).rejects.toMatchObject({ code: 'invalid_params', reason: 'too_long' })
    for (const nothing of [undefined, null, 5, {}]) {
      await expect(alice.send(nothing as never)).rejects.toMatchObject({ reason: 'not_text' })
    }
    await world.pass()
    expect(alice.rows()).toEqual([])
    expect(world.sent('chat_message')).toEqual([])
  })

  it('[C90] counts characters as servers do, and leaves to them what only they can judge', async () => {
    world = createWorld({ maxMessageLength: 5 })
    const alice = world.open('alice', { maxLength: 5 })
    await world.pass()
    const attachments = [{ id: 'a1', name: 'a', mime_type: 'a/b', size: 1, url: '/a' }]
    const drafts = ['😀😀😀😀😀', { content: '', extra: { attachments } }] as const
    for (const draft of drafts) {
      const sending = alice.chat.sendMessage.start(alice.queryClient, draft, { roomId: ROOM })
      await world.pass()
      await sending
    }
    expect(alice.rows()).toMatchObject([{ content: drafts[0] }, { content: '', attachments }])
    const refused = [
      ['😀😀😀😀😀😀', 'too_long'],
      [{ content: ' ', extra: { attachments: [] } }, 'empty'],
      [{ content: ' ', extra: { metadata: undefined } }, 'empty'],
    ] as const
    for (const [draft, reason] of refused) {
      const sending = alice.chat.sendMessage.start(alice.queryClient, draft, { roomId: ROOM })
      await expect(sending).rejects.toMatchObject({ code: 'invalid_params', reason })
    }
  })

  it('[C6] refuses for a room that one was removed from, until one is back in', async () => {
    world = createWorld()
    const alice = world.open('alice')
    await world.pass()
    world.server.remove(ROOM, 'alice', 'kicked')
    await world.pass()
    await expect(alice.send('hello?')).rejects.toMatchObject({ code: 'forbidden', reason: 'kicked' })
    expect(world.sent('chat_message')).toEqual([])
    world.server.join(ROOM, 'alice')
    await world.pass()
    const sending = alice.send('back again')
    await world.pass(10_000)
    await expect(sending).resolves.toMatchObject({ content: 'back again' })
  })
})
