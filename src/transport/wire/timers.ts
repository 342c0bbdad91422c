/** Timers that suspect themselves before they suspect the network, the waits of many, and the named ones of one connection. */
import type { Environment } from '../environment.ts'

/** What waiting takes. */
export type Patience = Pick<Environment, 'now' | 'setTimer'>

/** A timer this late says that the device slept or the tab was throttled. */
const LATE_MS = 1_000
const GRACE_MS = 1_000

/**
 * Calls back after `delayMs`. If the timer ran late, what was waited for may be lying in the socket's buffer, behind
 * this very callback; then it waits once more (centrifuge-js #398, #423).
 */
export function setDeadline(environment: Patience, delayMs: number, onExpired: () => void): () => void {
  const dueAt = environment.now() + delayMs
  let cancel = environment.setTimer(() => {
    if (environment.now() - dueAt < LATE_MS) onExpired()
    else cancel = environment.setTimer(onExpired, GRACE_MS)
  }, delayMs)
  return () => cancel()
}

/** The waits of one length; the oldest is over first. */
interface Queue {
  readonly waits: Set<{ readonly dueAt: number; readonly run: () => void }>
  cancel: () => void
}

/**
 * The same, with one timer for all waits of the same length, there while one of them is: requests wait by the hundred, and
 * hardly one of them until it is over.
 */
export function withSharedTimers(environment: Environment): Patience {
  const queues = new Map<number, Queue>()
  function arm(queue: Queue, delayMs: number, waitMs: number): void {
    queue.cancel = environment.setTimer(() => {
      const at = environment.now()
      for (const wait of queue.waits) {
        if (wait.dueAt > at) return arm(queue, delayMs, wait.dueAt - at)
        queue.waits.delete(wait)
        // One that throws is not to keep the others waiting.
        queueMicrotask(wait.run)
      }
      queues.delete(delayMs)
    }, waitMs)
  }
  function setTimer(run: () => void, delayMs: number): () => void {
    const wait = { dueAt: environment.now() + delayMs, run }
    const queue = queues.get(delayMs) ?? { waits: new Set(), cancel: () => undefined }
    if (queue.waits.add(wait).size === 1) {
      queues.set(delayMs, queue)
      arm(queue, delayMs, delayMs)
    }
    return () => {
      if (!queue.waits.delete(wait) || queue.waits.size > 0) return
      queue.cancel()
      queues.delete(delayMs)
    }
  }
  return { now: () => environment.now(), setTimer }
}

export type TimerName =
  | 'connect'
  | 'drain'
  | 'greeting'
  | 'handOver'
  | 'heads'
  | 'linger'
  | 'ping'
  | 'pong'
  | 'renewal'
  | 'retry'
  | 'trial'
  | 'uptime'

export interface Timers {
  /** Replaces the timer of that name. */
  set(name: TimerName, delayMs: number, callback: () => void): void
  clear(...names: readonly TimerName[]): void
}

export function createTimers(environment: Environment): Timers {
  const cancel: Partial<Record<TimerName, () => void>> = {}
  return {
    set(name, delayMs, callback) {
      cancel[name]?.()
      cancel[name] = setDeadline(environment, delayMs, callback)
    },
    clear(...names) {
      for (const name of names) cancel[name]?.()
    },
  }
}
