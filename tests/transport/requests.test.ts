import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineProtocol, LiveError } from '../../src/transport/index.ts'
import { reply, sentOf, setup, typesOf, watch } from './kit.ts'

describe('requests', () => {
  it('[T16] resolve with the payload of the reply', async () => {
    const { manager, open } = setup()
    const socket = await open()
    const asked = manager.request('get_rooms', { limit: 10 })
    reply(socket, 'get_rooms', { rooms: [] })
    expect(await asked).toEqual({ rooms: [] })
  })

  it.each([
    [[1], { as_of: 8, epoch: 'e' }, { seq: 8, epoch: 'e' }],
    [{ count: 1, as_of: 8, epoch: 'e' }, {}, { seq: 8, epoch: 'e' }],
    [{ count: 1, as_of: 7 }, { as_of: 8 }, { seq: 8 }],
    [{ count: 1, as_of: '8' }, { as_of: 1.5 }, undefined],
  ])(
    '[T60] tell the position of the reply, whatever its schema lets pass: %j %j',
    async (data, envelope, position) => {
      const result = z.union([z.object({ count: z.number() }), z.array(z.number())])
      const protocol = defineProtocol({ requests: { count: { params: z.object({}), result } } })
      const { manager, open } = setup({ protocol: protocol as never })
      const socket = await open()
      const onPosition = vi.fn()
      const asked = manager.port.request('count', {}, { onPosition })
      await Promise.resolve()
      socket.receive({ type: 'response', reply_to: sentOf(socket, 'count')[0]?.id, ...envelope, data })
      expect(await asked).toEqual(Array.isArray(data) ? data : { count: 1 })
      expect(onPosition.mock.calls).toEqual(position ? [[position]] : [])
    },
  )

  it('[T16] take an echo of their id as the reply, and deliver it as the event that it is', async () => {
    const { manager, open } = setup()
    const socket = await open()
    const heard = vi.fn()
    manager.subscribe('chat_message', heard)
    const asked = manager.request('chat_message', { message: 'Hi' })
    socket.receive({
      type: 'chat_message',
      id: sentOf(socket, 'chat_message')[0]?.id,
      message: { content: 'Hi' },
    })
    expect(await asked).toEqual({ content: 'Hi' })
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('[T16] reject with the error of the server', async () => {
    const { manager, open } = setup()
    const socket = await open()
    const asked = manager.request('x')
    socket.receive({
      type: 'error',
      reply_to: sentOf(socket, 'x')[0]?.id,
      error: { code: 'rate_limited', message: 'Slow down', retryable: true, retry_after_ms: 500 },
    })
    await expect(asked).rejects.toMatchObject({
      code: 'rejected',
      reason: 'rate_limited',
      retryable: true,
      retryAfterMs: 500,
      message: expect.stringContaining('Slow down'),
    })
  })

  it.each([
    ['NaN', (id: unknown) => `{"type":"response","reply_to":"${id}","data":{"price":NaN}}`],
    ['no end', (id: unknown) => `{"type":"response","reply_to" : "${id}","data":{"price":1`],
    ['no type', (id: unknown) => `{"reply_to":"${id}","data":{}}`],
    ['an echo', (id: unknown) => `{"type":"x","id":"${id}","data":{"price":Infinity}}`],
    ['a batch', (id: unknown) => `[{"type":"tick"},{"type":"response","reply_to":"${id}","data":NaN}]`],
  ])(
    '[T35] an answer that cannot be read (%s) fails its request at once, and no other',
    async (_, answer) => {
      const { manager, clock, open, errors } = setup()
      const socket = await open()
      const one = watch(manager.request('x'))
      const other = watch(manager.request('y'))
      socket.receive(answer(sentOf(socket, 'x')[0]?.id))
      socket.receive('{"type":"tick","data":{"id":"somebody","text":"\\"reply_to\\":\\"id-2\\"","n":NaN}}')
      await clock.advance(0)
      expect(one.error).toMatchObject({ code: 'invalid_frame', retryable: false })
      expect(other.isSettled).toBe(false)
      expect(errors.map(({ code }) => code)).toEqual(['invalid_frame', 'invalid_frame'])
      reply(socket, 'y', 2)
      await clock.advance(0)
      expect(other.value).toBe(2)
    },
  )

  it('[T35] what is neither text nor bytes costs nothing but a report', async () => {
    const { open, errors } = setup()
    const socket = await open()
    socket.onmessage?.({ data: new Blob(['x']) })
    expect(errors).toMatchObject([{ code: 'invalid_frame' }])
  })

  it.each([
    ['by itself', { code: 'unavailable' }, { retryable: true, retryAfterMs: 2_000 }],
    ['with a time', { code: 'unavailable', retry_after_ms: 7_000 }, { retryable: true, retryAfterMs: 7_000 }],
    ['for good', { code: 'unavailable', retryable: false }, { retryable: false }],
    ['not at all', { code: 'internal' }, { retryable: false, retryAfterMs: undefined }],
  ])(
    '[T37] a server that is unavailable, %s: worth another try in 2 s unless it says otherwise',
    async (_, error, expected) => {
      const { manager, clock, open } = setup()
      const socket = await open()
      const asked = watch(manager.request('x'))
      socket.receive({ type: 'error', reply_to: sentOf(socket, 'x')[0]?.id, error })
      await clock.advance(0)
      expect(asked.error).toMatchObject(expected)
    },
  )

  it('[T16] time out from the call, connecting included', async () => {
    const { manager, clock } = setup({}, () => undefined)
    const asked = watch(manager.request('x', {}, 5_000))
    await clock.advance(4_999)
    expect(asked.isSettled).toBe(false)
    await clock.advance(1)
    expect(asked.error).toMatchObject({ code: 'timeout' })
  })

  it('[T16] time out through the port from when they were written', async () => {
    const { manager, clock, socket } = setup({ connectTimeoutMs: 60_000 }, () => undefined)
    const asked = watch(manager.port.request('x', {}, { timeoutMs: 5_000 }))
    await clock.advance(30_000)
    socket().accept()
    await clock.advance(4_999)
    expect(asked.isSettled).toBe(false)
    await clock.advance(1)
    expect(asked.error).toMatchObject({ code: 'timeout' })
  })

  it('[T16] that are aborted while queued are never sent', async () => {
    const { manager, socket, flush } = setup({}, () => undefined)
    const abort = new AbortController()
    const asked = watch(manager.request('x', {}, { signal: abort.signal }))
    await flush()
    abort.abort(new Error('left'))
    await flush()
    expect(asked.error).toMatchObject({ code: 'aborted', cause: new Error('left') })
    socket().accept()
    await flush()
    expect(typesOf(socket())).toEqual([])
    await expect(manager.request('x', {}, { signal: abort.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  it('[T16] in flight when the connection is lost: idempotent ones are answered after the reconnect, others reject', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    const once = watch(manager.request('pay'))
    const again = watch(manager.request('read', {}, { idempotent: true }))
    first.drop()
    await clock.advance(1_000)
    expect(once.error).toMatchObject({ code: 'connection_lost', maybeDelivered: true })
    expect(typesOf(socket())).toEqual(['read', 'ping'])
    expect(socket().frames[0]?.id).toBe(sentOf(first, 'read')[0]?.id)
    reply(socket(), 'read', 42)
    await clock.advance(0)
    expect(again.value).toBe(42)
  })

  it('[T16] on a connection that has died unnoticed are answered through the next one, in time', async () => {
    const { manager, clock, socket, sockets, open } = setup()
    const dead = await open()
    const asked = watch(manager.port.request('send', {}, { idempotent: true }))
    const other = watch(manager.request('get', {}, { idempotent: true }))
    await clock.advance(5_000)
    expect(typesOf(dead)).toEqual(['send', 'get', 'ping'])
    await clock.advance(2_500 + 1_000)
    expect(sockets).toHaveLength(2)
    for (const type of ['send', 'get']) reply(socket(), type, { done: true })
    await clock.advance(0)
    expect([asked.value, other.value]).toEqual([{ done: true }, { done: true }])
  })

  it('[T16] of a slow server do not cost the connection', async () => {
    const { manager, clock, sockets, open } = setup()
    const socket = await open()
    const asked = watch(manager.request('slow', {}))
    await clock.advance(4_000)
    socket.receive({ type: 'tick' })
    await clock.advance(1_000)
    expect(typesOf(socket)).toEqual(['slow'])
    await clock.advance(5_000)
    expect(asked.error).toMatchObject({ code: 'timeout' })
    expect(sockets).toHaveLength(1)
  })

  it('[T16] settle once, whatever comes after', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    const abort = new AbortController()
    const settled: unknown[] = []
    manager.request('x', {}, { signal: abort.signal, timeoutMs: 100 }).then(
      (value) => settled.push(value),
      (error) => settled.push(error),
    )
    reply(socket, 'x', 1)
    reply(socket, 'x', 2)
    abort.abort()
    socket.drop()
    await clock.advance(10_000)
    expect(settled).toEqual([1])
  })

  it('[T16] reject when the connection gives up or is disconnected, instead of waiting', async () => {
    const { manager, clock } = setup({ reconnect: { maxAttempts: 0 } }, (socket) => socket.drop())
    const asked = watch(manager.port.request('x', {}))
    await clock.advance(0)
    expect(asked.error).toMatchObject({ code: 'connection_failed' })
    await expect(manager.request('y')).rejects.toMatchObject({ code: 'connection_failed' })
    manager.disconnect()
    await expect(manager.request('y')).rejects.toMatchObject({ code: 'disconnected' })
  })

  it('[T16] by the thousand, each gets its own reply', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const all = Promise.all(Array.from({ length: 5_000 }, (_, n) => manager.request('n', n)))
    for (const { id, data } of [...socket.frames].reverse()) {
      socket.receive({ type: 'response', reply_to: id, data: Number(data) * 2 })
    }
    await flush()
    expect((await all).every((value, n) => value === n * 2)).toBe(true)
  })
})

describe('errors', () => {
  it('can be tried again where that helps, unless the server says otherwise', () => {
    const isRetryable = (code: 'timeout' | 'forbidden', retryable?: boolean) =>
      new LiveError(code, '', { retryable }).retryable
    expect([isRetryable('timeout'), isRetryable('forbidden')]).toEqual([true, false])
    expect([isRetryable('timeout', false), isRetryable('forbidden', true)]).toEqual([false, true])
  })
})
