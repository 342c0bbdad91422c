/** The promise of the client, on the kit: the same schedules as on the built-in model. */
import { notifyManager } from '@tanstack/react-query'
import { expect, it } from 'vitest'
import { checkLiveConformance } from '../../src/testing/index.ts'
import { createKitBackEnd } from './support/kitBackEnd.ts'

// Rows are not rendered here; nobody waits for the next macrotask.
notifyManager.setScheduler((callback) => queueMicrotask(callback))

const schedules = Math.ceil(Number(process.env.CONFORMANCE_SCHEDULES ?? 8_000) / 16)
const seed = Number(process.env.CONFORMANCE_SEED ?? 1)

it('[S26] random schedules: every event counts exactly once, whatever is lost, doubled, late, revoked or cut off', {
  timeout: Math.max(240_000, schedules * 500),
}, async () => {
  const { failed } = await checkLiveConformance({
    level: 3,
    seed,
    schedules,
    maxFailures: 3,
    createBackEnd: createKitBackEnd,
  })
  expect(failed.map(({ trail, ...found }) => ({ ...found, trail: trail.join(' ') }))).toEqual([])
})

it('[S26] plain setQueryData fails the same schedules', async () => {
  const { counts, failed } = await checkLiveConformance({
    level: 3,
    seed,
    schedules: 50,
    approach: 'setQueryData',
    createBackEnd: createKitBackEnd,
  })
  expect(failed.length).toBeGreaterThan(2)
  expect(counts.lost + counts.stale).toBeGreaterThan(2)
})
