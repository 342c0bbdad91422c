/** Random lives of tabs over one outbox. `OUTBOX_SEED=123` runs one schedule, and tells what happens in it. */
import { describe, expect, it } from 'vitest'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { runSchedule } from './support/schedule.ts'

const COUNT = Number(process.env.OUTBOX_SCHEDULES ?? 8)
const SEED = Number(process.env.OUTBOX_SEED ?? Number.NaN)

describe('[Q73] whatever happens to the tabs of a browser', () => {
  it.each([0, 1, 2, 3] as ChatLevel[])(
    'at level %i nothing is lost, doubled, or under another name',
    async (level) => {
      const seeds = Number.isNaN(SEED) ? Array.from({ length: COUNT }, (_, at) => at + 1) : [SEED]
      const failures: string[] = []
      for (const seed of seeds) {
        const problems = await runSchedule(seed, { level, isVerbose: !Number.isNaN(SEED) })
        if (process.env.OUTBOX_TRACE) console.log('seed', seed, level, problems.length)
        if (problems.length > 0) failures.push(`OUTBOX_SEED=${seed} level ${level}: ${problems.join('; ')}`)
      }
      expect(failures).toEqual([])
    },
    600_000,
  )
})
