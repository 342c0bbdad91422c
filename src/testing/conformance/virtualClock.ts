/** Time that only moves when it is told to, for the query layer and for the model of a network. */
import type { PortClock } from '../../transport/port.ts'

export interface VirtualClock extends PortClock {
  /** Runs what falls due, in order; everything that follows from it settles before the next. */
  advance(ms: number): Promise<void>
  /** Lets promises settle: all of them, or so many turns. */
  turns(count?: number): Promise<void>
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** More turns than the longest chain of promises between two timers has. */
const ALL_TURNS = 48
const FRAME_MS = 16

export function createVirtualClock(): VirtualClock {
  const timers = new Set<Timer>()
  let now = 0
  let order = 0
  let ids = 0

  function setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { at: now + Math.max(0, delayMs), order: ++order, callback }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function nextDue(until: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.at > until) continue
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    return next
  }

  async function turns(count = ALL_TURNS): Promise<void> {
    for (let turn = 0; turn < count; turn++) await Promise.resolve()
  }

  return {
    now: () => now,
    wallNow: () => now,
    createId: () => `client-${++ids}`,
    setTimer,
    requestFrame: (callback) => setTimer(callback, FRAME_MS),
    turns,
    async advance(ms) {
      const until = now + ms
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer)
        now = timer.at
        timer.callback()
        await turns()
      }
      now = until
    },
  }
}
