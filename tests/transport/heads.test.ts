import { describe, expect, it } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { listen, reply, sentOf, setup } from './kit.ts'

const live = { type: 'live', resumed: false, cursor: undefined }
const at = (seq: number, epoch = 'e') => ({ seq, epoch })
const head = (seq: number) => ({ type: 'head', cursor: at(seq) })
const welcome = (socket: FakeSocket, data: object = {}) =>
  socket.receive({ type: 'welcome', data: { level: 2, ...data } })
const refuse = (socket: FakeSocket, error: object = {}) =>
  socket.receive({
    type: 'error',
    reply_to: sentOf(socket, 'subscribe_room').at(-1)?.id,
    error: { code: 'not_member', retryable: false, ...error },
  })

describe('where the server says that channels stand', () => {
  it('[T28] comes with a pong, for the channels it names, whatever their names are', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const [one, two] = [1, 2].map((room_id) => listen(manager, { key: { room_id }, subscribe: false }))
    const odd = ['__proto__', 'constructor'].map((room_id) =>
      listen(manager, { key: { room_id }, subscribe: false }),
    )
    const all = listen(manager, { key: {}, subscribe: false })
    await flush()
    socket.receive(`{"type":"pong","data":{"heads":{"1":${JSON.stringify(at(8))},"__proto__":{"seq":3}}}}`)
    expect(one?.signals).toEqual([live, head(8)])
    expect(two?.signals).toEqual([live])
    expect(odd.map(({ signals }) => signals.slice(1))).toEqual([[{ type: 'head', cursor: { seq: 3 } }], []])
    expect(all.signals).toEqual([live])
    for (const heads of [7, 'x', [], { 1: 7 }, { 1: { seq: '8' } }, { 1: null }])
      socket.receive({ type: 'pong', data: { heads } })
    expect(one?.signals).toHaveLength(2)
  })

  it('[T28] comes with the replies to subscriptions that are renewed on another socket', async () => {
    const { manager, clock, sockets, open } = setup()
    const first = await open()
    const { signals } = listen(manager, {}, at(3))
    await clock.advance(0)
    reply(first, 'subscribe_room', at(3))
    reply(first, 'sync', { rooms: { 7: { events: [], complete: true, ...at(3) } } })
    await clock.advance(0)
    signals.length = 0
    first.receive({ type: 'draining', data: {} })
    await clock.advance(1_000)
    reply(sockets[1] as FakeSocket, 'subscribe_room', at(9))
    await clock.advance(0)
    expect(signals).toEqual([head(9)])
    first.receive({ type: 'pong', data: {} })
    await clock.advance(0)
    expect(signals).toEqual([head(9)])
  })

  it('[T28] comes with the greeting of a socket that takes over from another one', async () => {
    const { manager, clock, sockets, open } = setup()
    const first = await open()
    const { signals } = listen(manager, { subscribe: false })
    await clock.advance(0)
    welcome(first, { room_id: 7, ...at(3) })
    first.receive({ type: 'draining', data: {} })
    await clock.advance(1_000)
    welcome(sockets[1] as FakeSocket, { room_id: 7, ...at(9) })
    expect(signals.slice(2)).toEqual([head(9)])
  })

  it.each([
    ['1e999', undefined],
    [String(2 ** 53), undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['"7"', undefined],
    ['7', 7],
    [String(2 ** 53 - 1), 2 ** 53 - 1],
  ])('[T32] is a number that can be counted on from: %s', async (text, seq) => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const { signals } = listen(manager, { subscribe: false })
    await flush()
    socket.receive(`{"type":"said","room_id":7,"seq":${text},"data":1}`)
    const event = { type: 'said', payload: 1, ...(seq !== undefined && { seq }) }
    expect(signals.slice(1)).toEqual([{ type: 'events', events: [event] }])
  })
})

describe('a server that does not tell where channels stand', () => {
  const MINUTES = 10
  const start = async (greeting: object, cursor: object = at(3)) => {
    const world = setup({ heartbeat: { intervalMs: 30_000, timeoutMs: 5_000 } }, (socket) => {
      socket.onClientMessage = (data) => {
        const { type, id } = JSON.parse(String(data))
        if (type === 'ping') socket.receive({ type: 'pong', data: {} })
        if (type !== 'sync') return
        const rooms = { 1: { events: [], complete: true, ...at(3) }, 2: { complete: false, ...at(9) } }
        socket.receive({ type: 'response', reply_to: id, data: { rooms } })
      }
      socket.accept()
      socket.receive({ type: 'welcome', data: greeting })
    })
    await world.open()
    const [one, two] = [1, 2].map((room_id) =>
      listen(world.manager, { key: { room_id }, subscribe: false }, cursor),
    )
    listen(world.manager, { key: {}, subscribe: false })
    await world.clock.advance(100)
    const asked = () => sentOf(world.socket(), 'sync').length
    return { ...world, one, two, asked, before: asked() }
  }

  it('[T29] is asked by one small sync for all of them, at most once a minute', async () => {
    const { clock, socket, one, two, asked, before } = await start({ level: 2 })
    expect(before).toBe(1)
    await clock.advance(59_800)
    expect(asked()).toBe(1)
    await clock.advance(MINUTES * 60_000)
    const times = asked() - 1
    expect(times).toBeGreaterThanOrEqual(Math.floor((MINUTES * 60) / 90))
    expect(times).toBeLessThanOrEqual(MINUTES)
    expect(sentOf(socket(), 'sync').at(-1)?.data).toEqual({ rooms: { 1: at(3), 2: at(3) } })
    expect(one?.signals.slice(1)).toEqual(Array(times).fill(head(3)))
    expect(two?.signals.slice(1)).toEqual(Array(times).fill(head(9)))
  })

  it('[T29] not in the same moment by all', async () => {
    const moments = await Promise.all(
      [1, 2, 3, 4, 5].map(async (seed) => {
        const { clock, socket, open, manager } = setup({ heartbeat: false }, undefined, { seed })
        await open()
        listen(manager, { subscribe: false }, at(3))
        await clock.advance(0)
        reply(socket(), 'sync', { rooms: {} })
        let ms = 0
        for (; sentOf(socket(), 'sync').length < 2; ms += 100) await clock.advance(100)
        return ms
      }),
    )
    expect(new Set(moments).size).toBeGreaterThan(3)
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(60_000)
    expect(Math.max(...moments)).toBeLessThanOrEqual(90_100)
  })

  it('[T29] only while the page can be seen', async () => {
    const { clock, setVisible, asked } = await start({ level: 2 })
    setVisible(false)
    await clock.advance(MINUTES * 60_000)
    expect(asked()).toBe(1)
    setVisible(true)
    await clock.advance(90_000)
    expect(asked()).toBe(2)
  })

  it.each([
    ['has no numbers', { level: 1 }, at(3)],
    ['tells by itself', { level: 2, heads: true }, at(3)],
    ['has told no position', { level: 2 }, {}],
  ])('[T29] is not asked where it %s', async (_what, greeting, cursor) => {
    const { clock, asked, before } = await start(greeting, cursor)
    await clock.advance(MINUTES * 60_000)
    expect(asked()).toBe(before)
  })

  it('[T29] may refuse to say, and nothing follows from that', async () => {
    const { manager, clock, open } = setup({ heartbeat: false })
    const socket = await open()
    const { signals } = listen(manager, { subscribe: false }, at(3))
    await clock.advance(0)
    reply(socket, 'sync', { rooms: { 7: { events: [], complete: true, ...at(3) } } })
    await clock.advance(90_000)
    const { id } = sentOf(socket, 'sync').at(-1) ?? {}
    socket.receive({ type: 'error', reply_to: id, error: { code: 'unsupported' } })
    await clock.advance(0)
    expect(signals).toEqual([{ type: 'live', resumed: true, cursor: at(3) }])
  })
})

describe('a subscription that was taken for live', () => {
  const start = async () => {
    const world = setup({ heartbeat: false })
    const socket = await world.open()
    const { signals } = listen(world.manager)
    await world.clock.advance(1_000)
    expect(signals).toEqual([live])
    return { ...world, socket, signals }
  }

  it('[T30] is down when it is refused later, with the reason', async () => {
    const { socket, signals, clock } = await start()
    refuse(socket)
    await clock.advance(60_000)
    expect(signals.slice(1)).toEqual([
      { type: 'down', error: expect.objectContaining({ reason: 'not_member' }) },
    ])
    expect(sentOf(socket, 'subscribe_room')).toHaveLength(1)
  })

  it('[T30] is down when it is refused for now, and asked for again at most every five seconds', async () => {
    const { socket, signals, clock } = await start()
    for (let times = 1; times <= 10; times++) {
      refuse(socket, { code: 'busy', retryable: true })
      await clock.advance(4_999)
      expect(sentOf(socket, 'subscribe_room')).toHaveLength(times)
      await clock.advance(1)
      expect(sentOf(socket, 'subscribe_room')).toHaveLength(times + 1)
    }
    reply(socket, 'subscribe_room', at(4))
    await clock.advance(0)
    expect(signals.at(-1)).toEqual({ ...live, cursor: at(4) })
  })

  it('[T30] is down when a server that answers does not answer it, and asked for again', async () => {
    const { manager, clock, open } = setup({ heartbeat: false })
    const socket = await open()
    const { signals } = listen(manager)
    await clock.advance(1_500)
    welcome(socket)
    await clock.advance(8_500)
    expect(signals.slice(1)).toEqual([{ type: 'down', error: expect.objectContaining({ code: 'timeout' }) }])
    await clock.advance(5_000)
    reply(socket, 'subscribe_room', at(4))
    await clock.advance(0)
    expect(signals.at(-1)).toEqual({ ...live, cursor: at(4) })
  })

  it('[T30] stays so where nothing is ever answered', async () => {
    const { socket, signals, clock } = await start()
    await clock.advance(60_000)
    expect(signals).toEqual([live])
    expect(sentOf(socket, 'subscribe_room')).toHaveLength(1)
  })

  it('[T28] learns from a late answer where it stands', async () => {
    const { socket, signals, clock } = await start()
    reply(socket, 'subscribe_room', at(4))
    await clock.advance(0)
    expect(signals).toEqual([live, head(4)])
  })

  it('[T30] is down alone when the socket that takes over refuses it', async () => {
    const { manager, clock, sockets, open } = setup({ heartbeat: false })
    const first = await open()
    const [one, two] = [7, 8].map((room_id) => listen(manager, { key: { room_id } }))
    await clock.advance(0)
    for (const { id } of sentOf(first, 'subscribe_room'))
      first.receive({ type: 'response', reply_to: id, data: {} })
    await clock.advance(0)
    first.receive({ type: 'draining', data: {} })
    await clock.advance(1_000)
    const second = sockets[1] as FakeSocket
    const [asked] = sentOf(second, 'subscribe_room')
    second.receive({ type: 'error', reply_to: asked?.id, error: { code: 'not_member', retryable: false } })
    reply(second, 'subscribe_room', {})
    await clock.advance(0)
    first.receive({ type: 'pong', data: {} })
    await clock.advance(10_000)
    expect(one?.signals.map(({ type }) => type)).toEqual(['live', 'down'])
    expect(two?.signals.map(({ type }) => type)).toEqual(['live'])
  })
})

describe('a server that greets as one that answers', () => {
  it('[T31] is waited for, however slow it is', async () => {
    const { manager, clock, open } = setup({ heartbeat: false })
    const socket = await open()
    const { signals } = listen(manager)
    await clock.advance(0)
    welcome(socket, { level: 1 })
    socket.receive({ type: 'tick', room_id: 1, data: {} })
    await clock.advance(9_000)
    expect(signals.filter(({ type }) => type === 'live')).toEqual([])
    reply(socket, 'subscribe_room', at(4))
    await clock.advance(0)
    expect(signals.at(-1)).toEqual({ ...live, cursor: at(4) })
  })
})
