/** A channel that is known to be behind, at the port. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cursor } from '../../src/transport/port.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom, history, message, range, rowsOf } from './support/room.ts'

const at = (seq: number, epoch = 'e') => ({ seq, epoch })
const created = (seq: number, epoch = 'e') => ({ type: 'created', payload: message(seq), seq, epoch })

let fake: ReturnType<typeof createFakePort>
let stop: () => void
let status: () => string
let ids: () => unknown[]

/** Live at 3, with three messages. */
beforeEach(async () => {
  fake = createFakePort()
  const { live, messages } = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const stopLive = live.connect(queryClient)
  const observer = new InfiniteQueryObserver(queryClient, messages({ roomId: 'a' }))
  const unsubscribe = observer.subscribe(() => undefined)
  stop = () => {
    unsubscribe()
    stopLive()
    queryClient.clear()
  }
  status = () => live.status(queryClient, observer.options.queryKey).status
  ids = () => rowsOf(observer.getCurrentResult().data).map(({ id }) => id)
  fake.live(false, at(3))
  await fake.settle()
  await answer(3)
  expect([ids(), status()]).toEqual([[1, 2, 3], 'live'])
})
afterEach(() => stop())

async function answer(newest: number, epoch = 'e') {
  fake.requests.at(-1)?.resolve(history(range(1, newest), { as_of: newest, epoch, has_older: false }))
  await show()
}

async function show() {
  await fake.settle()
  fake.frame()
  await fake.settle()
}

function head(cursor: Cursor) {
  for (const { listener } of fake.openChannels()) listener.onSignal({ type: 'head', cursor })
}

const resyncs = () => fake.channels[0]?.resyncs
const cursor = () => fake.channels[0]?.listener.cursor()

describe('a channel that is behind', () => {
  it('[Q22] what the server told of asks by itself when its last event was lost, and says so meanwhile', async () => {
    head(at(4))
    fake.advance(199)
    expect([resyncs(), status()]).toEqual([0, 'live'])
    fake.advance(1)
    expect([resyncs(), status()]).toEqual([1, 'gap'])
    fake.advance(60_000)
    expect(resyncs()).toBe(1)
    fake.emit(created(4))
    fake.live(true, at(4))
    await show()
    expect([ids(), status(), cursor()]).toEqual([[1, 2, 3, 4], 'live', at(4)])
    fake.advance(60_000)
    expect([resyncs(), fake.requests.length]).toEqual([1, 1])
  })

  it('[Q22] does not ask for what comes in a moment, nor for what it has', async () => {
    head(at(4))
    fake.advance(100)
    fake.emit(created(4))
    head(at(4))
    fake.advance(60_000)
    expect([resyncs(), status()]).toEqual([0, 'live'])
  })

  it('[Q22] asks when it is live again, where it learnt of it before', async () => {
    fake.down()
    head(at(5))
    fake.advance(60_000)
    fake.emit(created(4))
    fake.live(true, at(4))
    fake.advance(200)
    expect(resyncs()).toBe(1)
  })

  it('[Q22] asks once for what the server then denies, however often that is told', async () => {
    for (let times = 1; times <= 5; times++) {
      head(at(9))
      fake.advance(200)
      expect(resyncs()).toBe(times)
      fake.live(true, at(3))
      fake.advance(60_000)
    }
    await show()
    expect([resyncs(), status(), fake.requests.length]).toEqual([5, 'live', 1])
  })

  it('[Q22] asks anew for what became known after it had asked', () => {
    head(at(4))
    fake.advance(200)
    head(at(5))
    fake.emit(created(4))
    fake.live(true, at(4))
    expect(status()).toBe('live')
    fake.advance(200)
    expect([resyncs(), status()]).toEqual([2, 'gap'])
  })

  it('[Q22] does not ask where it knows no position', () => {
    fake.live(false)
    head(at(9))
    fake.advance(60_000)
    expect(resyncs()).toBe(0)
  })
})

describe('[Q23] a number that never comes', () => {
  it('costs one question and one snapshot, and what follows it is shown', async () => {
    fake.emit(created(5), created(6))
    fake.advance(200)
    fake.emit(created(5), created(6))
    fake.live(true, at(6))
    await show()
    expect([resyncs(), fake.requests.length, cursor()]).toEqual([1, 2, at(6)])
    await answer(6)
    fake.emit(created(7))
    await show()
    expect([ids(), status()]).toEqual([range(1, 7).map(({ id }) => id), 'live'])
    fake.advance(600_000)
    expect([resyncs(), fake.requests.length]).toEqual([1, 2])
  })

  it.each([2 ** 53 - 1, 1_000_000])('may be invented: %d', async (seq) => {
    fake.emit({ ...created(4), seq })
    fake.advance(200)
    fake.live(true, at(3))
    await show()
    await answer(3)
    fake.emit(created(4))
    await show()
    expect([ids(), status(), cursor()]).toEqual([[1, 2, 3, 4], 'live', at(4)])
    fake.advance(600_000)
    expect([resyncs(), fake.requests.length]).toEqual([1, 2])
  })

  it('keeps what came while the question was under way', async () => {
    fake.emit(created(5))
    fake.advance(200)
    fake.emit(created(5), created(6))
    fake.emit({ ...created(7) })
    fake.live(true, at(6))
    await show()
    expect(cursor()).toEqual(at(7))
    await answer(6)
    expect([ids(), status()]).toEqual([range(1, 7).map(({ id }) => id), 'live'])
  })

  it('shows at the end of a catch-up too', async () => {
    fake.down()
    fake.live(true, at(4))
    fake.advance(200)
    fake.live(true, at(4))
    await show()
    expect([resyncs(), fake.requests.length, cursor()]).toEqual([1, 2, at(4)])
    fake.advance(600_000)
    expect(resyncs()).toBe(1)
  })

  it('is not counted on by a snapshot either', async () => {
    fake.live(false)
    await fake.settle()
    fake.requests.at(-1)?.resolve(history(range(1, 3), { as_of: Number.POSITIVE_INFINITY }))
    await show()
    fake.emit(created(4))
    await show()
    expect(ids()).toEqual([1, 2, 3, 4])
  })
})

describe('[Q24] a server that stands elsewhere', () => {
  it('in another history is asked, and its word is taken', async () => {
    head(at(1, 'f'))
    fake.advance(200)
    expect(resyncs()).toBe(1)
    fake.live(false, at(1, 'f'))
    await fake.settle()
    await answer(1, 'f')
    fake.emit(created(2, 'f'))
    await show()
    expect([ids(), status(), cursor()]).toEqual([[1, 2], 'live', at(2, 'f')])
    fake.advance(600_000)
    expect([resyncs(), fake.requests.length]).toEqual([1, 2])
  })

  it('a little behind, as a replica may be, is left alone', async () => {
    for (let seq = 4; seq <= 20; seq++) {
      fake.emit(created(seq))
      head(at(seq - 1))
      fake.advance(1_000)
    }
    expect([resyncs(), status()]).toEqual([0, 'live'])
  })

  it('behind what it once had is asked: it lost what it told, and will tell other things under those numbers', async () => {
    head(at(3))
    head(at(2))
    expect(resyncs()).toBe(1)
    fake.live(false, at(2))
    await fake.settle()
    await answer(2)
    fake.emit({ ...created(3), payload: message(3, 'another') })
    await show()
    expect([ids(), status(), cursor()]).toEqual([[1, 2, 3], 'live', at(3)])
    head(at(3))
    fake.advance(600_000)
    expect(resyncs()).toBe(1)
  })

  it('does not stand by what overtook a missing number before the connection was lost', async () => {
    fake.emit({ type: 'deleted', payload: { id: 3 }, ...at(6) })
    await show()
    fake.down()
    fake.live(true, at(3))
    for (const seq of [4, 5, 6]) fake.emit(created(seq))
    await show()
    expect([ids(), status(), cursor()]).toEqual([[1, 2, 3, 4, 5, 6], 'live', at(6)])
  })

  it('behind what it sent does not stand by it: no later snapshot takes it for news', async () => {
    fake.emit({ type: 'deleted', payload: { id: 2 }, ...at(4) })
    await show()
    expect(ids()).toEqual([1, 3])
    fake.down()
    fake.live(false, at(3))
    await fake.settle()
    await answer(3)
    expect([ids(), status(), cursor()]).toEqual([[1, 2, 3], 'live', at(3)])
  })
})
