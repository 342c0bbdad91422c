import { describe, expect, it } from 'vitest'
import { defineProtocol } from '../../src/transport/index.ts'
import { listen, reply, sentOf, setup, typesOf, watch } from './kit.ts'

const live = { type: 'live', resumed: false, cursor: undefined }
const down = { type: 'down', error: undefined }

describe('channels', () => {
  it('[T22] ask for their subscription before anything queued is sent, and are live when it is confirmed', async () => {
    const { manager, socket, flush } = setup({}, () => undefined)
    void manager.send('a')
    const asked = watch(manager.port.request('get_history', {}))
    const { signals } = listen(manager)
    await flush()
    socket().accept()
    expect(typesOf(socket())).toEqual(['subscribe_room', 'a', 'get_history'])
    expect(sentOf(socket(), 'subscribe_room')[0]?.data).toEqual({ room_id: 7 })
    expect(signals).toEqual([])
    reply(socket(), 'subscribe_room', { seq: 4, epoch: 'e' })
    await flush()
    expect(signals).toEqual([{ ...live, cursor: { seq: 4, epoch: 'e' } }])
    expect(asked.isSettled).toBe(false)
  })

  it('[T22] share one subscription, ended by the last', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const one = listen(manager)
    const two = listen(manager, { key: { room_id: '7' } })
    await flush()
    reply(socket, 'subscribe_room', {})
    await flush()
    const three = listen(manager)
    await flush()
    expect([one, two, three].map(({ signals }) => signals)).toEqual([[live], [live], [live]])
    one.channel.close()
    one.channel.close()
    two.channel.close()
    expect(typesOf(socket)).toEqual(['subscribe_room'])
    three.channel.close()
    expect(typesOf(socket)).toEqual(['subscribe_room', 'unsubscribe_room'])
  })

  it('[T22] are asked for again after every reconnect, and late answers of the old socket mean nothing', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    const { signals } = listen(manager)
    await clock.advance(0)
    first.drop()
    expect(signals).toEqual([down])
    await clock.advance(1_000)
    expect(typesOf(socket())).toEqual(['subscribe_room', 'ping'])
    first.receive({ type: 'response', reply_to: sentOf(first, 'subscribe_room')[0]?.id, data: {} })
    await clock.advance(0)
    expect(signals).toEqual([down])
    reply(socket(), 'subscribe_room', {})
    await clock.advance(0)
    expect(signals).toEqual([down, live])
  })

  it('[T35] an answer that cannot be read takes the channel down, and it is asked for again in 5 s', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    const { signals } = listen(manager)
    await clock.advance(0)
    socket.receive(`{"reply_to":"${sentOf(socket, 'subscribe_room')[0]?.id}","data":{"seq":NaN}}`)
    await clock.advance(4_999)
    expect(signals).toMatchObject([{ type: 'down', error: { code: 'invalid_frame' } }])
    expect(sentOf(socket, 'subscribe_room')).toHaveLength(1)
    await clock.advance(1)
    reply(socket, 'subscribe_room', {})
    await clock.advance(0)
    expect(signals.at(-1)).toEqual(live)
  })

  it('[T35] a `sync` whose answer cannot be read is done without', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    const { signals } = listen(manager, {}, { seq: 1 })
    await clock.advance(0)
    reply(socket, 'subscribe_room', {})
    socket.receive(`{"reply_to":"${sentOf(socket, 'sync')[0]?.id}","data":NaN}`)
    await clock.advance(0)
    expect(signals).toEqual([live])
    expect(sentOf(socket, 'sync')).toHaveLength(1)
  })

  it('[T22] of a server that answers nothing are live with its next frame, or after a second', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    const one = listen(manager, { key: { room_id: 1 } })
    await clock.advance(0)
    socket.receive({ type: 'welcome' })
    expect(one.signals).toEqual([])
    socket.receive({ type: 'tick', data: {} })
    await clock.advance(0)
    expect(one.signals.map(({ type }) => type)).toEqual(['events', 'live'])
    const two = listen(manager, { key: { room_id: 2 } })
    await clock.advance(999)
    expect(two.signals).toEqual([])
    await clock.advance(1)
    expect(two.signals).toEqual([live])
  })

  it('[T22] that need no subscription are live when connected', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const { signals } = listen(manager, { subscribe: false })
    expect(signals).toEqual([])
    await flush()
    expect(signals).toEqual([live])
    expect(typesOf(socket)).toEqual([])
  })

  it('[T22] say when the server refuses them, and try again where it says so', async () => {
    const { manager, clock, open } = setup()
    const socket = await open()
    const { signals } = listen(manager)
    await clock.advance(0)
    const refuse = (retryable: boolean) =>
      socket.receive({
        type: 'error',
        reply_to: sentOf(socket, 'subscribe_room').at(-1)?.id,
        error: { code: 'busy', message: 'Later', retryable, retry_after_ms: 2_000 },
      })
    refuse(true)
    await clock.advance(1_999)
    expect(signals).toEqual([{ type: 'down', error: expect.objectContaining({ reason: 'busy' }) }])
    await clock.advance(1)
    expect(typesOf(socket)).toEqual(['subscribe_room', 'subscribe_room'])
    refuse(false)
    await clock.advance(20_000)
    expect(sentOf(socket, 'subscribe_room')).toHaveLength(2)
  })

  it('[T22] that were refused are asked for again through a socket that takes over', async () => {
    const { manager, socket, open, clock } = setup()
    const first = await open()
    const { signals } = listen(manager)
    await clock.advance(0)
    first.receive({
      type: 'error',
      reply_to: sentOf(first, 'subscribe_room').at(-1)?.id,
      error: { code: 'not_member', message: 'No', retryable: false },
    })
    await clock.advance(20_000)
    first.receive({ type: 'draining', data: {} })
    await clock.advance(2_000)
    expect(socket()).not.toBe(first)
    reply(socket(), 'subscribe_room', {})
    await clock.advance(5_000)
    expect(signals.map(({ type }) => type).slice(0, 2)).toEqual(['down', 'live'])
  })

  it('[T27] that are renewed are asked for again, and live again, for all who have them open', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const spec = { key: { room_id: 7 }, subscribe: true }
    const [one, two] = [listen(manager, spec), listen(manager, spec, { seq: 3, epoch: 'e' })]
    await flush()
    reply(socket, 'subscribe_room', {})
    reply(socket, 'sync', { rooms: { 7: { events: [], complete: true, seq: 3, epoch: 'e' } } })
    await flush()
    for (const { signals } of [one, two]) signals.splice(0)
    manager.port.renew({ key: { room_id: '7' }, subscribe: true })
    await flush()
    expect(sentOf(socket, 'subscribe_room')).toHaveLength(2)
    expect([...one.signals, ...two.signals]).toEqual([])
    reply(socket, 'subscribe_room', {})
    const missed = { type: 'said', data: 1, seq: 4, epoch: 'e' }
    reply(socket, 'sync', { rooms: { 7: { events: [missed], complete: true, seq: 4, epoch: 'e' } } })
    await flush()
    expect(one.signals).toEqual([live])
    expect(two.signals.map(({ type }) => type)).toEqual(['events', 'live'])
  })

  it('[T27] that were refused for good are asked for again when they are renewed', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const { signals } = listen(manager)
    await flush()
    const refuse = async () => {
      const reply_to = sentOf(socket, 'subscribe_room').at(-1)?.id
      socket.receive({ type: 'error', reply_to, error: { code: 'not_member', retryable: false } })
      await flush()
    }
    const spec = { key: { room_id: 7 }, subscribe: true }
    await refuse()
    manager.port.renew(spec)
    await refuse()
    const refused = { type: 'down', error: expect.objectContaining({ reason: 'not_member' }) }
    expect(signals).toEqual([refused, refused])
    manager.port.renew(spec)
    reply(socket, 'subscribe_room', {})
    await flush()
    expect(signals).toEqual([refused, refused, live])
  })

  it('[T27] on a connection of their own are renewed by a frame, or by dialling again', async () => {
    const { manager, clock, socket, open } = setup()
    const first = await open()
    const spec = { key: { room_id: 7 }, subscribe: false }
    const { signals } = listen(manager, spec)
    await clock.advance(0)
    manager.port.renew(spec)
    expect(typesOf(first)).toEqual(['subscribe_room'])
    reply(first, 'subscribe_room', {})
    await clock.advance(0)
    expect(signals).toEqual([live, live])
    first.drop(4003)
    await clock.advance(60_000)
    expect(socket()).toBe(first)
    manager.port.renew(spec)
    await clock.advance(0)
    expect(socket()).not.toBe(first)
    expect(signals.at(-1)).toEqual(live)
    expect(typesOf(socket())).toEqual([])
  })

  it('[T27] that nobody has open are not renewed', async () => {
    const { manager, socket, sockets, open, flush } = setup()
    manager.port.renew({ endpoint: '/elsewhere/', key: {}, subscribe: true })
    expect(sockets).toHaveLength(0)
    await open()
    manager.port.renew({ key: { room_id: 7 }, subscribe: true })
    await flush()
    expect(typesOf(socket())).toEqual([])
  })

  it('[T22] get a socket message as one batch, without what belongs to others', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const seven = listen(manager, { subscribe: false })
    const all = listen(manager, { key: {}, subscribe: false })
    await flush()
    socket.receive([
      { type: 'a', room_id: 7, data: 1, seq: 5, epoch: 'e' },
      { type: 'b', data: { room_id: '8', text: 'payload names the room' } },
      { type: 'c', data: 'of no room', seq: 9 },
      { type: 'd', room_id: 8, data: 2, seq: 6, epoch: 'e' },
    ])
    expect(seven.signals.at(-1)).toEqual({
      type: 'events',
      events: [
        { type: 'a', payload: 1, seq: 5, epoch: 'e' },
        { type: 'c', payload: 'of no room', seq: 9 },
      ],
    })
    expect(all.signals.at(-1)).toEqual({
      type: 'events',
      events: [
        { type: 'a', payload: 1 },
        { type: 'b', payload: { room_id: '8', text: 'payload names the room' } },
        { type: 'c', payload: 'of no room', seq: 9 },
        { type: 'd', payload: 2 },
      ],
    })
  })

  it('[T22] hear nothing of pings and other frames about the connection', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const { signals } = listen(manager, { key: {}, subscribe: false })
    await flush()
    socket.receive({ type: 'pong', data: {} })
    socket.receive({ type: 'welcome', data: {} })
    socket.receive({ type: 'ping', data: { timestamp: 5 } })
    expect(signals).toEqual([live])
    expect(socket.frames).toEqual([{ type: 'pong', data: { timestamp: 5 } }])
  })

  it('[T22] learn that the connection gave up, also when they come later', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    const early = listen(manager)
    socket.drop(4003)
    const late = listen(manager)
    await flush()
    const gaveUp = { type: 'down', error: expect.objectContaining({ code: 'forbidden' }) }
    expect(early.signals.at(-1)).toEqual(gaveUp)
    expect(late.signals).toEqual([gaveUp])
  })

  it('[T22] a broken listener keeps nothing from the others', async () => {
    const { manager, open, flush, errors } = setup()
    const socket = await open()
    manager.port.open(
      { key: {}, subscribe: false },
      {
        cursor: () => undefined,
        onSignal: () => {
          throw new Error('mine')
        },
      },
    )
    const other = listen(manager, { key: {}, subscribe: false })
    await flush()
    socket.receive({ type: 'a' })
    expect(other.signals.map(({ type }) => type)).toEqual(['live', 'events'])
    expect(errors.map(({ cause }) => (cause as Error).message)).toEqual(['mine', 'mine'])
  })

  it('[T22] are carried by whatever frames the protocol names', async () => {
    const protocol = defineProtocol({
      channels: { key: 'topic', subscribe: 'join', unsubscribe: 'leave', sync: 'catch_up', field: 'topics' },
    })
    const { manager, open, flush } = setup({ protocol })
    const socket = await open()
    const { channel } = listen(manager, { key: { topic: 'news' } }, { seq: 1 })
    await flush()
    channel.close()
    expect(socket.frames.map(({ type, data }) => [type, data])).toEqual([
      ['join', { topic: 'news' }],
      ['catch_up', { topics: { news: { seq: 1 } } }],
      ['leave', { topic: 'news' }],
    ])
  })

  describe('with a position', () => {
    const spec = (room_id: number) => ({ key: { room_id }, subscribe: false })
    const at = (seq: number, epoch = 'e') => ({ seq, epoch })

    it('[T23] are caught up together by one sync frame per connection', async () => {
      const { manager, clock, socket, open } = setup()
      await open()
      const one = listen(manager, spec(1), at(3))
      const two = listen(manager, spec(2), at(9))
      const three = listen(manager, spec(3))
      await clock.advance(0)
      const answer = () =>
        reply(socket(), 'sync', {
          rooms: {
            1: { events: [{ type: 'x', data: 1, seq: 4, epoch: 'e' }], complete: true, ...at(4) },
            2: { events: [{ type: 'y', data: 1, seq: 99 }], complete: false, ...at(100, 'f') },
          },
        })
      for (const _ of [1, 2]) {
        expect(sentOf(socket(), 'sync').map(({ data }) => data)).toEqual([{ rooms: { 1: at(3), 2: at(9) } }])
        answer()
        await clock.advance(0)
        const events = { type: 'events', events: [{ type: 'x', payload: 1, seq: 4, epoch: 'e' }] }
        expect(one.signals.splice(0)).toEqual([events, { type: 'live', resumed: true, cursor: at(4) }])
        expect(two.signals.splice(0)).toEqual([{ ...live, cursor: at(100, 'f') }])
        expect(three.signals.splice(0)).toEqual([live])
        socket().drop()
        await clock.advance(1_000)
        for (const { signals } of [one, two, three]) expect(signals.shift()).toEqual(down)
      }
    })

    it('[T23] a history that began anew is not resumed, whatever the server claims', async () => {
      const { manager, open, flush } = setup()
      const socket = await open()
      const { signals } = listen(manager, spec(1), at(3))
      await flush()
      reply(socket, 'sync', { rooms: { 1: { events: [], complete: true, ...at(3, 'other') } } })
      await flush()
      expect(signals).toEqual([{ ...live, cursor: at(3, 'other') }])
    })

    it('[T23] doubt their position when sync is refused or never answered', async () => {
      const { manager, clock, open } = setup({ heartbeat: false })
      const socket = await open()
      const refused = listen(manager, spec(1), at(3))
      await clock.advance(0)
      socket.receive({
        type: 'error',
        reply_to: sentOf(socket, 'sync')[0]?.id,
        error: { code: 'unknown_type' },
      })
      await clock.advance(0)
      expect(refused.signals).toEqual([live])
      const ignored = listen(manager, spec(2), at(3))
      await clock.advance(9_999)
      expect(ignored.signals).toEqual([])
      await clock.advance(1)
      expect(ignored.signals).toEqual([live])
    })

    it('[T23] resync() asks again on the standing subscription, for that listener alone', async () => {
      const { manager, open, flush } = setup()
      const socket = await open()
      const one = listen(manager, spec(1), at(3))
      const two = listen(manager, spec(1))
      await flush()
      reply(socket, 'sync', { rooms: { 1: { events: [], complete: true, ...at(3) } } })
      await flush()
      two.signals.splice(0)
      one.signals.splice(0)
      one.channel.resync()
      one.channel.resync()
      await flush()
      expect(sentOf(socket, 'sync')).toHaveLength(2)
      reply(socket, 'sync', { rooms: { 1: { events: [], complete: true, ...at(3) } } })
      await flush()
      expect(one.signals).toEqual([{ type: 'live', resumed: true, cursor: at(3) }])
      expect(two.signals).toEqual([])
    })

    it('[T23] several views of one channel are served from the earliest position', async () => {
      const { manager, socket, flush } = setup({}, () => undefined)
      listen(manager, spec(1), at(9))
      listen(manager, spec(1), at(4))
      await flush()
      socket().accept()
      expect(sentOf(socket(), 'sync')[0]?.data).toEqual({ rooms: { 1: at(4) } })
    })

    it('[T23] resync_required makes one channel doubt, or all', async () => {
      const { manager, open, flush } = setup()
      const socket = await open()
      const one = listen(manager, spec(1))
      const two = listen(manager, spec(2))
      const ofAllRooms = listen(manager, { key: {}, subscribe: false })
      await flush()
      socket.receive({ type: 'resync_required', room_id: 1, reason: 'overflow' })
      expect([one, two, ofAllRooms].map(({ signals }) => signals.length)).toEqual([2, 1, 2])
      socket.receive({ type: 'resync_required', reason: 'restart' })
      expect([one.signals.length, two.signals.length]).toEqual([3, 2])
      expect(two.signals.at(-1)).toEqual({ type: 'live', resumed: false })
    })

    it('[T23] that are subscribed by being connected learn from the greeting where they stand', async () => {
      const { manager, open, flush } = setup()
      const socket = await open()
      const [one, two] = [listen(manager, spec(1)), listen(manager, spec(2))]
      const all = listen(manager, { key: {}, subscribe: false })
      await flush()
      socket.receive({ type: 'welcome', data: { room_id: 1, ...at(7) } })
      expect(one.signals).toEqual([live, { type: 'live', resumed: true, cursor: at(7) }])
      expect([two.signals, all.signals]).toEqual([[live], [live]])
      const late = listen(manager, spec(1))
      await flush()
      expect(late.signals).toEqual([{ ...live, cursor: at(7) }])
    })

    it('[T23] the greeting may come together with the connection', async () => {
      const { manager, flush } = setup({}, (socket) => {
        socket.accept()
        socket.receive({ type: 'welcome', data: { room_id: 1, ...at(7) } })
      })
      const { signals } = listen(manager, spec(1))
      await flush()
      expect(signals).toEqual([{ ...live, cursor: at(7) }])
    })

    it('[T23] bad events in a sync answer are quarantined', async () => {
      const { manager, open, flush, errors } = setup()
      const socket = await open()
      const { signals } = listen(manager, spec(1), at(3))
      await flush()
      reply(socket, 'sync', { rooms: { 1: { events: [{ nonsense: 1 }], complete: true, ...at(4) } } })
      await flush()
      expect(signals).toEqual([{ type: 'live', resumed: true, cursor: at(4) }])
      expect(errors[0]).toMatchObject({ code: 'invalid_frame' })
    })
  })
})
