/** One virtual time for everything: server, pages, and TanStack Query itself. */
import { environmentManager, notifyManager, timeoutManager } from '@tanstack/react-query'
import { createFakeEnvironment, type FakeEnvironmentOptions } from '../../src/testing/fakeEnvironment.ts'

export type Fake = ReturnType<typeof createFakeEnvironment>

let current: Fake | undefined
const realNow = Date.now

// A macrotask, as by default: what a component is rendered with comes after all that one task has done.
notifyManager.setScheduler((callback) => {
  if (current) current.environment.setTimer(callback, 0)
  else queueMicrotask(callback)
})
// As in a browser: queries are retried, and forgotten after a while.
environmentManager.setIsServer(() => false)
const cancels = new Map<number, () => void>()
let timers = 0
const start = (run: () => void, delayMs: number): number => {
  const id = ++timers
  const cancel = current?.environment.setTimer(() => {
    cancels.delete(id)
    run()
  }, delayMs)
  if (cancel) cancels.set(id, cancel)
  return id
}
const stop = (id: number | undefined) => {
  if (id === undefined) return
  cancels.get(id)?.()
  cancels.delete(id)
}
timeoutManager.setTimeoutProvider<number>({
  setTimeout: (callback, delay) => start(callback, delay),
  clearTimeout: stop,
  setInterval: () => ++timers,
  clearInterval: stop,
})

/** Until `run` is done, time is virtual for TanStack too. */
export async function inVirtualTime<T>(
  options: FakeEnvironmentOptions,
  run: (fake: Fake) => Promise<T>,
): Promise<T> {
  const fake = createFakeEnvironment(options)
  current = fake
  Date.now = () => fake.environment.wallNow()
  try {
    return await run(fake)
  } finally {
    Date.now = realNow
    current = undefined
    cancels.clear()
  }
}
