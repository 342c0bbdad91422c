/** One frame that ends every connection it is written to. */
import { describe, expect, it } from 'vitest'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import type { WebSocketManagerOptions } from '../../src/transport/index.ts'
import { listen, setup, watch } from './kit.ts'

interface ServerFrame {
  readonly type: string
  readonly id: string
  readonly data: { readonly n?: unknown; readonly timestamp?: number }
}

interface ServerOptions {
  readonly code?: number
  readonly isBatching?: boolean
  /** Frames that get a reply. @default all */
  readonly replies?: (frame: ServerFrame) => boolean
  readonly isPoison?: (frame: ServerFrame) => boolean
}

/** Reads frames in order and ends the connection at the first that it cannot bear. */
function poisoned(options: ServerOptions = {}, settings: WebSocketManagerOptions = {}) {
  const { code = 1009, isBatching = false, replies = () => true } = options
  const { isPoison = ({ data }) => data?.n === 'poison' } = options
  const taken: unknown[] = []
  const ids = new Set<string>()
  const read = (socket: FakeSocket, frame: ServerFrame) => {
    if (isPoison(frame)) {
      socket.drop(code)
      return false
    }
    if (frame.type === 'ping') socket.receive({ type: 'pong', data: frame.data })
    else {
      // What is sent again has the same id.
      if (!ids.has(frame.id)) taken.push(frame.data?.n ?? frame.type)
      ids.add(frame.id)
      if (replies(frame)) socket.receive({ type: 'response', reply_to: frame.id, data: {} })
    }
    return true
  }
  const onSocket = (socket: FakeSocket) => {
    socket.accept()
    if (isBatching) socket.receive({ type: 'welcome', data: { batch: true } })
    let isOver = false
    socket.onClientMessage = (data) => {
      for (const frame of [JSON.parse(String(data))].flat() as ServerFrame[]) {
        isOver ||= !read(socket, frame)
        if (isOver) return
      }
    }
  }
  return { ...setup(settings, onSocket), taken }
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('a frame that ends every connection', () => {
  it.each([
    ['too large', 1009, false],
    ['too large, in batches', 1009, true],
    ['broken', 1007, false],
    ['the server dies of it', 1006, false],
    ['the server dies of it, in batches', 1011, true],
  ])(
    '[T33] %s: fails alone; what stood before and behind it is delivered once, in order',
    async (_, code, isBatching) => {
      const { manager, clock, taken, sockets } = poisoned({ code, isBatching })
      manager.connect()
      await clock.advance(10)
      await manager.request('hello', { n: 'hello' })
      const ask = (n: unknown) => watch(manager.port.request('ask', { n }, { idempotent: true }))
      const before = numbers(3).map(ask)
      const bad = ask('poison')
      const behind = numbers(3).map((n) => ask(n + 3))
      await clock.advance(30_000)
      expect(bad.error).toMatchObject({
        code: 'rejected',
        reason: code === 1009 ? 'too_large' : String(code),
        retryable: false,
        maybeDelivered: true,
      })
      expect([...before, ...behind].filter(({ value }) => value === undefined)).toEqual([])
      expect(taken).toEqual(['hello', 0, 1, 2, 3, 4, 5])
      expect(manager.store.getState().state).toBe('CONNECTED')
      expect(sockets.length).toBeLessThanOrEqual(5)
    },
  )

  it.each([
    ['answered by kind', () => true],
    ['never answered', ({ type }: ServerFrame) => type !== 'say'],
  ])(
    '[T33] sends without a reply, %s: the poison is reported, the others arrive once',
    async (_, replies) => {
      const { manager, clock, taken, errors } = poisoned({ replies })
      manager.connect()
      await clock.advance(10)
      await manager.request('say-what')
      for (const n of [0, 'poison', 1, 2]) void manager.send('say', { n })
      await clock.advance(30_000)
      expect(taken).toEqual(['say-what', 0, 1, 2])
      expect(errors).toMatchObject([{ code: 'rejected', reason: 'too_large' }])
      expect(manager.store.getState().state).toBe('CONNECTED')
    },
  )

  it('[T33] many of them do not cost the connection', async () => {
    const { manager, clock, taken } = poisoned({}, { reconnect: { maxAttempts: 4, jitter: 0 } })
    manager.connect()
    await clock.advance(10)
    const outcomes = numbers(5).map((n) => [
      watch(manager.port.request('ask', { n: 'poison', of: n }, { idempotent: true })),
      watch(manager.port.request('ask', { n }, { idempotent: true })),
    ])
    await clock.advance(60_000)
    expect(outcomes.map(([bad]) => bad?.error?.code)).toEqual(Array(5).fill('rejected'))
    expect(taken).toEqual(numbers(5))
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T34] said again it is refused at once, for a minute, and costs no connection', async () => {
    const { manager, clock, sockets } = poisoned()
    manager.connect()
    await clock.advance(10)
    const ask = () => watch(manager.request('ask', { n: 'poison' }, { idempotent: true }))
    ask()
    await clock.advance(20_000)
    const { length } = sockets
    const again = ask()
    await clock.advance(0)
    expect(again.error).toMatchObject({ code: 'rejected', reason: 'too_large' })
    expect(sockets.length).toBe(length)
    await clock.advance(60_000)
    const later = ask()
    await clock.advance(20_000)
    expect(later.error).toMatchObject({ code: 'rejected', reason: 'too_large' })
    expect(sockets.length).toBe(length + 1)
  })

  it('[T34] one that is asked anew after each loss is refused as well', async () => {
    const { manager, clock, sockets } = poisoned({ code: 1011 })
    manager.connect()
    const codes: (string | undefined)[] = []
    for (let time = 0; time < 5; time++) {
      const asked = watch(manager.request('pay', { n: 'poison' }))
      await clock.advance(5_000)
      codes.push(asked.error?.code)
    }
    expect(codes).toEqual(['connection_lost', 'connection_lost', 'rejected', 'rejected', 'rejected'])
    expect(sockets.length).toBe(4)
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T34] a server that is down blames nobody', async () => {
    const { manager, clock, socket, sockets } = setup({}, (fake) => fake.accept())
    manager.connect()
    await clock.advance(10)
    const asked = watch(manager.port.request('ask', {}, { idempotent: true }))
    for (let time = 0; time < 8; time++) {
      while (socket().readyState !== 1) await clock.advance(100)
      socket().drop(1011)
    }
    expect(sockets.length).toBe(8)
    expect(asked.isSettled).toBe(false)
  })

  it.each([1001, 1012, 1013, 4029])(
    '[T34] a server that goes on purpose (%i) blames nobody, nor does silence',
    async (code) => {
      const { manager, clock, socket } = setup({})
      manager.connect()
      await clock.advance(10)
      const asked = watch(manager.port.request('ask', {}, { idempotent: true }))
      for (let time = 0; time < 5; time++) {
        socket().drop(code)
        await clock.advance(6_000)
      }
      expect(asked.isSettled).toBe(false)
      expect(socket().frames.map(({ type }) => type)).toEqual(['ask'])
    },
  )

  it('[T34] a slow answer holds the others up for no more than 2.5 s', async () => {
    const { manager, clock, socket } = setup({})
    manager.connect()
    await clock.advance(10)
    const first = socket()
    void manager.request('warm').catch(() => undefined)
    first.receive({ type: 'response', reply_to: first.frames[0]?.id, data: {} })
    for (const n of [1, 2])
      void manager.port.request('ask', { n }, { idempotent: true }).catch(() => undefined)
    first.drop()
    await clock.advance(1_000)
    expect(socket().frames.map(({ type }) => type)).toEqual(['ask'])
    await clock.advance(2_500)
    expect(socket().frames.map(({ type }) => type)).toEqual(['ask', 'ask'])
  })

  it('[T33] a subscription that the server dies of is refused, the others are live', async () => {
    const isPoison = ({ data }: ServerFrame) => (data as { room_id?: number }).room_id === 9
    const { manager, clock, sockets } = poisoned({ code: 1011, isPoison })
    const channels = [1, 9, 2].map((room_id) => listen(manager, { key: { room_id } }))
    await clock.advance(30_000)
    const last = channels.map(({ signals }) => signals.at(-1))
    expect(last).toMatchObject([
      { type: 'live' },
      { type: 'down', error: { code: 'rejected' } },
      { type: 'live' },
    ])
    expect(manager.store.getState().state).toBe('CONNECTED')
    expect(sockets.length).toBeLessThanOrEqual(5)
  })

  it.each([
    ['after a second', 1_000],
    ['after two', 2_000],
  ])(
    '[T61] a server that ends every connection %s is not held against what was on its way',
    async (_, ms) => {
      let isDying = true
      const answer = (socket: FakeSocket, { id }: ServerFrame) =>
        socket.receive({ type: 'response', reply_to: id, data: {} })
      const onSocket = (socket: FakeSocket) => {
        socket.accept()
        socket.receive({ type: 'welcome', data: {} })
        if (isDying) environment.setTimer(() => socket.drop(1006), ms)
        socket.onClientMessage = (data) => {
          if (!isDying) answer(socket, JSON.parse(String(data)))
        }
      }
      const { manager, clock, sockets, environment } = setup(
        { reconnect: { maxIntervalMs: 1_000, jitter: 0 } },
        onSocket,
      )
      const { signals } = listen(manager)
      await clock.advance(20_000)
      const asked = watch(manager.port.request('ask', {}, { idempotent: true }))
      await clock.advance(20_000)
      expect(sockets.length).toBeGreaterThan(5)
      expect(signals.filter((signal) => signal.type === 'down' && signal.error)).toEqual([])
      isDying = false
      await clock.advance(20_000)
      expect(asked).toMatchObject({ value: {} })
      expect(signals.at(-1)).toMatchObject({ type: 'live' })
    },
  )

  it('[T34] one that was given up is asked for again after a minute: it may have been somebody else', async () => {
    let isDown = true
    const isPoison = ({ type }: ServerFrame) => isDown && type === 'subscribe_room'
    const { manager, clock } = poisoned({ code: 1011, isPoison })
    const { signals } = listen(manager)
    await clock.advance(30_000)
    expect(signals.at(-1)).toMatchObject({ type: 'down', error: { code: 'rejected' } })
    isDown = false
    await clock.advance(60_000)
    expect(signals.at(-1)).toMatchObject({ type: 'live' })
  })

  it('[T33] a `sync` that is too large is done without', async () => {
    let seq = 1
    const isPoison = ({ type }: ServerFrame) => type === 'sync'
    const { manager, clock } = poisoned({ isPoison })
    const signals: unknown[] = []
    manager.port.open(
      { key: { room_id: 1 }, subscribe: true },
      { cursor: () => ({ seq: seq++ }), onSignal: (signal) => signals.push(signal) },
    )
    await clock.advance(30_000)
    expect(signals.at(-1)).toMatchObject({ type: 'live', resumed: false })
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T15] [T33] a server that has never answered gets nothing twice, and stays connected', async () => {
    const { manager, clock, taken, sockets } = poisoned({ replies: () => false })
    manager.connect()
    await clock.advance(10)
    for (let time = 0; time < 6; time++) {
      void manager.send('say', { n: 'poison', time })
      await clock.advance(3_000)
      void manager.send('say', { n: time })
      await clock.advance(100)
    }
    await clock.advance(20_000)
    expect(taken).toEqual(numbers(6))
    expect(manager.store.getState().state).toBe('CONNECTED')
    expect(sockets.length).toBe(7)
  })
})
