/** Work that waits only where its driver does: written once, for those that answer at once and those that do not. */

/** Yields what it waits for, and goes on with what comes of it. */
export type Steps<T> = Generator<PromiseLike<unknown>, T, unknown>

export type Awaitable<T> = T | PromiseLike<T>

const isThenable = <T>(value: Awaitable<T>): value is PromiseLike<T> =>
  typeof Object(value).then === 'function'

export function* wait<T>(value: Awaitable<T>): Steps<T> {
  return isThenable(value) ? ((yield value) as T) : value
}

/** The same for one thing that follows from another. */
export const after = <T, Next>(value: Awaitable<T>, next: (value: T) => Awaitable<Next>): Awaitable<Next> =>
  isThenable(value) ? value.then(next) : next(value)

/** @throws Error where it has to wait for something */
export function runNow<T>(steps: Steps<T>): T {
  const step = steps.next()
  if (step.done) return step.value
  throw new Error('This store cannot answer at once: use memoryStore()')
}

/** At once where nothing is waited for. */
export function run<T>(steps: Steps<T>): T | Promise<T> {
  const step = steps.next()
  return step.done ? step.value : goOn(steps, step.value)
}

async function goOn<T>(steps: Steps<T>, first: PromiseLike<unknown>): Promise<T> {
  let waiting = first
  for (;;) {
    const next = await waiting.then(
      (value) => () => steps.next(value),
      (error: unknown) => () => steps.throw(error),
    )
    const step = next()
    if (step.done) return step.value
    waiting = step.value
  }
}
