import { describe, expect, it } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { defineProtocol } from '../../src/transport/index.ts'
import { ODD_THROWS } from '../query/support/oddThrows.ts'
import { createJwt, listen, reply, sentOf, setup, watch } from './kit.ts'

const TEXTLESS = '{"toString":1,"valueOf":1}'
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const GOOD = '{"type":"good","room_id":7,"data":{"n":1}}'
const protocol = defineProtocol({
  events: { listed: { '~standard': { version: 1, vendor: 't', validate: (value: unknown) => ({ value }) } } },
})

/** Opens, and hears what is said to everybody and in one room. */
async function hearing(options: Parameters<typeof setup>[0] = {}, perTask?: () => number) {
  const world = setup({ protocol, ...options }, undefined, perTask ? { framesPerTask: perTask } : {})
  const heard: unknown[] = []
  const socket = await world.open()
  world.manager.subscribe('good', (payload) => heard.push((payload as { n: number }).n))
  const { signals } = listen(world.manager, { subscribe: false })
  await world.flush()
  return { ...world, socket, heard, signals }
}

const say = (n: number) => ({ type: 'good', room_id: 7, data: { n } })
const inRoom = (signals: readonly { type: string }[]) =>
  signals
    .flatMap((signal) => ('events' in signal ? (signal.events as { payload: { n: number } }[]) : []))
    .flatMap(({ payload }) => payload.n ?? [])

describe('odd frames', () => {
  it.each([
    ['an id', `{"type":"x","id":${TEXTLESS}}`],
    ['reply_to', `{"type":"response","reply_to":${TEXTLESS}}`],
    ['a channel', `{"type":"x","room_id":${TEXTLESS}}`],
    ['a channel that lost track', `{"type":"resync_required","room_id":${TEXTLESS}}`],
    ['what is nested 10 000 deep', `{"type":"x","data":${deep(10_000)}}`],
    ['what is deep, in a list of rows', `{"type":"listed","data":[1,{"a":${deep(5_000)}}]}`],
    ['what is no frame, and deep', deep(10_000)],
  ])('[T41] %s is reported, what stands beside it is told', async (_what, text) => {
    const { socket, heard, signals, errors, log } = await hearing()
    expect(() => socket.receive(`[${GOOD},${text},${GOOD}]`)).not.toThrow()
    expect(heard).toEqual([1, 1])
    expect(inRoom(signals)).toEqual([1, 1])
    expect(errors).toMatchObject([{ code: 'invalid_frame' }])
    expect(log.filter(({ type }) => type === 'quarantine')).toHaveLength(1)
  })

  it.each([
    ['a code', `{"type":"error","error":{"code":${TEXTLESS}}}`],
    ['a message', `{"type":"error","error":{"message":${TEXTLESS}}}`],
    [
      'a user',
      `{"type":"welcome","data":{"user":{"id":${TEXTLESS}},"level":${TEXTLESS},"room_id":${TEXTLESS},"seq":${TEXTLESS}}}`,
    ],
    [
      'a pong',
      `{"type":"pong","data":{"timestamp":${TEXTLESS},"server_time":${TEXTLESS},"heads":${TEXTLESS}}}`,
    ],
    ['a draining frame', `{"type":"draining","data":{"retry_after_ms":${TEXTLESS}}}`],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((name) => [
      `the name ${name}`,
      `{"type":"${name}","id":"${name}","reply_to":"${name}","data":{"__proto__":{"polluted":1}}}`,
    ]),
  ])('[T41] %s that is odd harms nobody', async (_what, text) => {
    const { socket, heard, signals, clock } = await hearing()
    expect(() => socket.receive(`[${GOOD},${text},${GOOD}]`)).not.toThrow()
    await clock.advance(200_000)
    expect(heard).toEqual([1, 1])
    expect(inRoom(signals)).toEqual([1, 1])
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  it('[T41] a refusal without a text settles its request at once', async () => {
    const { manager, socket, flush } = await hearing()
    const asked = watch(manager.request('get', {}))
    await flush()
    const { id } = sentOf(socket, 'get')[0] ?? {}
    socket.receive(`{"type":"error","reply_to":"${id}","error":{"code":${TEXTLESS},"message":${TEXTLESS}}}`)
    await flush()
    expect(asked.error).toMatchObject({ code: 'rejected', reason: undefined })
  })

  it('[T41] an answer that is too deep fails its request at once', async () => {
    const { manager, socket, flush } = await hearing()
    const asked = watch(manager.request('get', {}))
    await flush()
    socket.receive(`{"type":"response","reply_to":"${sentOf(socket, 'get')[0]?.id}","data":${deep(300)}}`)
    await flush()
    expect(asked.error).toMatchObject({ code: 'invalid_frame' })
  })

  it('[T41] 64-bit integers beside what is too deep keep their digits', async () => {
    const { manager, socket } = await hearing()
    const ids: unknown[] = []
    manager.subscribe('b', (payload) => ids.push(payload))
    socket.receive(
      `[{"type":"b","data":{"id":653247040368672769,"s":"\\"12345678901234567890"}},${deep(20_000)}]`,
    )
    expect(ids).toEqual([{ id: '653247040368672769', s: '"12345678901234567890' }])
  })

  it('[T41] a broken `onError` keeps nothing from anybody', async () => {
    const thrown: unknown[] = []
    const { socket, heard, clock } = await hearing({
      onError: () => {
        throw new Error('of the application')
      },
    })
    socket.receive(`[{"nope":1},${GOOD}]`)
    expect(heard).toEqual([1])
    await clock.advance(1).catch((error) => thrown.push(error))
    expect(thrown).toHaveLength(1)
  })

  it.each(ODD_THROWS.map((thrown, at) => [at, thrown]))(
    '[T68] a handler that throws what has no text (%i) keeps nothing from the others',
    async (_at, thrown) => {
      const { manager, socket, open, errors } = setup()
      const heard: unknown[] = []
      manager.subscribe('tick', () => {
        throw thrown
      })
      manager.subscribe('tick', (payload) => heard.push(payload))
      await open()
      socket().receive({ type: 'tick', data: 1 })
      socket().receive({ type: 'tick', data: 2 })
      expect(heard).toEqual([1, 2])
      expect(errors).toMatchObject([{ code: 'misconfigured' }, { code: 'misconfigured' }])
    },
  )

  it('[T41] 130 000 events in one message', async () => {
    const { socket, heard, signals } = await hearing()
    socket.receive(Array.from({ length: 130_000 }, (_, n) => say(n)))
    expect(heard).toHaveLength(130_000)
    expect(inRoom(signals).every((n, at) => n === at)).toBe(true)
  })
})

describe('a flood', () => {
  const three = [say(1), say(2), say(3)]

  it('[T42] is told in order and in slices; later messages, answers and the close come behind it', async () => {
    const { manager, socket, heard, signals, flush, clock } = await hearing({}, () => 1)
    const asked = watch(manager.request('get', {}))
    await flush()
    socket.receive(three)
    expect(heard).toEqual([1])
    socket.receive(say(4))
    reply(socket, 'get', 'answer')
    socket.drop(1006)
    await flush()
    expect(heard).toEqual([1])
    expect(asked.isSettled).toBe(false)
    expect(manager.store.getState().state).toBe('CONNECTED')
    await clock.advance(0)
    expect(heard).toEqual([1, 2, 3, 4])
    expect(asked.value).toBe('answer')
    expect(signals.at(-1)).toMatchObject({ type: 'down' })
    expect(inRoom(signals)).toEqual([1, 2, 3, 4])
    expect(manager.store.getState().state).toBe('RECONNECTING')
  })

  it('[T42] what comes alone waits for nothing', async () => {
    const { socket, heard } = await hearing({}, () => 1)
    for (const frame of three) socket.receive(frame)
    expect(heard).toEqual([1, 2, 3])
  })

  it('[T42] ends with the connection, and leaves nothing', async () => {
    const { manager, socket, heard, clock, held } = await hearing({}, () => 1)
    socket.receive(three)
    manager.close()
    await clock.advance(10_000)
    expect(heard).toEqual([1])
    expect(held().timers).toBe(0)
  })

  const signedInAs = (next: string) => async () => {
    let sub = 'alice'
    const tokenManager = { getAccessToken: () => createJwt({ sub }) }
    const world = await hearing({ tokenManager }, () => 1)
    const { manager, socket, sockets, heard, flush, clock } = world
    socket.receive(three)
    sub = next
    manager.reauthenticate()
    await flush()
    await clock.advance(0)
    sockets.at(-1)?.receive(say(4))
    await clock.advance(10_000)
    manager.close()
    return { heard, inRoom: inRoom(world.signals) }
  }

  it('[T42] of the former user is not told to the next one', async () => {
    const told = await signedInAs('bob')()
    expect(told).toEqual({ heard: [1, 4], inRoom: [1, 4] })
  })

  it('[T42] that waits when new credentials come is told where they are of the same user', async () => {
    const told = await signedInAs('alice')()
    expect(told).toEqual({ heard: [1, 2, 3, 4], inRoom: [1, 2, 3, 4] })
  })

  it('[T42] is no silence, however long it takes', async () => {
    const { socket, manager, clock, sockets, heard } = await hearing(
      { heartbeat: { intervalMs: 1_000, timeoutMs: 500 } },
      () => 1,
    )
    // Each one keeps the page busy.
    manager.subscribe('good', () => void clock.suspend(700))
    socket.receive(three.concat(three, three))
    for (let task = 0; task < 7; task++) await clock.advance(0)
    expect(clock.now()).toBeGreaterThan(4_000)
    expect(sockets).toHaveLength(1)
    expect(manager.store.getState().state).toBe('CONNECTED')
    // And then it is.
    await clock.advance(3_000)
    expect(heard).toHaveLength(9)
    expect(sockets.length).toBeGreaterThan(1)
  })

  it('[T42] in the answer to a `sync` comes in slices, ahead of all that waits and of `live`', async () => {
    const { manager, socket, flush, clock } = await hearing({}, () => 1)
    const { signals } = listen(manager, {}, { seq: 0, epoch: 'e' })
    await flush()
    const event = (seq: number) => ({ ...say(seq), seq, epoch: 'e' })
    const events = Array.from({ length: 250 }, (_, n) => event(n + 1))
    reply(socket, 'sync', { rooms: { 7: { events, complete: true, seq: 250, epoch: 'e' } } })
    await flush()
    socket.receive(event(251))
    expect(inRoom(signals)).toHaveLength(100)
    expect(signals.some(({ type }) => type === 'live')).toBe(false)
    await clock.advance(0)
    expect(signals.map(({ type }) => type)).toEqual(['events', 'events', 'events', 'live', 'events'])
    expect(inRoom(signals)).toEqual(Array.from({ length: 251 }, (_, n) => n + 1))
  })

  it('[T42] in the answer to a `sync` is over with its socket', async () => {
    const { manager, socket, flush, clock } = await hearing({}, () => 1)
    const { signals } = listen(manager, {}, { seq: 0, epoch: 'e' })
    await flush()
    const events = Array.from({ length: 250 }, (_, n) => ({ ...say(n + 1), seq: n + 1, epoch: 'e' }))
    reply(socket, 'sync', { rooms: { 7: { events, complete: true, seq: 250, epoch: 'e' } } })
    await flush()
    manager.disconnect()
    await clock.advance(0)
    expect(inRoom(signals)).toHaveLength(100)
    expect(signals.at(-1)).toMatchObject({ type: 'down' })
  })

  it('[T11] what one message says before the pong that ends a hand-over is told', async () => {
    const { manager, fake, old, next } = await handingOver()
    old.receive([say(1), { type: 'pong', data: { timestamp: sentOf(old, 'ping').at(-1)?.data } }])
    next.receive(say(2))
    await fake.clock.advance(0)
    expect(fake.heard).toEqual([1, 2])
    manager.close()
  })
})

describe('a flood during a hand-over', () => {
  it('[T42] of both sockets is told once and in order, however many tasks it takes', async () => {
    const { manager, fake, old, next } = await handingOver(() => 1)
    old.receive([1, 2, 3].map(say))
    next.receive([2, 3, 4, 5].map(say))
    old.receive({ type: 'pong', data: { timestamp: sentOf(old, 'ping').at(-1)?.data } })
    next.receive(say(6))
    expect(fake.heard).toEqual([1])
    await fake.clock.advance(0)
    expect(fake.heard).toEqual([1, 2, 3, 4, 5, 6])
    expect(inRoom(fake.signals)).toEqual([1, 2, 3, 4, 5, 6])
    manager.close()
  })

  it('[T42] in the answer to a `sync` is told to the end by a socket that takes over', async () => {
    const fake = await hearing({}, () => 1)
    const { manager, socket, flush, clock } = fake
    const { signals } = listen(manager, {}, { seq: 0, epoch: 'e' })
    await flush()
    socket.receive({ type: 'draining', data: {} })
    const events = Array.from({ length: 1_000 }, (_, n) => ({ ...say(n + 1), seq: n + 1, epoch: 'e' }))
    reply(socket, 'sync', { rooms: { 7: { events, complete: true, seq: 1_000, epoch: 'e' } } })
    for (let task = 0; task < 5; task++) await clock.suspend(2_000)
    await clock.advance(10_000)
    expect(inRoom(signals)).toHaveLength(1_000)
    expect(signals.some(({ type }) => type === 'live')).toBe(true)
    manager.close()
  })
})

async function handingOver(perTask?: () => number): Promise<{
  manager: Awaited<ReturnType<typeof hearing>>['manager']
  fake: Awaited<ReturnType<typeof hearing>>
  old: FakeSocket
  next: FakeSocket
}> {
  const fake = await hearing({}, perTask)
  const old = fake.socket
  old.receive({ type: 'draining', data: {} })
  await fake.clock.advance(1_500)
  return { manager: fake.manager, fake, old, next: fake.sockets.at(-1) as FakeSocket }
}
