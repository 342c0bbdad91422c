/** Timers by name: setting one replaces it, and clearing all of them is one call, so none can be forgotten. */
import { setDeadline } from './deadline.ts'
import type { Environment } from './environment.ts'

export interface Timers<Name extends string> {
  set(name: Name, delayMs: number, callback: () => void): void
  /** Like `set`, with the benefit of the doubt when the timer itself was late. */
  setDeadline(name: Name, delayMs: number, callback: () => void): void
  clear(name: Name): void
  clearAll(): void
}

export function createTimers<Name extends string>(environment: Environment): Timers<Name> {
  const cancels = new Map<Name, () => void>()
  const clear = (name: Name) => {
    cancels.get(name)?.()
    cancels.delete(name)
  }
  const arm = (name: Name, callback: () => void, start: (run: () => void) => () => void) => {
    clear(name)
    cancels.set(
      name,
      start(() => {
        cancels.delete(name)
        callback()
      }),
    )
  }
  return {
    set: (name, delayMs, callback) => arm(name, callback, (run) => environment.setTimer(run, delayMs)),
    setDeadline: (name, delayMs, callback) =>
      arm(name, callback, (run) => setDeadline(environment, delayMs, run)),
    clear,
    clearAll: () => {
      for (const name of [...cancels.keys()]) clear(name)
    },
  }
}
