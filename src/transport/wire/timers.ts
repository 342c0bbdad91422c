/** Timers that suspect themselves before they suspect the network, the waits of many, and the named ones of one connection. */
import type { Environment } from '../environment.ts'

/** A timer this late says that the device slept or the tab was throttled. */
const LATE_MS = 1_000
const GRACE_MS = 1_000

/**
 * Calls back after `delayMs`. If the timer ran late, what was waited for may be lying in the socket's buffer, behind
 * this very callback; then it waits once more (centrifuge-js #398, #423).
 */
export function setDeadline(environment: Environment, delayMs: number, onExpired: () => void): () => void {
  const dueAt = environment.now() + delayMs
  let cancel = environment.setTimer(() => {
    if (environment.now() - dueAt < LATE_MS) onExpired()
    else cancel = environment.setTimer(onExpired, GRACE_MS)
  }, delayMs)
  return () => cancel()
}

interface Wait {
  readonly dueAt: number
  readonly run: () => void
}

/** The waits of one length; the oldest is over first. */
interface Queue {
  readonly waits: Set<Wait>
  cancel: () => void
}

/**
 * The same, with one timer for all waits of the same length, there while one of them is: requests wait by the hundred, and
 * hardly one of them until it is over.
 */
export function withSharedTimers(environment: Environment): Environment {
  const queues = new Map<number, Queue>()
  const end = (delayMs: number, queue: Queue) => {
    queue.cancel()
    if (queues.get(delayMs) === queue) queues.delete(delayMs)
  }
  const arm = (delayMs: number, queue: Queue, waitMs: number) => {
    queue.cancel = environment.setTimer(() => expire(delayMs, queue), waitMs)
  }
  function expire(delayMs: number, queue: Queue): void {
    const at = environment.now()
    const due: Wait[] = []
    let waitMs = 0
    for (const wait of queue.waits) {
      waitMs = wait.dueAt - at
      if (waitMs > 0) break
      due.push(wait)
    }
    // First of all: what runs may wait again, or throw.
    if (waitMs > 0) arm(delayMs, queue, waitMs)
    else end(delayMs, queue)
    for (const wait of due) if (queue.waits.delete(wait)) wait.run()
  }
  function setTimer(run: () => void, delayMs: number): () => void {
    const wait = { dueAt: environment.now() + delayMs, run }
    const known = queues.get(delayMs)
    const queue = known ?? { waits: new Set(), cancel: () => undefined }
    queue.waits.add(wait)
    if (!known) {
      queues.set(delayMs, queue)
      arm(delayMs, queue, delayMs)
    }
    return () => {
      if (queue.waits.delete(wait) && queue.waits.size === 0) end(delayMs, queue)
    }
  }
  return Object.assign(Object.create(environment) as Environment, { setTimer })
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
