import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { createFakeEnvironment } from '../../src/testing/index.ts'
import {
  browserEnvironment,
  createWebSocketManager,
  defineProtocol,
  LiveError,
} from '../../src/transport/index.ts'
import { payloadOf } from '../../src/transport/protocol.ts'
import { jsonCodec } from '../../src/transport/wire/codec.ts'
import { reply, setup } from './kit.ts'

const protocol = defineProtocol({
  events: { price_changed: z.object({ symbol: z.string(), price: z.number() }) },
  requests: { get_prices: { params: z.object({ limit: z.number() }), result: z.array(z.string()) } },
})

describe('protocol', () => {
  it('[T17] finds the payload in `data`, in the only object, or in what is not envelope', () => {
    expect(payloadOf({ type: 'a', data: 1, message: {} })).toBe(1)
    expect(payloadOf({ type: 'a', id: 1, message: { id: 2 } })).toEqual({ id: 2 })
    expect(payloadOf({ type: 'a', user_id: 5, timestamp: 'now' })).toEqual({ user_id: 5 })
    expect(payloadOf({ type: 'a', message: { id: 2 }, extra: 1 })).toEqual({ message: { id: 2 }, extra: 1 })
    expect(payloadOf({ type: 'room_removed', room_id: 7 })).toEqual({ room_id: 7 })
    expect(payloadOf({ type: 'a', list: [1] })).toEqual({ list: [1] })
  })

  it('[T17] an event that does not fit is reported and dropped; the socket and the next event are fine', async () => {
    const { manager, open, errors, log } = setup({ protocol })
    const heard = vi.fn()
    manager.subscribe('price_changed', heard)
    const socket = await open()
    socket.receive({ type: 'price_changed', data: { symbol: 'X', price: 'high' } })
    socket.receive('not json')
    socket.receive({ no: 'type' })
    socket.receive([null, { type: 'price_changed', data: { symbol: 'X', price: 1 } }])
    expect(heard.mock.calls.map(([payload]) => payload)).toEqual([{ symbol: 'X', price: 1 }])
    expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('invalid_frame'))
    expect(errors[0]?.message).toContain('"price"')
    expect(log.filter(({ type }) => type === 'quarantine')).toHaveLength(4)
    expect(socket.readyState).toBe(1)
  })

  it('[T17] types that JavaScript gives a meaning of its own are types like any other', async () => {
    const { manager, errors, open, flush } = setup({ protocol: defineProtocol({}) })
    const socket = await open()
    const seen: unknown[] = []
    for (const type of ['constructor', 'toString', '__proto__']) {
      manager.subscribe(type, (payload) => seen.push(payload))
      socket.receive(`{"type":"${type}","data":${seen.length}}`)
      const asking = manager.request(type, {})
      await flush()
      socket.receive({ type: 'response', reply_to: socket.frames.at(-1)?.id, data: type })
      expect(await asking).toBe(type)
    }
    expect([seen, errors]).toEqual([[0, 1, 2], []])
  })

  it('[T17] checks parameters before anything is sent, and results before anyone sees them', async () => {
    const { manager, open } = setup({ protocol })
    const socket = await open()
    await expect(manager.request('get_prices', { limit: 'all' } as never)).rejects.toMatchObject({
      code: 'invalid_params',
    })
    expect(socket.frames).toEqual([])
    const asked = manager.request('get_prices', { limit: 1 })
    reply(socket, 'get_prices', [1])
    await expect(asked).rejects.toMatchObject({ code: 'invalid_frame' })
  })

  it('[T36] integers beyond 2^53 are their text, in whatever they stand; all others are numbers', async () => {
    const { manager, open, errors } = setup()
    const socket = await open()
    const heard: unknown[] = []
    manager.subscribe('a', (payload) => heard.push(payload))
    const texts = [
      '653247040368672768',
      '-9007199254740993',
      '9007199254740991',
      '1e20',
      '0.1234567890123456',
      '1e999',
    ]
    socket.receive(`{"type":"a","data":{"ids":[${texts}],"text":"653247040368672768"}}`)
    expect(heard).toEqual([
      {
        ids: [
          '653247040368672768',
          '-9007199254740993',
          9007199254740991,
          1e20,
          0.1234567890123456,
          Infinity,
        ],
        text: '653247040368672768',
      },
    ])
    expect(errors).toEqual([])
  })

  it('[T36] wherever in a message they stand', () => {
    for (let length = 0; length < 40; length++)
      for (const id of ['9007199254740993', '-9007199254740993', '12345678901234567890']) {
        const text = `{"pad":"${'x'.repeat(length)}","id":${id},"n":123456789012345}`
        expect(jsonCodec.decode(text)).toEqual({ pad: 'x'.repeat(length), id, n: 123456789012345 })
      }
  })

  it('[T36] an engine that does not tell the source says so once, and delivers', async () => {
    const { manager, open, errors } = setup()
    const socket = await open()
    const parse = JSON.parse
    vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) =>
      parse(text, reviver && ((key, value) => reviver.call(undefined, key, value))),
    )
    const heard: unknown[] = []
    manager.subscribe('a', (payload) => heard.push(payload))
    for (const id of ['653247040368672768', '653247040368672769', '1234567890123456'])
      socket.receive(`{"type":"a","data":{"id":${id}}}`)
    vi.restoreAllMocks()
    expect(heard).toHaveLength(3)
    expect(errors).toMatchObject([{ code: 'invalid_frame', message: expect.stringContaining('strings') }])
  })

  it('[T17] types follow from the protocol', () => {
    const manager = createWebSocketManager({ url: 'ws://x', protocol, debug: false })
    const typed = () => {
      manager.subscribe('price_changed', (payload) =>
        expectTypeOf(payload).toEqualTypeOf<{ symbol: string; price: number }>(),
      )
      manager.subscribe('unlisted', (payload) => expectTypeOf(payload).toBeUnknown())
      manager.subscribe<{ a: 1 }>('unlisted', (payload) => expectTypeOf(payload.a).toEqualTypeOf<1>())
      expectTypeOf(manager.request('get_prices', { limit: 1 })).resolves.toEqualTypeOf<string[]>()
      // @ts-expect-error the parameters of a listed request are checked
      void manager.request('get_prices', { limit: '1' })
      // @ts-expect-error also when they are sent
      void manager.send('get_prices', { limit: '1' })
      expectTypeOf(manager.request('unlisted', 1)).resolves.toBeUnknown()
      expectTypeOf(manager.request<number>('unlisted', 1, 5_000)).resolves.toEqualTypeOf<number>()
    }
    expect(typed).toBeTypeOf('function')
  })
})

describe('inspector', () => {
  it('[T24] one log tells of dials, transitions with their cause, frames, waits and hand-overs', async () => {
    const { manager, clock, log, open } = setup()
    const socket = await open()
    await manager.send('x')
    socket.receive({ type: 'y' })
    socket.drop(1011, 'Restart')
    await clock.advance(1_000)
    manager.port.report({ type: 'gap', from: 1 })
    expect(log.map(({ type }) => type)).toEqual([
      'transition',
      'dial',
      'transition',
      'sent',
      'received',
      'transition',
      'wait',
      'dial',
      'transition',
      'gap',
    ])
    expect(log[5]).toEqual({
      type: 'transition',
      endpoint: '/ws/',
      from: 'CONNECTED',
      to: 'RECONNECTING',
      cause: 'lost',
      problem: { code: 1011, reason: 'Restart' },
      at: 1_705_314_600_000,
    })
  })

  it('[T24] debug lines are worded as in the guide', async () => {
    const lines: string[] = []
    const { manager, clock, open } = setup({ debug: (line) => lines.push(line) })
    const socket = await open()
    await manager.send('x')
    socket.receive({ type: 'y' })
    await clock.advance(30_000)
    socket.receive({ type: 'pong', data: {} })
    expect(lines.map((line) => line.replace('[WebSocketManager] ', ''))).toEqual([
      'IDLE → CONNECTING (connect)',
      'Connecting to WebSocket...',
      'WebSocket connected successfully',
      'Message sent:',
      'Message received:',
      'Heartbeat ping sent',
      'Heartbeat pong received',
    ])
    expect(lines.every((line) => line.startsWith('[WebSocketManager] '))).toBe(true)
  })

  it('[D5] the debug log has a line for every kind of entry, also for one that lacks what its kind has', async () => {
    const lines: [string, ...unknown[]][] = []
    const { manager, open } = setup({ debug: (...line) => lines.push(line) })
    await open()
    const told = (entry: { type: string }) => {
      lines.length = 0
      manager.port.report(entry)
      return lines.map(([line]) => line.replace('[WebSocketManager] ', ''))
    }
    const error = new LiveError('invalid_frame', 'An item of "prices" has no id')
    expect(told({ type: 'roundTrip', latencyMs: 12.4 } as never)).toEqual(['Round trip took 12 ms'])
    expect(told({ type: 'queue', queued: 3 } as never)).toEqual(['Waiting to be sent: 3'])
    expect(told({ type: 'handOver', from: 1, to: 2 } as never)).toEqual(['Socket 2 takes over from 1'])
    expect(told({ type: 'quarantine', definition: 'prices', rows: [], error } as never)).toEqual([
      'quarantine: An item of "prices" has no id',
    ])
    expect(lines[0]?.[1]).toEqual({ definition: 'prices', rows: [] })
    const other = new LiveError('invalid_frame', 'A frame has no "type"')
    expect(told({ type: 'error', error: other } as never)).toEqual(['A frame has no "type"'])
    expect(told({ type: 'gap', after: 12, held: 1 } as never)).toEqual(['gap'])
    expect(lines[0]?.[1]).toEqual({ after: 12, held: 1 })
    const kinds = 'transition dial wait sent received roundTrip queue quarantine handOver error constructor'
    for (const type of kinds.split(' ')) expect(told({ type }), type).toHaveLength(1)
  })

  it('[D5] the debug log is for who asks for it; in development each mistake is told once, with what to do', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    for (const [environment, times] of [
      ['development', 2],
      ['production', 0],
    ] as const) {
      vi.stubEnv('NODE_ENV', environment)
      const { manager, open, errors } = setup({ debug: undefined })
      await open()
      const report = (error: LiveError) => manager.port.report({ type: 'error', error })
      for (const count of [1, 2, 3]) report(new LiveError('misconfigured', `${count} rows left out`))
      report(new LiveError('invalid_frame', 'An item has no id'))
      report(new LiveError('connection_lost', 'The network is gone'))
      expect(errors).toHaveLength(5)
      expect(log).not.toHaveBeenCalled()
      expect(warn.mock.calls.map(([line]) => line)).toEqual(
        ['[querywire] 1 rows left out', '[querywire] An item has no id'].slice(0, times),
      )
      warn.mockClear()
    }
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  it('[D6] two managers for one address, as one user, are told of once; two users are none', async () => {
    const world = createFakeEnvironment()
    const errors: string[] = []
    const make = (token: string, options: object = {}) =>
      createWebSocketManager({
        url: 'ws://chat.test',
        environment: world.environment,
        tokenManager: { getAccessToken: () => token },
        onError: ({ message }) => errors.push(message),
        ...options,
      })
    const first = make('alice')
    first.connect('/a/')
    await world.clock.advance(10)
    first.connect('/b/')
    make('bob').connect('/a/')
    make('alice', { environment: createFakeEnvironment().environment }).connect('/a/')
    await world.clock.advance(10)
    expect(errors).toEqual([])
    const second = make('alice')
    second.connect('/a/')
    await world.clock.advance(10)
    const message =
      'Two managers are connected to ws://chat.test/a/; make one, outside of components, and share it'
    expect(errors).toEqual([message])
    second.disconnect('/a/')
    second.connect('/a/')
    await world.clock.advance(10)
    expect(errors).toEqual([message])
    // One that is gone is none.
    first.close()
    second.close()
    make('alice').connect('/a/')
    await world.clock.advance(10)
    expect(errors).toEqual([message])
  })

  it('[T24] a broken observer or handler breaks nothing, and connection errors reach onError', async () => {
    const { manager, open, errors } = setup()
    manager.inspect(() => {
      throw new Error('observer')
    })
    const heard = vi.fn()
    manager.subscribe('x', () => {
      throw new Error('handler')
    })
    manager.subscribe('x', heard)
    const socket = await open()
    socket.receive({ type: 'x' })
    socket.receive({ type: 'error', error: { code: 'overloaded', message: 'Try later' } })
    expect(heard).toHaveBeenCalledTimes(1)
    expect(errors.map(({ message }) => message)).toEqual([
      'Error: handler',
      expect.stringContaining('Try later'),
    ])
  })
})

describe('environment', () => {
  it('[T21] needs no global until something connects', () => {
    const environment = browserEnvironment()
    expect(environment.createId()).not.toBe(environment.createId())
    expect(environment.isOnline()).toBe(true)
    expect(environment.subscribe(() => undefined)).toBeTypeOf('function')
    expect(createWebSocketManager({ debug: false }).store.getState().state).toBe('IDLE')
  })

  it('[T21] calls back without animation frames too', async () => {
    const environment = browserEnvironment()
    await new Promise<void>((resolve) => environment.requestFrame(resolve))
    const cancelled = vi.fn()
    environment.requestFrame(cancelled)()
    await new Promise<void>((resolve) => environment.setTimer(resolve, 30))
    expect(cancelled).not.toHaveBeenCalled()
  })
})
