/** Which failed snapshots are tried again, and by whose choice. */
import { QueryClient, QueryObserver, type QueryObserverOptions } from '@tanstack/react-query'
import { afterEach, expect, it, vi } from 'vitest'
import { LiveError } from '../../src/transport/errors.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom } from './support/room.ts'

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  vi.useRealTimers()
})

/** How often a snapshot is asked for that fails every time with `error`. */
async function attempts(
  error: Error,
  { clean, ...own }: Pick<QueryObserverOptions, 'retry'> & { clean?: (value: unknown) => unknown } = {},
  inGeneral: Pick<QueryObserverOptions, 'retry'> = own,
) {
  vi.useFakeTimers()
  const fake = createFakePort()
  if (clean) Object.assign(fake.port, { clean })
  const room = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { ...inGeneral, retryDelay: 1 } } })
  const observer = new QueryObserver(queryClient, { ...room.members({ roomId: 'a' }), ...(own as object) })
  cleanups.push(
    room.live.connect(queryClient),
    observer.subscribe(() => undefined),
  )
  fake.live()
  for (let failures = 0; failures < 10; failures++) {
    await vi.advanceTimersByTimeAsync(10)
    fake.requests[failures]?.reject(error)
  }
  await vi.advanceTimersByTimeAsync(10)
  if (!clean) expect(observer.getCurrentResult().error).toBe(error)
  return fake.requests.length
}

const final = () => new LiveError('rejected', 'no such room')
const passing = () => new LiveError('timeout', 'too slow')

it('[Q15] what the server refused for good is an error at once, whatever the QueryClient says', async () => {
  expect(await attempts(final())).toBe(1)
  expect(await attempts(final(), {}, { retry: 5 })).toBe(1)
})

it('[Q15] what nobody can answer until somebody connects again is an error at once', async () => {
  expect(await attempts(new LiveError('connection_failed', 'gave up'))).toBe(1)
  expect(await attempts(new LiveError('disconnected', 'switched off'))).toBe(1)
})

it('[Q15] what may succeed is tried again, as often as TanStack would', async () => {
  expect(await attempts(passing())).toBe(4)
  expect(await attempts(new Error('HTTP 503'))).toBe(4)
  expect(await attempts(new LiveError('rejected', 'busy', { retryable: true }))).toBe(4)
})

it('[Q15] how often is the choice of the application', async () => {
  expect(await attempts(passing(), {}, { retry: 1 })).toBe(2)
  expect(await attempts(passing(), {}, { retry: false })).toBe(1)
  expect(await attempts(passing(), {}, { retry: (count) => count < 2 })).toBe(3)
  expect(await attempts(passing(), { retry: 2 }, { retry: false })).toBe(3)
  expect(await attempts(final(), { retry: 2 })).toBe(3)
})

it('[Q15] also where a secret was taken out of the error', async () => {
  const clean = () => new Error('HTTP 503 [redacted]')
  expect(await attempts(new Error('HTTP 503 token'), { clean }, { retry: false })).toBe(1)
})
