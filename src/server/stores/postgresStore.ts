/** A PostgreSQL database, by a pool of the package `pg`: beside the application's tables, in the same transactions. */
import { realEnvironment, type ServerEnvironment } from '../environment.ts'
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
import { attempt } from './attempts.ts'
import {
  ALONE,
  appendTo,
  beforeIn,
  headsIn,
  keepReply,
  missedIn,
  type PostgresQueries,
  SCHEMA,
} from './postgresLog.ts'
import { replyOf } from './replyOf.ts'

export interface PostgresStoreOptions extends StoreLimits {
  readonly environment?: Pick<ServerEnvironment, 'setTimer' | 'random' | 'createId'>
}

interface PostgresEmitter {
  on?(event: 'error', listener: () => void): unknown
  off?(event: 'error', listener: () => void): unknown
}

/** What is used of a connection of `pg`. */
export interface PostgresClient extends PostgresQueries, PostgresEmitter {
  /** With `true` it is not used again. */
  release(isBroken?: boolean): void
}

/** What is used of a `Pool` of `pg`. */
export interface PostgresPool<Client extends PostgresClient = PostgresClient>
  extends PostgresQueries,
    PostgresEmitter {
  // Twice, as that of `pg` is: the type of its clients is found from here.
  connect: { (): Promise<Client>; (done: never): unknown }
}

const NO_POOL =
  'postgresStore needs a pool of the package pg: npm install pg, then postgresStore(new Pool({ … }))'

/**
 * `tx` is a client of the pool, in a transaction of its own; in a read it refuses to write. Await each of its queries, and
 * leave `BEGIN` and `COMMIT` to the store. Transactions are `REPEATABLE READ`: two that publish to the same channel, or
 * change the same row, run one after the other, the second one again. Needs PostgreSQL 11 or newer. The pool stays the
 * application's: `close` does not end it.
 *
 * @throws TypeError where that is no pool
 */
export function postgresStore<Client extends PostgresClient>(
  pool: PostgresPool<Client>,
  options: PostgresStoreOptions = {},
): Store<Client> {
  const { connect, query } = Object(pool)
  if (typeof connect !== 'function' || typeof query !== 'function') throw new TypeError(NO_POOL)
  const { environment = realEnvironment(), ...given } = options
  const limits = { ...STORE_LIMITS, ...given }
  ignoreErrors(pool)
  return {
    migrate: () => attempt(environment, () => migrate(pool, environment.createId())),
    transaction: (work, once) => {
      let begin = BEGIN_WRITING
      return attempt(environment, () => {
        const running = runOnce(pool, { work, once, limits, begin })
        begin = BEGIN_AGAIN
        return running
      })
    },
    heads: (channels) => headsIn(pool, channels),
    since: (positions, maxEvents) => missedIn(pool, positions, { tail: limits.tail, maxEvents }),
    snapshot: (channels, read) =>
      within(pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
        const heads = await headsIn(client, channels)
        return { heads, result: await read(client) }
      }),
    renewEpoch: () => attempt(environment, () => renewEpoch(pool, environment.createId())),
    close: async () => undefined,
  }
}

/**
 * A lost connection is an `error` event, which ends a process where nobody listens; it may come after everything else.
 * Whoever uses it next is told.
 */
function ignoreErrors(emitter: PostgresEmitter): void {
  emitter.off?.('error', ignore)
  emitter.on?.('error', ignore)
}

const ignore = () => undefined

/** In a transaction, on a connection of its own. */
async function within<Client extends PostgresClient, Result>(
  pool: PostgresPool<Client>,
  begin: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let isBroken = false
  ignoreErrors(client)
  try {
    await client.query(begin)
    const result = await work(client)
    const { command } = await client.query('COMMIT')
    if (command === 'ROLLBACK') throw new Error(HAS_FAILED)
    return result
  } catch (error) {
    isBroken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    )
    throw conflictOr(error)
  } finally {
    client.release(isBroken)
  }
}

const HAS_FAILED =
  'Nothing was committed, because a statement failed: go on after one only where a SAVEPOINT was set before it'

/** The lock keeps the epoch what it is, and comes before the first statement, which fixes the moment that is seen. */
const BEGIN_WRITING = 'BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE querywire_meta IN ROW SHARE MODE'

/** Those that run again do so one at a time, in all processes, or many writers of one channel would starve some of them. */
const BEGIN_AGAIN = `${BEGIN_WRITING}; LOCK TABLE querywire_heads IN SHARE UPDATE EXCLUSIVE MODE`

interface Job<Client, Result> {
  readonly work: (transaction: Transaction<Client>) => Result | Promise<Result>
  readonly once: Once | undefined
  readonly limits: Required<StoreLimits>
  readonly begin: string
}

const runOnce = <Client extends PostgresClient, Result>(
  pool: PostgresPool<Client>,
  { work, once, limits, begin }: Job<Client, Result>,
): Promise<Committed<Result>> =>
  within(pool, begin, async (client) => {
    const { epoch, reply } = await beforeIn(client, once)
    if (reply !== undefined) return { result: JSON.parse(reply) as Result, events: [], isRepeated: true }
    const events: LoggedEvent[] = []
    const append = async (channel: string, event: EventText): Promise<Head> => {
      const logged = await appendTo(client, { channel, event, epoch, tail: limits.tail })
      events.push(logged)
      return { seq: logged.seq, epoch }
    }
    const result = await work({ tx: client, append })
    if (once) await keepReply(client, { ...once, reply: replyOf(result) }, limits)
    return { result, events, isRepeated: false }
  })

const migrate = (pool: PostgresPool, epoch: string): Promise<void> =>
  within(pool, `BEGIN; ${ALONE}`, async (client) => {
    const { rows } = await client.query(`SELECT to_regclass('querywire_meta') AS made`)
    if (Object(rows[0]).made !== null) return
    await client.query(SCHEMA)
    await client.query(`INSERT INTO querywire_meta (name, value) VALUES ('epoch', $1)`, [epoch])
  })

/** Waits for the transactions that are under way, and is waited for. */
const renewEpoch = (pool: PostgresPool, epoch: string): Promise<void> =>
  within(pool, 'BEGIN; LOCK TABLE querywire_meta IN EXCLUSIVE MODE', async (client) => {
    await client.query(`UPDATE querywire_meta SET value = $1 WHERE name = 'epoch'`, [epoch])
    await client.query('DELETE FROM querywire_log')
  })

/** Serialization failure and deadlock. */
const CONFLICTS: readonly unknown[] = ['40001', '40P01']

/** A query builder puts the driver's error into its own. */
function conflictOr(error: unknown): unknown {
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    if (CONFLICTS.includes(Object(inner).code))
      return new ConflictError('Somebody else is writing to the same rows', { cause: error })
  return error
}
