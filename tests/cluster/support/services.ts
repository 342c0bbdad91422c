/** What the processes of a stack have in common: a database, and Redis. Nginx and the processes go before them. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { startPostgres, startRedis } from '../../../scripts/databases.mjs'
import { temporaryFolder } from '../../../scripts/processes.mjs'
import type { Processes, Stack } from './stack.ts'

export interface Services {
  readonly folder: string
  /** Its socket. */
  readonly redis: string
  /** The folder of PostgreSQL's socket, or the file of SQLite. */
  readonly database: { readonly postgres: string } | { readonly file: string }
}

interface Parts {
  /** The table of messages. */
  readonly messages: string
  start(services: Services): Promise<Processes>
}

const log = (line: string) => console.log(line)

export async function onPostgres({ messages, start }: Parts): Promise<Stack> {
  const { path: folder, remove } = temporaryFolder('cluster')
  const [postgres, redis] = [await startPostgres(log), await startRedis(log)]
  const processes = await start({ folder, redis: redis.path, database: { postgres: postgres.host } })
  const pool = () => new Pool({ host: postgres.host, user: 'postgres', database: 'postgres', max: 1 })
  return {
    ...processes,
    postgres: { kill: postgres.kill, start: postgres.restart },
    redis: { kill: redis.kill, start: redis.restart, flush: redis.flush },
    lockMessages: (ms) => lockTable(pool(), messages, ms),
    stop: async () => {
      await processes.stop()
      await Promise.all([postgres.stop(), redis.stop()])
      remove()
    },
  }
}

export async function onSqlite({ start }: Parts): Promise<Stack> {
  const { path: folder, remove } = temporaryFolder('cluster')
  const [redis, file] = [await startRedis(log), join(folder, 'db.sqlite')]
  const processes = await start({ folder, redis: redis.path, database: { file } })
  return {
    ...processes,
    redis: { kill: redis.kill, start: redis.restart, flush: redis.flush },
    lockMessages: (ms) => lockFile(file, ms),
    stop: async () => {
      await processes.stop()
      await redis.stop()
      remove()
    },
  }
}

// Somebody else holds what everybody writes to, as a migration or a backup does.

/** The pool is for this alone, and is ended. */
async function lockTable(pool: Pool, table: string, ms: number): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    await sleep(ms)
    await client.query('ROLLBACK')
  } finally {
    client.release()
    await pool.end()
  }
}

/** SQLite locks whole files. */
async function lockFile(file: string, ms: number): Promise<void> {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
    await sleep(ms)
    database.exec('ROLLBACK')
  } finally {
    database.close()
  }
}
