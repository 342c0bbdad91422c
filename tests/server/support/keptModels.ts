/** The model of the conformance schedules in real databases: one at a time, on tables that are emptied in between. */
import type { PoolClient } from 'pg'
import type { SqliteHandle } from '../../../src/server/node/optionalTypes.ts'
import { STORE_LIMITS, type Store, type StoreLimits } from '../../../src/server/store.ts'
import { createLine } from '../../../src/server/stores/attempts.ts'
import { postgresStore } from '../../../src/server/stores/postgresStore.ts'
import { sqliteStore } from '../../../src/server/stores/sqliteStore.ts'
import type { ConformanceState } from '../../../src/testing/conformance/backEnd.ts'
import { createSchema, poolOf } from './databases.ts'
import type { KeptModel } from './kitBackEnd.ts'

const TABLES = ['querywire_heads', 'querywire_log', 'querywire_replies', 'model']
const EMPTY = TABLES.map((table) => `DELETE FROM ${table}`).join(';')

interface Statements<Tx> {
  execute(tx: Tx, text: string): Promise<unknown>
  read(tx: Tx): Promise<ConformanceState | undefined>
  write(tx: Tx, state: string): Promise<unknown>
  close(): Promise<unknown>
}

/** `failed`: what the server said of its store. It has to stay empty. */
export interface KeptInDatabase<Tx> extends KeptModel<Tx> {
  readonly failed: unknown[]
  close(): Promise<unknown>
}

async function keptIn<Tx>(
  open: (limits: StoreLimits) => Store<Tx>,
  { execute, read, write, close }: Statements<Tx>,
): Promise<KeptInDatabase<Tx>> {
  const stores = new Map<number, Store<Tx>>()
  const storeOf = (tail: number) => {
    const store = stores.get(tail) ?? open({ tail })
    stores.set(tail, store)
    return store
  }
  const underWay = new Set<Promise<unknown>>()
  const watch = <Result>(work: Promise<Result>): Promise<Result> => {
    underWay.add(work)
    const done = () => void underWay.delete(work)
    work.then(done, done)
    return work
  }
  const failed: unknown[] = []
  const first = storeOf(STORE_LIMITS.tail)
  await first.migrate()
  await first.transaction(({ tx }) => execute(tx, 'CREATE TABLE model (state TEXT)'))
  return {
    open: ({ tail = STORE_LIMITS.tail }) => {
      const store = storeOf(tail)
      const emptied = watch(store.transaction(({ tx }) => execute(tx, EMPTY)))
      // What the model does, it does when the work runs: it cannot run again, and not in another order.
      const inLine = createLine()
      const after = <Result>(work: () => Promise<Result>) => watch(emptied.then(work))
      return {
        migrate: () => after(store.migrate),
        transaction: (work, once) => after(() => inLine(() => store.transaction(work, once))),
        heads: (channels) => after(() => store.heads(channels)),
        since: (positions, maxEvents) => after(() => store.since(positions, maxEvents)),
        snapshot: (channels, work) => after(() => store.snapshot(channels, work)),
        renewEpoch: () => after(() => inLine(store.renewEpoch)),
        close: store.close,
      }
    },
    read,
    write: (tx, state) => write(tx, JSON.stringify(state)),
    work: () => (underWay.size > 0 ? Promise.allSettled([...underWay]) : undefined),
    fail: (error) => failed.push(error),
    failed,
    close: async () => {
      await Promise.all([...stores.values()].map((store) => store.close()))
      await close()
    },
  }
}

const stateIn = (row: Record<string, unknown> | undefined): ConformanceState | undefined =>
  row && JSON.parse(String(row.state))

export const keptInSqlite = (file: string): Promise<KeptInDatabase<SqliteHandle>> =>
  keptIn((limits) => sqliteStore(file, limits), {
    execute: async (tx, text) => tx.exec(text),
    read: async (tx) => stateIn(tx.prepare('SELECT state FROM model').get()),
    write: async (tx, state) => {
      tx.exec('DELETE FROM model')
      tx.prepare('INSERT INTO model VALUES (?)').run(state)
    },
    close: async () => undefined,
  })

export async function keptInPostgres(host: string): Promise<KeptInDatabase<PoolClient>> {
  const pool = poolOf(host, await createSchema(host))
  return keptIn((limits) => postgresStore(pool, limits), {
    execute: (tx, text) => tx.query(text),
    read: async (tx) => stateIn((await tx.query('SELECT state FROM model')).rows[0]),
    write: (tx, state) => tx.query('WITH gone AS (DELETE FROM model) INSERT INTO model VALUES ($1)', [state]),
    close: () => pool.end(),
  })
}
