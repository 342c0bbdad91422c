/** What an event costs does not depend on how many channels are open. Counted, not timed. */
import { describe, expect, it } from 'vitest'
import type { Id } from '../../src/transport/index.ts'
import { listen, setup } from './kit.ts'

/** Counts who looks at it. */
function watchedKey(key: Record<string, Id>, counter: { looks: number }): Record<string, Id> {
  return new Proxy(key, {
    get(target, name, receiver) {
      counter.looks++
      return Reflect.get(target, name, receiver)
    },
    ownKeys(target) {
      counter.looks++
      return Reflect.ownKeys(target)
    },
  })
}

async function withChannels(count: number, keyOf: (at: number) => Record<string, Id>) {
  const { manager, open } = setup()
  const counter = { looks: 0 }
  const heard = Array.from({ length: count }, (_, at) =>
    listen(manager, { key: watchedKey(keyOf(at), counter), subscribe: false }),
  )
  const socket = await open()
  counter.looks = 0
  const eventsOf = (at: number) =>
    (heard[at]?.signals ?? []).flatMap((signal) => (signal.type === 'events' ? signal.events : []))
  return { socket, counter, eventsOf, close: (at: number) => heard[at]?.channel.close() }
}

const keys: Record<string, (at: number) => Record<string, Id>> = {
  'the protocol’s own': (at) => ({ room_id: at }),
  'one of the application’s': (at) => ({ symbol: `s${at}` }),
  'two of them': (at) => ({ board: at % 40, list: Math.floor(at / 40) }),
}

describe('[T63] an event', () => {
  it.each(Object.entries(keys))(
    'finds its channel among two thousand by %s, and looks at no other',
    async (_, keyOf) => {
      const { socket, counter, eventsOf } = await withChannels(2_000, keyOf)
      socket.receive({ type: 'happened', data: { ...keyOf(1_234), n: 1 } })
      socket.receive({ type: 'happened', ...keyOf(77), data: { n: 2 } })
      expect(eventsOf(1_234)).toMatchObject([{ payload: { n: 1 } }])
      expect(eventsOf(77)).toMatchObject([{ payload: { n: 2 } }])
      expect(eventsOf(5)).toEqual([])
      expect(counter.looks).toBe(0)
    },
  )

  it('that names no channel, or only a part of its name, is told to all that it may be of', async () => {
    const { socket, eventsOf } = await withChannels(80, keys['two of them'] as never)
    socket.receive({ type: 'happened', data: { list: 1 } })
    expect(eventsOf(0)).toHaveLength(0)
    expect(eventsOf(41)).toHaveLength(1)
    socket.receive({ type: 'happened', data: {} })
    expect(eventsOf(0)).toHaveLength(1)
    expect(eventsOf(41)).toHaveLength(2)
    socket.receive({ type: 'happened', data: { board: { odd: 1 }, list: 1 } })
    expect(eventsOf(41)).toHaveLength(2)
  })

  it('is told in the order in which channels were opened, whatever they are named by', async () => {
    const { manager, open } = setup()
    const order: string[] = []
    const specs: Record<string, Id>[] = [{ symbol: 'a' }, {}, { room_id: 1 }, { room_id: 1, symbol: 'a' }]
    specs.forEach((key, at) => {
      manager.port.open(
        { key, subscribe: false },
        { cursor: () => undefined, onSignal: ({ type }) => type === 'events' && order.push(String(at)) },
      )
    })
    const socket = await open()
    socket.receive({ type: 'happened', room_id: 1, data: { symbol: 'a' } })
    expect(order).toEqual(['0', '1', '2', '3'])
  })

  it('is not heard where its channel was closed, and is where it was opened again', async () => {
    const { manager, open } = setup()
    const first = listen(manager, { key: { room_id: 1 }, subscribe: false })
    const socket = await open()
    first.channel.close()
    const second = listen(manager, { key: { room_id: '1' }, subscribe: false })
    await Promise.resolve()
    socket.receive({ type: 'happened', room_id: 1, data: {} })
    expect(first.signals.filter(({ type }) => type === 'events')).toEqual([])
    expect(second.signals.filter(({ type }) => type === 'events')).toHaveLength(1)
  })
})
