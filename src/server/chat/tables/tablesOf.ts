/** The chat's tables in whatever the store hands out. */
import type { SqliteHandle } from '../../node/optionalTypes.ts'
import type { MemoryTables } from '../../stores/memoryTables.ts'
import type { PostgresQueries } from '../../stores/postgresLog.ts'
import { type Steps, wait } from '../steps.ts'
import type { ChatTables } from './chatTables.ts'
import { memoryChatTables } from './memoryChatTables.ts'
import { sqlChatTables } from './sqlChatTables.ts'
import { postgresDriver, type SqlDriver, sqliteDriver } from './sqlDriver.ts'
import { CHAT_SCHEMA } from './sqlSchema.ts'

const UNKNOWN = 'chatServer needs memoryStore(), sqliteStore() or postgresStore()'

const made = new WeakMap<object, ChatTables>()

/** @throws TypeError where it is the handle of another driver */
export function tablesOf(tx: unknown): ChatTables {
  const handle = Object(tx) as object
  const tables = made.get(handle) ?? create(handle)
  made.set(handle, tables)
  return tables
}

function create(handle: object): ChatTables {
  const driver = driverOf(handle)
  return driver ? sqlChatTables(driver) : memoryChatTables(handle as MemoryTables)
}

/** None in memory. */
function driverOf(handle: object): SqlDriver | undefined {
  if ('prepare' in handle) return sqliteDriver(handle as SqliteHandle)
  if ('query' in handle) return postgresDriver(handle as PostgresQueries)
  if ('get' in handle && 'all' in handle && 'set' in handle) return undefined
  throw new TypeError(UNKNOWN)
}

/** Makes the tables that are missing. */
export function* migrate(tx: unknown): Steps<void> {
  const driver = driverOf(Object(tx))
  if (!driver) return
  if (driver.alone) yield* wait(driver.query(driver.alone))
  for (const statement of CHAT_SCHEMA) yield* wait(driver.query(statement))
}
