/** Random lives of several tabs. TABS_SCHEDULES sets how many, TABS_SEED where they begin. */
import { expect, it } from 'vitest'
import { runSchedule } from './schedule.ts'

const schedules = Number(process.env.TABS_SCHEDULES ?? 60)
const first = Number(process.env.TABS_SEED ?? 1)

it(`[B18] in ${schedules} random lives from seed ${first}, nothing is lost, doubled or stuck`, {
  timeout: 60_000 + schedules * 1_000,
}, async () => {
  const failed: string[] = []
  for (let seed = first; seed < first + schedules && failed.length < 12; seed++)
    failed.push(...(await runSchedule(seed)))
  expect(failed).toEqual([])
})
