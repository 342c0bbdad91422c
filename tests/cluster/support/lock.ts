/** Somebody else holds what everybody writes to, as a migration or a backup does. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'

/** The pool is for this alone, and is ended. */
export async function lockTable(pool: Pool, table: string, ms: number): Promise<void> {
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
export async function lockFile(file: string, ms: number): Promise<void> {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
    await sleep(ms)
    database.exec('ROLLBACK')
  } finally {
    database.close()
  }
}
