/**
 * `node ledgerProcess.ts '{ … }'`: a server until it is killed, on its sources. Prints its port when it listens, and
 * `snapshot` whenever somebody asks for one.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { Redis } from 'ioredis'
import { Pool, type PoolClient } from 'pg'
import {
  createLiveServer,
  localBus,
  postgresStore,
  redisBus,
  type SqliteHandle,
  type Store,
  sqliteStore,
} from '../../../src/server/index.ts'
import { type Entry, LIMITS, protocol } from './ledger.ts'

export interface LedgerProcessOptions {
  /** The file; else PostgreSQL. */
  readonly sqlite?: string
  readonly postgres?: { readonly host: string; readonly schema: string }
  /** The socket of a Redis. Without: nobody tells the other processes anything. */
  readonly redis?: string
  /** Its own end, right after so many commits of writes, before anybody is told or answered. */
  readonly diesAfter?: number
}

interface Lines<Tx> {
  readonly store: Store<Tx>
  add(tx: Tx, entry: Entry): Promise<number>
  all(tx: Tx): Promise<Entry[]>
}

function onSqlite(file: string): Lines<SqliteHandle> {
  return {
    store: sqliteStore(file, LIMITS),
    add: async (tx, { writer, n }) =>
      Number(tx.prepare('INSERT INTO entries (writer, n) VALUES (?, ?)').run(writer, n).lastInsertRowid),
    all: async (tx) => tx.prepare('SELECT writer, n FROM entries ORDER BY place').all() as unknown as Entry[],
  }
}

function onPostgres({ host, schema }: { readonly host: string; readonly schema: string }): Lines<PoolClient> {
  const options = `-c search_path=${schema}`
  const pool = new Pool({ host, user: 'postgres', database: 'postgres', options })
  return {
    store: postgresStore(pool, LIMITS),
    add: async (tx, { writer, n }) => {
      const text = 'INSERT INTO entries (writer, n) VALUES ($1, $2) RETURNING place::int'
      return (await tx.query<{ place: number }>(text, [writer, n])).rows[0]?.place ?? Number.NaN
    },
    all: async (tx) => (await tx.query<Entry>('SELECT writer, n FROM entries ORDER BY place')).rows,
  }
}

/** Ends the process in the one moment in which only the store knows. */
function dying<Tx>(store: Store<Tx>, diesAfter: number): Store<Tx> {
  let left = diesAfter
  return {
    ...store,
    transaction: async (work, once) => {
      const committed = await store.transaction(work, once)
      if (committed.events.length > 0 && --left === 0) process.kill(process.pid, 'SIGKILL')
      return committed
    },
  }
}

async function serve<Tx>({ store, add, all }: Lines<Tx>, { redis, diesAfter }: LedgerProcessOptions) {
  const live = createLiveServer({
    protocol,
    store: diesAfter === undefined ? store : dying(store, diesAfter),
    bus: redis === undefined ? localBus() : redisBus(new Redis(redis)),
    authenticate: (token) => (token ? { id: token, username: token } : null),
    channels: { ledger: () => true },
    requests: {
      get_entries: ({ read }) => {
        console.log('snapshot')
        return read(async (tx) => ({ entries: await all(tx) }))
      },
      write: ({ data: { writer, n }, transaction, publish }) =>
        transaction(async (tx) => {
          const place = await add(tx, { writer, n })
          publish('written', { writer, n })
          return { place }
        }),
    },
    onEvent: (event) => event.type === 'failed' && console.error(event.error),
  })
  const http = createServer()
  await live.attach(http)
  http.listen(0, '127.0.0.1', () => console.log((http.address() as AddressInfo).port))
}

// Nothing is left running behind a test run that was killed.
process.stdin.resume().on('end', () => process.exit())

const options: LedgerProcessOptions = JSON.parse(process.argv[2] ?? '{}')
if (options.sqlite !== undefined) await serve(onSqlite(options.sqlite), options)
else if (options.postgres) await serve(onPostgres(options.postgres), options)
