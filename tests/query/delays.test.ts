/** How often a live query asks of its own accord, whatever the server makes of it. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import { LiveError } from '../../src/transport/index.ts'
import { createFakePort, type FakeRequest } from './support/fakePort.ts'
import { defineRoom, history, range } from './support/room.ts'

const TEN_MINUTES = 600_000
const STEP_MS = 100

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** A room that is shown, on a server that answers every request at once. */
function show(answer: (request: FakeRequest, fake: ReturnType<typeof createFakePort>) => void) {
  const fake = createFakePort()
  const { live, topic } = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(live.connect(queryClient))
  cleanups.push(new QueryObserver(queryClient, topic({ roomId: '1' })).subscribe(() => undefined))
  let answered = 0
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      fake.advance(STEP_MS)
      fake.frame()
      await fake.settle()
      for (const request of fake.requests.slice(answered)) {
        answered++
        answer(request, fake)
      }
      await fake.settle()
    }
  }
  return { ...fake, pass }
}

it('[Q29] a server that makes every answer doubtful is asked at most 310 times in ten minutes', async () => {
  for (const spoil of ['reset', 'epoch'] as const) {
    let seq = 0
    const { requests, live, pass } = show((request, fake) => {
      request.resolve({ text: 'x', as_of: { seq: ++seq, epoch: `e${seq}` } })
      void fake.settle().then(() => {
        if (spoil === 'reset') fake.live()
        for (let times = 0; spoil === 'epoch' && times < 2; times++)
          fake.emit({ type: 'topic', payload: { text: 'y' }, seq: ++seq, epoch: `e${seq}` })
      })
    })
    live()
    await pass(TEN_MINUTES)
    expect(requests.length, spoil).toBeGreaterThan(3)
    expect(requests.length).toBeLessThanOrEqual(310)
  }
})

it('[Q29] one that refuses what it has answered before is asked less and less often, and not before it says', async () => {
  for (const [retryAfterMs, most] of [
    [undefined, 25],
    [0, 25],
    [120_000, 6],
  ] as const) {
    let isFirst = true
    const { requests, live, pass } = show((request, fake) => {
      if (!isFirst)
        return request.reject(new LiveError('rejected', 'busy', { retryable: true, retryAfterMs }))
      isFirst = false
      request.resolve({ text: 'x' })
      void fake.settle().then(() => fake.live())
    })
    live()
    await pass(TEN_MINUTES)
    expect(requests.length).toBeGreaterThan(2)
    expect(requests.length).toBeLessThanOrEqual(most)
  }
})

it('[Q30] a channel says how long nobody has used it, when it goes', async () => {
  const fake = createFakePort()
  const { live, messages } = defineRoom(fake.port)
  const queryClient = new QueryClient()
  cleanups.push(live.connect(queryClient))
  const stop = new InfiniteQueryObserver(queryClient, messages({ roomId: '1' })).subscribe(() => undefined)
  fake.live()
  await fake.settle()
  fake.requests[0]?.resolve(history(range(1, 3)))
  await fake.settle()
  stop()
  fake.advance(4_999)
  expect(fake.channels[0]).toMatchObject({ closed: false })
  fake.advance(1)
  expect(fake.channels[0]).toMatchObject({ closed: true, idleMs: 5_000 })
})

it('[Q30] of many that are left quickly, most go after a second', async () => {
  const fake = createFakePort()
  const { live, topic } = defineRoom(fake.port)
  const queryClient = new QueryClient()
  cleanups.push(live.connect(queryClient))
  let most = 0
  for (let switches = 0; switches < 80; switches++) {
    const stop = new QueryObserver(queryClient, topic({ roomId: `${switches % 20}` })).subscribe(
      () => undefined,
    )
    fake.live()
    await fake.settle()
    for (const request of fake.requests.splice(0)) request.resolve({ text: 'x' })
    await fake.settle()
    fake.advance(250)
    stop()
    most = Math.max(most, fake.openChannels().length)
  }
  expect(most).toBeLessThanOrEqual(14)
  // They are as idle as those that had their time: nothing is added elsewhere.
  for (const { closed, idleMs } of fake.channels) if (closed) expect(idleMs).toBe(5_000)
  fake.advance(1_000)
  const few = fake.openChannels().length
  expect(few).toBeGreaterThan(0)
  expect(few).toBeLessThanOrEqual(8)
  fake.advance(4_000)
  expect(fake.openChannels()).toHaveLength(0)
})
