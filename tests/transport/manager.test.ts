import { describe, expect, it, vi } from 'vitest'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager, type WebSocketManagerOptions } from '../../src/transport/index.ts'
import type { ChannelSignal, ChannelSpec, Cursor } from '../../src/transport/port.ts'

function setup(options: Partial<WebSocketManagerOptions> = {}, onSocket?: (socket: FakeSocket) => void) {
  const fake = createFakeEnvironment(onSocket ? { onSocket } : {})
  const manager = createWebSocketManager({
    url: 'wss://api.example.com',
    endpoint: '/ws/',
    reconnect: { jitter: 0 },
    debug: false,
    environment: fake.environment,
    ...options,
  })
  return { ...fake, manager }
}

const accept = (socket: FakeSocket) => socket.accept()

function listen(manager: ReturnType<typeof setup>['manager'], spec: Partial<ChannelSpec>, cursor?: Cursor) {
  const signals: ChannelSignal[] = []
  const channel = manager.port.open(
    { key: { room_id: 7 }, subscribe: true, ...spec },
    { cursor: () => cursor, onSignal: (signal) => signals.push(signal) },
  )
  return { signals, channel }
}

describe('manager', () => {
  it('connects with a token in the query, sends the envelope, and delivers payloads', async () => {
    const { manager, clock, socket, sockets } = setup({ tokenManager: { getAccessToken: () => 'a.b.c' } })
    manager.connect()
    await clock.advance(0)
    expect(socket().url).toBe('wss://api.example.com/ws/?token=a.b.c')
    expect(manager.store.getState().state).toBe('CONNECTING')
    socket().accept()
    expect(manager.store.getState()).toMatchObject({ state: 'CONNECTED', isAuthenticated: true })
    await manager.send('chat_message', { message: 'Hello' })
    expect(socket().frames[0]).toEqual({
      type: 'chat_message',
      data: { message: 'Hello' },
      timestamp: '2024-01-15T10:30:00.000Z',
      id: expect.any(String),
    })
    const handler = vi.fn()
    manager.subscribe('chat_message', handler)
    socket().receive({ type: 'chat_message', message: { id: 1 } })
    expect(handler).toHaveBeenCalledWith({ id: 1 }, expect.objectContaining({ type: 'chat_message' }))
    expect(sockets).toHaveLength(1)
  })

  it('reconnects on the exact schedule without jitter, then fails', async () => {
    const { manager, clock, sockets } = setup({}, (socket) => socket.drop(1006))
    manager.connect()
    await clock.advance(0)
    const dials: number[] = []
    for (let at = 0; at < 150_000; at += 50) {
      while (dials.length < sockets.length) dials.push(clock.now())
      await clock.advance(50)
    }
    expect(dials.slice(0, 4)).toEqual([0, 1000, 2500, 4750])
    expect(dials).toHaveLength(11)
    expect(manager.store.getState().state).toBe('FAILED')
  })

  it('queues while offline and flushes in order after subscriptions', async () => {
    const { manager, clock, socket } = setup()
    const sent = Promise.all([manager.send('a'), manager.send('b')])
    const { signals } = listen(manager, {})
    await clock.advance(0)
    socket().accept()
    await sent
    expect(socket().frames.map((frame) => frame.type)).toEqual(['subscribe_room', 'a', 'b'])
    expect(signals).toEqual([])
    socket().receive({ type: 'response', reply_to: socket().frames[0]?.id, data: { seq: 4, epoch: 'e' } })
    await clock.advance(0)
    expect(signals).toEqual([{ type: 'live', resumed: false, cursor: { seq: 4, epoch: 'e' } }])
  })

  it('syncs all channels with one frame on reconnect', async () => {
    const { manager, clock, socket, sockets } = setup({}, accept)
    const one = listen(manager, { key: { room_id: 1 }, subscribe: false }, { seq: 3, epoch: 'e' })
    const two = listen(manager, { key: { room_id: 2 }, subscribe: false }, { seq: 9, epoch: 'e' })
    const three = listen(manager, { key: { room_id: 3 }, subscribe: false })
    await clock.advance(0)
    const reply = () => {
      const frame = socket().frames.find(({ type }) => type === 'sync')
      expect(frame?.data).toEqual({ rooms: { 1: { seq: 3, epoch: 'e' }, 2: { seq: 9, epoch: 'e' } } })
      socket().receive({
        type: 'response',
        reply_to: frame?.id,
        data: {
          rooms: {
            1: { events: [{ type: 'x', data: 1, seq: 4, epoch: 'e' }], complete: true, seq: 4, epoch: 'e' },
            2: { events: [], complete: false },
          },
        },
      })
    }
    reply()
    await clock.advance(0)
    expect(one.signals).toEqual([
      { type: 'events', events: [{ type: 'x', payload: 1, seq: 4, epoch: 'e' }] },
      { type: 'live', resumed: true, cursor: { seq: 4, epoch: 'e' } },
    ])
    expect(two.signals).toEqual([{ type: 'live', resumed: false, cursor: undefined }])
    expect(three.signals).toEqual([{ type: 'live', resumed: false, cursor: undefined }])
    socket().drop(1006)
    expect(one.signals.at(-1)).toEqual({ type: 'down', error: undefined })
    await clock.advance(1000)
    expect(sockets).toHaveLength(2)
    expect(socket().frames.filter(({ type }) => type === 'sync')).toHaveLength(1)
  })

  it('answers a request, sends an idempotent one again after a reconnect, and rejects the other', async () => {
    const { manager, clock, socket } = setup({}, accept)
    manager.connect()
    await clock.advance(0)
    const lost = manager.request('x', {}).catch((error: unknown) => error)
    const kept = manager.request('y', {}, { idempotent: true })
    socket().drop()
    expect(await lost).toMatchObject({ code: 'connection_lost', maybeDelivered: true })
    await clock.advance(1000)
    const [frame] = socket().frames
    socket().receive({ type: 'response', reply_to: frame?.id, data: 42 })
    expect(await kept).toBe(42)
  })

  it('leaves nothing behind', async () => {
    const { manager, clock, held } = setup({}, accept)
    const release = manager.acquire()
    const { channel } = listen(manager, {})
    await clock.advance(2_000)
    channel.close()
    release()
    await clock.advance(5_000)
    expect(held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
    expect(manager.store.getState().connections).toEqual({})
  })
})
