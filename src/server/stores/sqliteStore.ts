/** One SQLite file, by Node's own driver: beside the application's tables, in the same transactions. */
import { realEnvironment, type ServerEnvironment } from '../environment.ts'
import type { SqliteHandle, SqliteModule } from '../node/optionalTypes.ts'
import {
  type Committed,
  ConflictError,
  type EventText,
  type Head,
  type LoggedEvent,
  type Once,
  STORE_LIMITS,
  type Store,
  type StoreLimits,
  type Transaction,
} from '../store.ts'
import { attempt, createLine, type Line } from './attempts.ts'
import { replyOf } from './replyOf.ts'
import { createSqliteLog, createSqliteWriter, SCHEMA } from './sqliteLog.ts'

export interface SqliteStoreOptions extends StoreLimits {
  readonly environment?: Pick<ServerEnvironment, 'setTimer' | 'random' | 'createId'>
}

/** Three connections: what is read is what is committed, also while a transaction or a long read is under way. */
interface OpenFile {
  readonly writer: SqliteHandle
  readonly reader: SqliteHandle
  readonly watcher: SqliteHandle
  readonly log: ReturnType<typeof createSqliteLog>
  readonly seen: ReturnType<typeof createSqliteLog>
  readonly watched: ReturnType<typeof createSqliteLog>
  readonly write: ReturnType<typeof createSqliteWriter>
}

type Settings = { readonly environment: Required<SqliteStoreOptions>['environment'] } & Required<StoreLimits>

/**
 * `tx` is the `DatabaseSync` of `node:sqlite`; in a read it refuses to write. Transactions run one at a time, those of
 * other processes on the same file included; leave `BEGIN` and `COMMIT` to the store. Opened, and created where it is
 * missing, when it is first used. Survives a killed process; a power cut may take the last transactions with it.
 *
 * Whatever is used first rejects below Node 22.13, and where the file cannot be opened.
 */
export function sqliteStore(file: string, options: SqliteStoreOptions = {}): Store<SqliteHandle> {
  const { environment = realEnvironment(), ...limits } = options
  const settings: Settings = { ...STORE_LIMITS, ...limits, environment }
  const [writes, reads] = [createLine(), createLine()]
  let opening: Promise<OpenFile> | undefined
  let closing: Promise<void> | undefined
  const opened = (): Promise<OpenFile> => {
    opening ??= attempt(environment, () => open(file, settings)).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    migrate: async () => void (await opened()),
    transaction: async (work, once) => {
      const at = await opened()
      return writes(() => attempt(environment, () => runOnce(at, work, once)))
    },
    heads: async (channels) => {
      const { watcher, watched } = await opened()
      return inOneRead(watcher, () => watched.heads(channels))
    },
    since: async (positions, maxEvents) => {
      const { watcher, watched } = await opened()
      return inOneRead(watcher, () => watched.since(positions, maxEvents))
    },
    snapshot: async (channels, read) => {
      const { reader, seen } = await opened()
      return reads(async () => {
        reader.exec('BEGIN')
        try {
          const heads = seen.heads(channels)
          return { heads, result: await read(reader) }
        } finally {
          rollBack(reader)
        }
      })
    },
    renewEpoch: async () => {
      const at = await opened()
      await writes(() => attempt(environment, async () => renewEpoch(at, environment.createId())))
    },
    close: () => {
      closing ??= closeFile(opening, [writes, reads])
      return closing
    },
  }
}

async function closeFile(opening: Promise<OpenFile> | undefined, lines: readonly Line[]): Promise<void> {
  const at = await opening
  await Promise.all(lines.map((inLine) => inLine(async () => undefined)))
  for (const database of [at?.reader, at?.watcher, at?.writer]) database?.close()
}

const FIRST_EPOCH = `INSERT OR IGNORE INTO querywire_meta (name, value) VALUES ('epoch', ?)`
const NO_SQLITE = 'sqliteStore needs node:sqlite, which Node has from 22.13 on'
const NO_FILE =
  'sqliteStore needs a file that several connections can open: for one in memory, use memoryStore()'

async function open(file: string, { environment, ...limits }: Settings): Promise<OpenFile> {
  if (file === '' || file.includes(':memory:')) throw new TypeError(NO_FILE)
  // As an expression: this is the one place that needs Node, and only where it is used.
  const sqlite: SqliteModule = await import('node:sqlite' as string).catch((cause) => {
    throw new Error(NO_SQLITE, { cause })
  })
  const opened: SqliteHandle[] = []
  const connect = (mode: string): SqliteHandle => {
    const database = new sqlite.DatabaseSync(file)
    opened.push(database)
    database.exec(`PRAGMA busy_timeout = 20; ${mode}`)
    return database
  }
  try {
    const writer = connect('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    writer.exec(SCHEMA)
    writer.prepare(FIRST_EPOCH).run(environment.createId())
    const [reader, watcher] = [connect('PRAGMA query_only = ON'), connect('PRAGMA query_only = ON')]
    return {
      writer,
      reader,
      watcher,
      log: createSqliteLog(writer, limits),
      seen: createSqliteLog(reader, limits),
      watched: createSqliteLog(watcher, limits),
      write: createSqliteWriter(writer, limits),
    }
  } catch (error) {
    for (const database of opened) database.close()
    throw conflictOr(error)
  }
}

function inOneRead<Result>(database: SqliteHandle, read: () => Result): Result {
  database.exec('BEGIN')
  try {
    return read()
  } finally {
    rollBack(database)
  }
}

async function runOnce<Result>(
  { writer, log, write }: OpenFile,
  work: (transaction: Transaction<SqliteHandle>) => Result | Promise<Result>,
  once: Once | undefined,
): Promise<Committed<Result>> {
  orConflict(() => writer.exec('BEGIN IMMEDIATE'))
  try {
    const known = once && write.replyTo(once)
    if (known !== undefined) {
      writer.exec('ROLLBACK')
      return { result: JSON.parse(known) as Result, events: [], isRepeated: true }
    }
    const epoch = log.epoch()
    const events: LoggedEvent[] = []
    const append = (channel: string, event: EventText): Head => {
      const logged = write.append(channel, event, epoch)
      events.push(logged)
      return { seq: logged.seq, epoch }
    }
    const result = await work({ tx: writer, append })
    if (once) write.keepReply(once, replyOf(result))
    writer.exec('COMMIT')
    return { result, events, isRepeated: false }
  } catch (error) {
    rollBack(writer)
    throw conflictOr(error)
  }
}

function renewEpoch({ writer }: OpenFile, epoch: string): void {
  orConflict(() => writer.exec('BEGIN IMMEDIATE'))
  try {
    writer.prepare(`UPDATE querywire_meta SET value = ? WHERE name = 'epoch'`).run(epoch)
    writer.exec('DELETE FROM querywire_log; COMMIT')
  } catch (error) {
    rollBack(writer)
    throw conflictOr(error)
  }
}

function rollBack(database: SqliteHandle): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // A full disk, among others, has ended the transaction already.
  }
}

const SQLITE_BUSY = 5

/** The low byte is the kind of error, the rest says more of it. */
function conflictOr(error: unknown): unknown {
  const { errcode } = Object(error)
  if (typeof errcode !== 'number' || (errcode & 0xff) !== SQLITE_BUSY) return error
  return new ConflictError('Somebody else is writing to the file', { cause: error })
}

function orConflict<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw conflictOr(error)
  }
}
