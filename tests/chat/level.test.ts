import { afterEach, describe, expect, it } from 'vitest'
import { createLevel } from '../../src/chat/model/session/level.ts'
import type { AskOptions } from '../../src/query/index.ts'
import { createFakeEnvironment } from '../../src/testing/index.ts'
import { LiveError } from '../../src/transport/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

type Fields = Readonly<Record<string, unknown>>

function greeting() {
  let resolve: (fields?: Fields) => void = () => undefined
  const promise = new Promise<Fields | undefined>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A server whose greeting and answers a test gives by hand. */
function start() {
  const { environment, clock } = createFakeEnvironment()
  let corrections = 0
  let greetings = greeting()
  const asked: { reply(value: unknown): void; fail(error: LiveError): void; how: AskOptions | undefined }[] =
    []
  const level = createLevel({
    port: { clock: environment, greeting: () => greetings.promise },
    level: undefined,
    corrected: () => corrections++,
  })
  const question = {
    endpoint: '/ws/',
    ask: (how?: AskOptions) => new Promise<unknown>((reply, fail) => void asked.push({ reply, fail, how })),
  }
  return {
    level,
    question,
    asked,
    clock,
    greet: (fields?: Fields) => greetings.resolve(fields),
    reconnect: () => {
      greetings = greeting()
    },
    corrections: () => corrections,
  }
}

const settled = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error: LiveError) => ({ code: error.code, retryable: error.retryable, maybe: error.maybeDelivered }),
  )
const lost = () => new LiveError('connection_lost', 'gone', { maybeDelivered: true })

describe('what a back end is able to do', () => {
  it('[C80] is not judged by silence on a connection that has said nothing', async () => {
    const { level, question, asked, clock } = start()
    let isSettled = false
    void level.answer(question).finally(() => (isSettled = true))
    await clock.advance(60_000)
    expect(level.isSilent()).toBe(false)
    expect(isSettled).toBe(false)
    asked[0]?.reply('late')
    await clock.advance(0)
    expect(isSettled).toBe(true)
  })

  it('[C80] is little where it does not greet and has read a question without answering', async () => {
    const { level, question, asked, greet } = start()
    const answer = level.answer(question)
    greet()
    asked[0]?.how?.onRead?.()
    expect(await answer).toBeUndefined()
    expect(level.isSilent()).toBe(true)
  })

  it('[C80] is little where nothing tells what it has read, after a while', async () => {
    const { level, question, clock, greet } = start()
    const answer = level.answer(question)
    greet()
    await clock.advance(1_500)
    expect(await answer).toBeUndefined()
  })

  it('[C80] is known from the greeting, however slow the first answer is', async () => {
    const { level, question, asked, clock, greet } = start()
    const answer = level.answer(question)
    greet({ level: 3 })
    asked[0]?.how?.onRead?.()
    await clock.advance(60_000)
    asked[0]?.reply('slow')
    expect(await answer).toBe('slow')
    expect(level.isSilent()).toBe(false)
  })

  it.each([
    ['an answer', (one: { reply(value: unknown): void }) => one.reply({})],
    ['a refusal', (one: { fail(error: LiveError): void }) => one.fail(new LiveError('rejected', 'no'))],
  ])('[C80] is corrected by %s that was only slow, and never lowered again', async (_name, come) => {
    const { level, question, asked, clock, greet, corrections } = start()
    const answer = level.answer(question)
    greet()
    asked[0]?.how?.onRead?.()
    await answer
    come(asked[0] as never)
    await clock.advance(0)
    expect(corrections()).toBe(1)
    expect(level.isSilent()).toBe(false)
    void level.answer(question)
    asked[1]?.how?.onRead?.()
    await clock.advance(60_000)
    expect(level.isSilent()).toBe(false)
  })

  it('[C81] so does one that was being sent when its page was left; whoever tries it again knows what he does', async () => {
    world = createWorld({ level: 0 })
    world.server.faults.latencyMs = 300
    const first = world.open('alice', { level: 0 })
    await world.pass(1_000)
    first.send('once').catch(() => undefined)
    await world.pass(50)
    const saved = first.save()
    first.chat.manager.close()
    const second = world.open('alice', { level: 0, saved })
    await world.pass(2_000)
    expect(world.sent('chat_message')).toHaveLength(1)
    const [row] = second.rows().filter(({ local }) => local)
    expect(row?.local).toMatchObject({
      status: 'failed',
      error: { code: 'connection_lost', maybeDelivered: true },
    })
    second.chat.sendMessage.retry(second.queryClient, String(row?.client_id)).catch(() => undefined)
    await world.pass(2_000)
    expect(world.sent('chat_message')).toHaveLength(2)
  })

  it('[C81] a message that went into a lost connection is sent again only to one that greets', async () => {
    for (const [greeting, isConfirmed, expected] of [
      [{ level: 1 }, false, { value: 'done' }],
      [undefined, false, { code: 'connection_lost', retryable: false, maybe: true }],
      [undefined, true, { value: undefined }],
    ] as const) {
      const { level, question, asked, greet, reconnect } = start()
      const delivery = { ...question, clientId: 'c1', inDoubt: false, isConfirmed: () => false }
      const first = settled(level.deliver(delivery))
      expect(asked[0]?.how?.idempotent).toBe(false)
      asked[0]?.fail(lost())
      expect(await first).toMatchObject({ code: 'connection_lost', retryable: true })
      reconnect()
      const again = settled(level.deliver({ ...delivery, isConfirmed: () => isConfirmed }))
      const other = level.deliver({ ...delivery, clientId: 'c2' })
      expect(asked).toHaveLength(1)
      greet(greeting)
      await new Promise<void>((resolve) => setImmediate(resolve))
      asked[1]?.reply('done')
      expect(await again).toEqual(expected)
      if (greeting) asked[2]?.reply('other')
      expect(await other).toBe(greeting ? 'other' : 'done')
    }
  })
})

let world: World | undefined
afterEach(() => world?.close())

describe('at level 0', () => {
  const plain = { endpoint: undefined } as const

  it.each([
    ['a socket per room', plain],
    ['one socket', { endpoint: `/ws/chat/${ROOM}/` }],
    [
      'a room’s socket that is the default one too',
      { endpoint: `/ws/chat/${ROOM}/`, endpoints: { room: (id: string | number) => `/ws/chat/${id}/` } },
    ],
  ])(
    '[C82] the first message leaves at once, and what comes meanwhile is shown (%s)',
    async (_name, options) => {
      world = createWorld({ level: 0 })
      const alice = world.open('alice', options)
      await world.pass(0)
      const sending = alice.send('hello')
      await world.pass(10)
      expect(world.sent('chat_message')).toHaveLength(1)
      await sending
      world.server.inject(ROOM, { sender: 'bob', content: 'hi' })
      await world.pass(50)
      expect(alice.texts()).toEqual(['hello', 'hi'])
      expect(alice.rows().some(({ local }) => local)).toBe(false)
    },
  )

  it('[C81] success is reported when the server has read it, and no sooner', async () => {
    world = createWorld({ level: 0 })
    const alice = world.open('alice', plain)
    await world.pass()
    world.socket().onClientMessage = undefined
    const sending = settled(alice.send('into the void'))
    let isSettled = false
    void sending.then(() => (isSettled = true))
    await world.pass(4_000)
    expect(world.sent('chat_message')).toHaveLength(1)
    expect(isSettled).toBe(false)
    await world.pass(20_000)
    expect(await sending).toMatchObject({ code: 'connection_lost', maybe: true })
    expect(alice.rows()).toMatchObject([{ local: { status: 'failed' } }])
    const retrying = alice.chat.sendMessage.retry(alice.queryClient, alice.rows()[0]?.local?.key ?? '')
    await world.pass()
    await retrying
    expect(alice.rows()).toMatchObject([{ content: 'into the void', id: 'm00000001' }])
  })
})

it('[C81] what may have arrived is sent again by nobody but its author, also with retries of TanStack', async () => {
  world = createWorld({ level: 0 })
  const alice = world.open('alice', { endpoint: undefined })
  alice.queryClient.setDefaultOptions({ mutations: { retry: 3, retryDelay: 1 } })
  await world.pass()
  const socket = world.socket()
  socket.onmessage = null
  const sending = settled(alice.send('once'))
  await world.pass(10)
  socket.drop()
  // TanStack waits in time of its own.
  for (let round = 0; round < 20; round++) {
    await world.pass(2_000)
    await new Promise((resolve) => void setTimeout(resolve, 2))
  }
  expect(await sending).toMatchObject({ code: 'connection_lost', maybe: true })
  expect(world.sent('chat_message')).toHaveLength(1)
})

describe('from level 1 on', () => {
  it('[C81] a message that died with the connection before the greeting is sent again, and is there once', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const alice = world.open('alice', { endpoint: undefined })
    await world.flush()
    // The network is gone right after the upgrade.
    const socket = world.socket()
    socket.onClientMessage = undefined
    socket.onmessage = null
    const sending = alice.send('important')
    await world.pass(3_000)
    socket.drop()
    await world.pass(10_000)
    await expect(sending).resolves.toMatchObject({ content: 'important' })
    expect(alice.texts()).toEqual(['old 1', 'old 2', 'old 3', 'important'])
    expect(world.server.state().rooms[0]?.messages).toHaveLength(4)
  })
})
