/** The stores under test, each with the one little table that the tests write to. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolClient } from 'pg'
import { startPostgres } from '../../../scripts/databases.mjs'
import type { SqliteHandle } from '../../../src/server/node/optionalTypes.ts'
import type { Store, StoreLimits } from '../../../src/server/store.ts'
import { memoryStore } from '../../../src/server/stores/memoryStore.ts'
import type { MemoryTables } from '../../../src/server/stores/memoryTables.ts'
import { postgresStore } from '../../../src/server/stores/postgresStore.ts'
import { sqliteStore } from '../../../src/server/stores/sqliteStore.ts'
import { createSchema, poolOf, startIfThere } from './databases.ts'

/** The same few things, whatever the driver. */
export interface Counters {
  add(name: string): unknown
  all(): Record<string, number> | Promise<Record<string, number>>
}

export interface StoreUnderTest<Tx> {
  readonly store: Store<Tx>
  /** Another process with the same data: nothing of the first one's memory. */
  another(): Store<Tx>
  readonly counters: (tx: Tx) => Counters
  close(): Promise<void>
}

const memoryCounters = (tx: MemoryTables): Counters => ({
  add: (name) => tx.set('counters', name, (tx.get<number>('counters', name) ?? 0) + 1),
  // Rows do not say their ids.
  all: () =>
    Object.fromEntries(
      ['a', 'b', 'c', 'd']
        .map((name) => [name, tx.get<number>('counters', name)])
        .filter(([, count]) => count),
    ),
})

const sqliteCounters = (tx: SqliteHandle): Counters => ({
  add: (name) => {
    tx.prepare('INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET count = count + 1').run(
      name,
    )
  },
  all: () =>
    Object.fromEntries(
      tx
        .prepare('SELECT name, count FROM counters')
        .all()
        .map(({ name, count }) => [String(name), Number(count)]),
    ),
})

const postgresCounters = (tx: PoolClient): Counters => ({
  add: (name) =>
    tx.query(
      'INSERT INTO counters AS c VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET count = c.count + 1',
      [name],
    ),
  all: async () => {
    const { rows } = await tx.query<{ name: string; count: number }>('SELECT name, count FROM counters')
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
  },
})

async function memory(limits: StoreLimits): Promise<StoreUnderTest<MemoryTables>> {
  const store = memoryStore(limits)
  return { store, another: () => store, counters: memoryCounters, close: store.close }
}

async function sqlite(limits: StoreLimits): Promise<StoreUnderTest<SqliteHandle>> {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-store-'))
  const open = () => sqliteStore(join(folder, 'test.sqlite'), limits)
  const opened = [open()]
  const [store] = opened as [Store<SqliteHandle>]
  await store.transaction(({ tx }) =>
    tx.exec('CREATE TABLE counters (name TEXT PRIMARY KEY, count INTEGER NOT NULL)'),
  )
  return {
    store,
    another: () => {
      const other = open()
      opened.push(other)
      return other
    },
    counters: sqliteCounters,
    close: async () => {
      await Promise.all(opened.map((each) => each.close()))
      await rm(folder, { recursive: true })
    },
  }
}

export const postgresServer = await startIfThere(startPostgres)

export const stopPostgres = () => postgresServer?.stop()

export async function postgres(limits: StoreLimits = {}) {
  if (!postgresServer) throw new Error('There is no PostgreSQL')
  const { host } = postgresServer
  const schema = await createSchema(host)
  const pools = [poolOf(host, schema)]
  const [pool] = pools as [(typeof pools)[0]]
  const store = postgresStore(pool, limits)
  await store.migrate()
  await pool.query('CREATE TABLE counters (name text PRIMARY KEY, count integer NOT NULL)')
  return {
    store,
    pool,
    another: () => {
      const other = poolOf(host, schema)
      pools.push(other)
      return postgresStore(other, limits)
    },
    counters: postgresCounters,
    close: async () => {
      await store.close()
      await Promise.all(pools.splice(0).map((each) => each.end()))
    },
  }
}

export const STORES = {
  memory: (limits: StoreLimits = {}) => memory(limits) as Promise<StoreUnderTest<unknown>>,
  sqlite: (limits: StoreLimits = {}) => sqlite(limits) as Promise<StoreUnderTest<unknown>>,
  ...(postgresServer && {
    postgres: (limits: StoreLimits = {}) => postgres(limits) as Promise<StoreUnderTest<unknown>>,
  }),
}
