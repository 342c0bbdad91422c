import { describe, expect, it } from 'vitest'
import { sentOf, setup, typesOf, watch } from './kit.ts'

describe('sending', () => {
  it('[T14] wraps what it sends in the envelope', async () => {
    const { manager, open } = setup()
    const socket = await open()
    await manager.send('chat_message', { message: 'Hello' })
    expect(socket.frames).toEqual([
      {
        type: 'chat_message',
        data: { message: 'Hello' },
        timestamp: '2024-01-15T10:30:00.000Z',
        id: expect.any(String),
      },
    ])
  })

  it('[T14] reliable frames wait in order; volatile ones are dropped; of equal `latest` ones the last is sent', async () => {
    const { manager, clock, socket, open } = setup()
    await open()
    socket().drop()
    const outcomes = [
      manager.send('a', 1),
      manager.send('typing', 1, { delivery: 'volatile' }),
      manager.send('read', 1, { delivery: { latest: 'room-1' } }),
      manager.send('read', 9, { delivery: { latest: 'room-2' } }),
      manager.send('b', 2),
      manager.send('read', 2, { delivery: { latest: 'room-1' } }),
    ]
    expect(manager.store.getState().queued).toBe(4)
    await clock.advance(1_000)
    await Promise.all(outcomes)
    expect(socket().frames.map(({ type, data }) => [type, data])).toEqual([
      ['a', 1],
      ['read', 9],
      ['b', 2],
      ['read', 2],
    ])
    expect(manager.store.getState().queued).toBe(0)
  })

  it('[T14] a full queue refuses the newest, by count and by bytes', async () => {
    const { manager, flush } = setup({ queue: { maxItems: 2, maxBytes: 400 } }, () => undefined)
    const first = watch(manager.send('a'))
    const tooBig = watch(manager.send('b', 'x'.repeat(400)))
    const second = watch(manager.send('c'))
    const third = watch(manager.send('d'))
    await flush()
    expect([first.isSettled, second.isSettled]).toEqual([false, false])
    expect(tooBig.error).toMatchObject({ code: 'queue_full', retryable: true })
    expect(third.error).toMatchObject({ code: 'queue_full' })
  })

  it('[T14] the last `latest` one takes the place of the one before, also in a full queue', async () => {
    const { manager, open, flush } = setup({ queue: { maxItems: 2 } })
    const delivery = { latest: 'cursor' }
    const first = watch(manager.send('cursor', 1, { delivery }))
    watch(manager.send('message'))
    const last = watch(manager.send('cursor', 2, { delivery }))
    await flush()
    const socket = await open()
    await flush()
    expect([first.error, last.error]).toEqual([undefined, undefined])
    expect(sentOf(socket, 'cursor').map(({ data }) => data)).toEqual([2])
  })

  it('[T14] what is sent while the socket is closing waits for the next one', async () => {
    const { manager, clock, socket, open, flush } = setup()
    const first = await open()
    first.close(1000)
    const sent = watch(manager.send('a'))
    await flush()
    expect([typesOf(first), sent.isSettled]).toEqual([[], false])
    await clock.advance(1_000)
    expect([typesOf(socket()), sent.isSettled]).toEqual([['a'], true])
  })

  it('[T15] a frame that cannot be encoded takes no other frame of its batch with it', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    socket.receive({ type: 'welcome', data: { batch: true } })
    const outcomes = [1, 1n, 3].map((data) => watch(manager.send('a', data)))
    await flush()
    expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'invalid_params', undefined])
    expect(sentOf(socket, 'a').map(({ data }) => data)).toEqual([1, 3])
  })

  it('[T14] what has waited for a minute is given up, and nothing older than that is sent', async () => {
    const { manager, clock, socket } = setup({ reconnect: { maxAttempts: 1_000 } }, () => undefined)
    const sent = watch(manager.send('a'))
    await clock.advance(59_999)
    expect(sent.isSettled).toBe(false)
    const later = watch(manager.send('b'))
    await clock.advance(1)
    expect(sent.error).toMatchObject({ code: 'expired' })
    await clock.advance(100)
    socket().accept()
    await clock.advance(0)
    expect(typesOf(socket())).toEqual(['b'])
    expect(later.isSettled).toBe(true)
  })

  it('[T14] refuses what cannot be encoded', async () => {
    const { manager, open } = setup()
    const socket = await open()
    const circular: Record<string, unknown> = {}
    circular.self = circular
    await expect(manager.send('a', circular)).rejects.toMatchObject({ code: 'invalid_params' })
    await manager.send('b')
    expect(typesOf(socket)).toEqual(['b'])
  })

  it('[T15] unacknowledged frames go out again with the same id, acknowledged ones do not', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    for (const n of [1, 2, 3]) await manager.send('msg', n)
    const [one, two, three] = first.frames
    first.receive({ type: 'response', reply_to: one?.id, data: {} })
    first.receive({ type: 'msg', id: three?.id, data: {} })
    first.drop()
    void manager.send('msg', 4)
    await clock.advance(1_000)
    // What was on its way when a connection ended goes alone.
    socket().receive({ type: 'response', reply_to: two?.id, data: {} })
    await clock.advance(0)
    expect(socket().frames.map(({ id, data }) => [id, data])).toEqual([
      [two?.id, 2],
      [expect.any(String), 4],
    ])
  })

  it('[T15] nothing is sent twice to a server that has never answered', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    await manager.send('msg', 1)
    first.receive({ type: 'msg', message: { content: 'broadcast without the id' } })
    first.drop()
    await clock.advance(1_000)
    expect(socket()).not.toBe(first)
    expect(typesOf(socket())).toEqual([])
  })

  it('[T15] frames of a kind that gets no answer are not sent again once something later was answered', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    await manager.send('mute', 1)
    const asked = manager.request('ask')
    first.receive({ type: 'response', reply_to: sentOf(first, 'ask')[0]?.id, data: {} })
    await asked
    await manager.send('mute', 2)
    first.drop()
    await clock.advance(1_000)
    expect(sentOf(socket(), 'mute').map(({ data }) => data)).toEqual([2])
  })

  it('[T15] packs what one turn sends when the server says that it takes batches', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    socket.receive({ type: 'welcome', data: { batch: true } })
    void manager.send('a')
    void manager.send('b')
    const asked = manager.request('c')
    await flush()
    expect(socket.sent).toHaveLength(1)
    expect(typesOf(socket)).toEqual(['a', 'b', 'c'])
    socket.receive([{ type: 'tick' }, { type: 'response', reply_to: sentOf(socket, 'c')[0]?.id, data: 3 }])
    expect(await asked).toBe(3)
  })

  it('[T18] while the socket is not keeping up, lower classes wait and reliable frames go on', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    socket.bufferedAmount = 300_000
    await manager.send('a')
    await manager.send('typing', {}, { delivery: 'volatile' })
    const read = watch(manager.send('read', 1, { delivery: { latest: 'r' } }))
    await manager.send('b')
    expect(typesOf(socket)).toEqual(['a', 'b'])
    socket.bufferedAmount = 100_000
    await clock.advance(1_000)
    expect(read.isSettled).toBe(false)
    socket.bufferedAmount = 60_000
    await clock.advance(50)
    expect(typesOf(socket)).toEqual(['a', 'b', 'read'])
    expect(read.isSettled).toBe(true)
  })
})
