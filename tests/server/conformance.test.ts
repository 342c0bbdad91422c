/** The promise of the client, on the kit: the same schedules as on the built-in model. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notifyManager } from '@tanstack/react-query'
import { afterAll, describe, expect, it } from 'vitest'
import { checkLiveConformance, type LiveConformanceReport } from '../../src/testing/index.ts'
import { type KeptInDatabase, keptInPostgres, keptInSqlite } from './support/keptModels.ts'
import { createBackEndOn, createKitBackEnd } from './support/kitBackEnd.ts'
import { postgresServer, stopPostgres } from './support/stores.ts'

// Rows are not rendered here; nobody waits for the next macrotask.
notifyManager.setScheduler((callback) => queueMicrotask(callback))

const schedules = Math.ceil(Number(process.env.CONFORMANCE_SCHEDULES ?? 1_600) / 16)
/** `CONFORMANCE_DATABASE_SCHEDULES=5000`: so many on each database. */
const databaseSchedules = Number(
  process.env.CONFORMANCE_DATABASE_SCHEDULES ?? Math.min(200, Math.ceil(schedules / 2)),
)
const timeout = 60_000 + databaseSchedules * 2_000
const seed = Number(process.env.CONFORMANCE_SEED ?? 1)

/** With the seeds, which repeat it. */
const foundIn = ({ failed }: LiveConformanceReport) =>
  failed.map(({ trail, ...found }) => ({ ...found, trail: trail.join(' ') }))

const opened = <Tx>(kept: KeptInDatabase<Tx>, clean: () => unknown = () => undefined) => ({
  kept: kept as KeptInDatabase<unknown>,
  close: async () => {
    await kept.close()
    await clean()
  },
})

const DATABASES = {
  SQLite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'querywire-schedules-'))
    return opened(await keptInSqlite(join(folder, 'test.sqlite')), () => rm(folder, { recursive: true }))
  },
  ...(postgresServer && {
    PostgreSQL: async () => opened(await keptInPostgres(postgresServer?.host ?? '')),
  }),
}
afterAll(stopPostgres)

it('[S26] random schedules: every event counts exactly once, whatever is lost, doubled, late, revoked or cut off', {
  timeout: Math.max(240_000, schedules * 500),
}, async () => {
  const report = await checkLiveConformance({
    level: 3,
    seed,
    schedules,
    maxFailures: 3,
    createBackEnd: createKitBackEnd,
  })
  expect(foundIn(report)).toEqual([])
})

describe.each(Object.entries(DATABASES))('on a real %s', { timeout }, (_name, open) => {
  it('[S56] the same schedules', async () => {
    const { kept, close } = await open()
    try {
      const report = await checkLiveConformance({
        level: 3,
        seed,
        schedules: databaseSchedules,
        maxFailures: 3,
        createBackEnd: (parts) => createBackEndOn(kept, parts),
      })
      expect(foundIn(report)).toEqual([])
      expect(kept.failed).toEqual([])
      expect(report.schedules).toBe(databaseSchedules)
    } finally {
      await close()
    }
  })
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
