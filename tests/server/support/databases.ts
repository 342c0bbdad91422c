/** A PostgreSQL and a Redis of a test's own, where this machine has them or may install them. */
import { Pool } from 'pg'

/**
 * Undefined, with a line that says why, where it is not there: those tests are skipped. Where tests have to be complete
 * and could have installed it, that is an error.
 */
export async function startIfThere<Server>(
  start: (log: (line: string) => void) => Promise<Server>,
): Promise<Server | undefined> {
  try {
    return await start((line) => console.log(line))
  } catch (error) {
    if (process.env.CI === 'true' && process.getuid?.() === 0) throw error
    console.warn(`Skipped: ${(error as Error).message}`)
    return undefined
  }
}

/** A database of its own, as a schema: several pools of one name see the same tables. */
export const poolOf = (host: string, schema: string): Pool =>
  new Pool({ host, user: 'postgres', database: 'postgres', options: `-c search_path=${schema}` })

let count = 0

export async function createSchema(host: string): Promise<string> {
  const schema = `test_${++count}`
  const pool = poolOf(host, schema)
  await pool.query(`CREATE SCHEMA ${schema}`)
  await pool.end()
  return schema
}
