/** A server clock that stands still until a test moves it. */
import type { ServerClock } from '../../src/testing/server/clock.ts'
import { createVirtualClock } from '../../src/testing/virtualClock.ts'

export interface TestClock extends ServerClock {
  /** Runs what falls due on the way, in order. */
  advance(ms: number): void
}

export function createTestClock(startAt = Date.parse('2024-01-15T10:30:00Z')): TestClock {
  const { wallNow, setTimer, advanceSync } = createVirtualClock(startAt)
  return { now: wallNow, setTimer, advance: advanceSync }
}
