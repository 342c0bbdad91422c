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
import { createHotChannels } from './hotChannels.ts'
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
  const hot = createHotChannels(environment)
  ignoreErrors(pool)
  return {
    migrate: () => attempt(environment, () => migrate(pool, environment.createId())),
    transaction: (work, once, near) =>
      hot.inTurn(near, () => {
        let begin = BEGIN_WRITING
        return attempt(environment, async () => {
          const channel = hot.turnOf(near)
          const turn = channel === undefined ? undefined : { channel, cool: () => hot.cool(channel) }
          const running = runOnce(pool, { work, once, limits, begin, turn })
          // One that had a turn of its own was in the way of something else.
          if (turn || near === undefined) begin = BEGIN_AGAIN
          return running.catch((error: unknown) => {
            if (error instanceof ConflictError) hot.heat(near)
            throw error
          })
        })
      }),
    heads: (channels) => headsIn(pool, channels),
    since: (positions, maxEvents) => missedIn(pool, positions, { tail: limits.tail, maxEvents }),
    snapshot: (channels, read) =>
      within(pool, { begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }, async (client) => {
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
  { begin, turn }: Beginning,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let isBroken = false
  ignoreErrors(client)
  try {
    if (turn && !(await takeTurn(client, turn.channel))) turn.cool()
    await client.query(begin)
    const result = await work(client)
    const { command } = await client.query('COMMIT')
    if (command === 'ROLLBACK') throw new Error(HAS_FAILED)
    return result
  } catch (error) {
    isBroken = await fails(client.query('ROLLBACK'))
    throw conflictOr(error)
  } finally {
    // What is not given back ends with the connection.
    if (turn && !isBroken) isBroken = await fails(client.query(GIVE_TURNS_BACK))
    client.release(isBroken)
  }
}

const fails = (query: Promise<unknown>): Promise<boolean> =>
  query.then(
    () => false,
    () => true,
  )

/**
 * Before the transaction begins: a lock within it would be waited for after the moment was fixed that it sees, and be in vain.
 * It is a courtesy and no more: a process that keeps it for too long is not waited for.
 */
async function takeTurn(client: PostgresClient, channel: string): Promise<boolean> {
  await client.query(`SET lock_timeout = ${TURN_MS}`)
  try {
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [TURNS, channel])
    return true
  } catch (error) {
    if (Object(error).code !== LOCK_NOT_AVAILABLE) throw error
    return false
  } finally {
    await client.query('RESET lock_timeout').catch(ignore)
  }
}

const TURN_MS = 3_000
const LOCK_NOT_AVAILABLE = '55P03'
/** Among the advisory locks of the database, those are ours. */
const TURNS = 1_902_342_901
const GIVE_TURNS_BACK = 'SELECT pg_advisory_unlock_all()'

const HAS_FAILED =
  'Nothing was committed, because a statement failed: go on after one only where a SAVEPOINT was set before it'

/** A process that is stopped in the middle of a transaction has others wait for its rows, and not for longer than this. */
const IDLE_MS = 15_000

/** The lock keeps the epoch what it is, and comes before the first statement, which fixes the moment that is seen. */
const BEGIN_WRITING = `BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS};
  LOCK TABLE querywire_meta IN ROW SHARE MODE`

/** Those that run again do so one at a time, in all processes, or many writers of one channel would starve some of them. */
const BEGIN_AGAIN = `${BEGIN_WRITING}; LOCK TABLE querywire_heads IN SHARE UPDATE EXCLUSIVE MODE`

interface Job<Client, Result> extends Beginning {
  readonly work: (transaction: Transaction<Client>) => Result | Promise<Result>
  readonly once: Once | undefined
  readonly limits: Required<StoreLimits>
}

interface Beginning {
  readonly begin: string
  /** Of which channel it takes turns with other processes; told when its turn does not come. */
  readonly turn?: { readonly channel: string; cool(): void } | undefined
}

const runOnce = <Client extends PostgresClient, Result>(
  pool: PostgresPool<Client>,
  { work, once, limits, ...beginning }: Job<Client, Result>,
): Promise<Committed<Result>> =>
  within(pool, beginning, async (client) => {
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
  within(pool, { begin: `BEGIN; ${ALONE}` }, async (client) => {
    const { rows } = await client.query(`SELECT to_regclass('querywire_meta') AS made`)
    if (Object(rows[0]).made !== null) return
    await client.query(SCHEMA)
    await client.query(`INSERT INTO querywire_meta (name, value) VALUES ('epoch', $1)`, [epoch])
  })

/** Waits for the transactions that are under way, and is waited for. */
const renewEpoch = (pool: PostgresPool, epoch: string): Promise<void> =>
  within(pool, { begin: 'BEGIN; LOCK TABLE querywire_meta IN EXCLUSIVE MODE' }, async (client) => {
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
