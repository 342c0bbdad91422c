/** A server clock that stands still until a test moves it. */
import type { ServerClock } from '../../src/testing/server/clock.ts'

export interface TestClock extends ServerClock {
  /** Runs what falls due on the way, in order. */
  advance(ms: number): void
}

export function createTestClock(startAt = Date.parse('2024-01-15T10:30:00Z')): TestClock {
  let nowMs = startAt
  let timers: { readonly dueAt: number; readonly run: () => void }[] = []
  return {
    now: () => nowMs,
    setTimer: (run, delayMs) => {
      const timer = { dueAt: nowMs + delayMs, run }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
    advance: (ms) => {
      const untilMs = nowMs + ms
      for (;;) {
        // Sorting is stable: timers of the same moment run in the order in which they were set.
        const [next] = timers.filter(({ dueAt }) => dueAt <= untilMs).sort((a, b) => a.dueAt - b.dueAt)
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        nowMs = Math.max(nowMs, next.dueAt)
        next.run()
      }
      nowMs = untilMs
    },
  }
}
