/** Timers that suspect themselves before they suspect the network, and the named ones of one connection. */
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
