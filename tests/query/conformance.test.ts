import { notifyManager } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { checkLiveConformance, type LiveConformanceReport } from '../../src/testing/index.ts'

// Rows are not rendered here; nobody waits for the next macrotask.
notifyManager.setScheduler((callback) => queueMicrotask(callback))

/** More of them: `CONFORMANCE_SCHEDULES=100000 npm run unit -- tests/query/conformance.test.ts`. */
const schedules = Number(process.env.CONFORMANCE_SCHEDULES ?? 800)
const seed = Number(process.env.CONFORMANCE_SEED ?? 1)
const TIMEOUT_MS = Math.max(240_000, schedules * 60)

const NOTHING = { lost: 0, stale: 0, ghost: 0, stuck: 0, duplicate: 0, misplaced: 0 }

/** The seeds that failed and what was found, as the message of the assertion. */
const described = ({ failed }: LiveConformanceReport) =>
  failed.map(({ seed, findings, trail }) => ({ seed, findings, trail: trail.join(' ') }))

const conforms = (level: 0 | 1 | 2 | 3) => async () => {
  const report = await checkLiveConformance({
    level,
    seed,
    schedules: Math.ceil(schedules / 4),
    maxFailures: 3,
  })
  expect(described(report)).toEqual([])
  expect(report.counts).toEqual(NOTHING)
}

describe('random schedules', { timeout: TIMEOUT_MS }, () => {
  it('[Q1a] level 3: every event counts exactly once, whatever is lost, doubled or late', conforms(3))
  it('[Q1b] level 2: loaded ranges equal the server, whatever is lost, doubled or late', conforms(2))
  it('[Q1c] level 1: loaded ranges equal the server, on sockets that keep their order', conforms(1))
  it('[Q1d] level 0: every event that arrives is shown once, and nothing else', conforms(0))
})

describe('control', () => {
  it.each([1, 2, 3] as const)(
    '[Q1] plain setQueryData fails the same schedules at level %d',
    async (level) => {
      const { counts, failed } = await checkLiveConformance({
        level,
        seed,
        schedules: 200,
        approach: 'setQueryData',
      })
      expect(failed.length).toBeGreaterThan(2)
      expect(counts.lost).toBeGreaterThan(2)
    },
  )
})
