/**
 * Servers of the kit that are killed by SIGKILL while eight clients write: real processes, sockets, files and databases.
 * `CRASHES=100`: so many in each test; `CRASH_SEED=3`: at other moments.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../scripts/databases.mjs'
import { type Store, sqliteStore } from '../../src/server/index.ts'
import { postgresStore } from '../../src/server/stores/postgresStore.ts'
import { createRandom } from '../../src/testing/server/random.ts'
import { createSchema, poolOf, startIfThere } from '../server/support/databases.ts'
import { postgresServer, stopPostgres } from '../server/support/stores.ts'
import { CHANNEL, type Entry, LIMITS } from './support/ledger.ts'
import { framesOf, insist, nameOf, openLedger, say } from './support/ledgerClients.ts'
import { createLedgerCluster, openFront } from './support/ledgerCluster.ts'
import type { LedgerProcessOptions } from './support/ledgerProcess.ts'

const crashes = Number(process.env.CRASHES ?? 2)
const seed = Number(process.env.CRASH_SEED ?? 1)
const redisServer = await startIfThere(startRedis)

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await redisServer?.stop()
  await stopPostgres()
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
async function until(isDone: () => boolean, what: string, ms = 20_000): Promise<void> {
  for (const end = performance.now() + ms; !isDone(); await sleep(5))
    if (performance.now() > end) throw new Error(`seed ${seed}: in ${ms} ms not ${what}`)
}

/** Where the processes keep things, and how this one looks into it. */
interface Kept {
  readonly options: LedgerProcessOptions
  readonly store: Store<unknown>
  entries(): Promise<Entry[]>
}

async function onSqlite(): Promise<Kept> {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-crash-'))
  const file = join(folder, 'ledger.sqlite')
  const store = sqliteStore(file, LIMITS)
  closing.push(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })
  await store.transaction(({ tx }) =>
    tx.exec('CREATE TABLE entries (place INTEGER PRIMARY KEY AUTOINCREMENT, writer TEXT, n INTEGER)'),
  )
  const entries = async () => {
    const { result } = await store.snapshot([], (tx) => tx.prepare('SELECT writer, n FROM entries').all())
    return result as unknown as Entry[]
  }
  return { options: { sqlite: file }, store: store as Store<unknown>, entries }
}

async function onPostgres(): Promise<Kept> {
  const { host } = postgresServer ?? { host: '' }
  const schema = await createSchema(host)
  const pool = poolOf(host, schema)
  const store = postgresStore(pool, LIMITS)
  closing.push(() => pool.end())
  await store.migrate()
  await pool.query('CREATE TABLE entries (place bigserial PRIMARY KEY, writer text, n integer)')
  const entries = async () => (await pool.query<Entry>('SELECT writer, n FROM entries')).rows
  return { options: { postgres: { host, schema } }, store: store as Store<unknown>, entries }
}

async function startCluster(options: LedgerProcessOptions, processes: number) {
  const cluster = createLedgerCluster(options)
  closing.push(cluster.stop)
  for (let count = 0; count < processes; count++) await cluster.start()
  const front = await openFront(cluster.living)
  closing.push(front.close)
  return { cluster, url: front.url }
}

function openLedgers(url: string, count: number) {
  const ledgers = Array.from({ length: count }, (_, at) => ({
    writer: `app-${at}`,
    ...openLedger(url, `app-${at}`),
  }))
  closing.push(() => {
    for (const { close } of ledgers) close()
  })
  return ledgers
}

type Ledger = ReturnType<typeof openLedgers>[number]

/** What became of the lines. */
interface Writing {
  /** By its line: the answer. */
  readonly answered: Map<string, unknown>
  /** What should not have happened. */
  readonly failed: unknown[]
  isOver: boolean
}

async function writeByApp({ writer, write }: Ledger, writing: Writing): Promise<void> {
  for (let n = 0; !writing.isOver; n++) {
    writing.answered.set(nameOf({ writer, n }), await write(n))
    await sleep(8)
  }
}

/** Each of them twice at once, and the one before again: often by another process, which knows it from the store alone. */
async function writeByInsisting(url: string, by: 'by id' | 'by client_id', writing: Writing): Promise<void> {
  const writer = `insists ${by}`
  for (let n = 0; !writing.isOver; n++) {
    const frame = framesOf(writer, n)[by]
    const answers = await Promise.all([insist(url, writer, frame(0)), insist(url, writer, frame(1))])
    writing.answered.set(nameOf({ writer, n }), answers[0])
    if (n > 0) answers.push(await insist(url, writer, framesOf(writer, n - 1)[by](2)))
    const expected = [answers[0], answers[0], writing.answered.get(nameOf({ writer, n: n - 1 }))]
    if (JSON.stringify(answers) !== JSON.stringify(expected.slice(0, answers.length)))
      writing.failed.push({ writer, n, answers, expected })
    await sleep(8)
  }
}

/** Eight applications and two that insist, until `crash` has done its worst. */
async function writeWhile(
  ledgers: readonly Ledger[],
  url: string,
  crash: (writing: Writing) => Promise<void>,
) {
  const writing: Writing = { answered: new Map(), failed: [], isOver: false }
  const fail = (error: unknown) => writing.failed.push(error)
  const writers = [
    ...ledgers.map((ledger) => writeByApp(ledger, writing)),
    writeByInsisting(url, 'by id', writing),
    writeByInsisting(url, 'by client_id', writing),
  ].map((each) => each.catch(fail))
  await crash(writing).catch(fail)
  writing.isOver = true
  await Promise.all(writers)
  expect(writing.failed, `seed ${seed}`).toEqual([])
  return writing.answered
}

async function logOf({ store }: Kept) {
  const { epoch } = (await store.heads([CHANNEL])).get(CHANNEL) ?? {}
  const position = { seq: 0, ...(epoch !== undefined && { epoch }) }
  const missed = (await store.since(new Map([[CHANNEL, position]]), 1_000_000)).get(CHANNEL)
  expect(missed?.complete).toBe(true)
  return (missed?.events ?? []).map(({ seq, event }) => ({ seq, name: nameOf(JSON.parse(event).data) }))
}

/** What was answered is there, once, in data and log; numbers have no hole; and everybody was told it, once, in order. */
async function audit(kept: Kept, ledgers: readonly Ledger[], answered: Writing['answered']) {
  const names = [...answered.keys()].sort()
  expect((await kept.entries()).map(nameOf).sort(), `seed ${seed}`).toEqual(names)
  expect(new Set([...answered.values()].map((answer) => JSON.stringify(answer))).size).toBe(names.length)
  const log = await logOf(kept)
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1))
  const inOrder = log.map(({ name }) => name)
  expect(inOrder.toSorted()).toEqual(names)
  for (const { told, writer } of ledgers) {
    await until(() => told().length >= inOrder.length, `told to ${writer}`)
    expect(told(), `seed ${seed}: what ${writer} was told`).toEqual(inOrder)
  }
}

interface Plan {
  readonly processes: number
  readonly redis?: string | undefined
  /** Right after a commit, by itself; else at any moment. */
  readonly afterCommit?: boolean
}

async function killWhileWriting(kept: Kept, { processes, redis, afterCommit = false }: Plan): Promise<void> {
  const random = createRandom(seed)
  const options = { ...kept.options, ...(redis !== undefined && { redis }) }
  const { cluster, url } = await startCluster(options, processes)
  const ledgers = openLedgers(url, 8)
  await until(() => ledgers.every(({ isThere }) => isThere()), 'there')
  const crash = async ({ answered }: Writing) => {
    for (let count = 0; count < crashes; count++) {
      const enough = answered.size + 5 + random() * 40
      await until(() => answered.size > enough, `${enough} lines after ${count} crashes`)
      const [first, second] = [...cluster.living]
      const victim = random() < 0.5 ? first : (second ?? first)
      if (victim) await cluster.kill(victim)
      if (!afterCommit) await cluster.start()
      else await (await cluster.start({ diesAfter: 1 + Math.floor(random() * 10) })).ended
      if (afterCommit) await cluster.start()
    }
  }
  const answered = await writeWhile(ledgers, url, crash)
  await audit(kept, ledgers, answered)
  expect(cluster.complaints).toEqual([])
  // Nobody had to begin anew: the log has told them what they missed.
  expect(cluster.snapshots.count).toBe(ledgers.length)
}

const timeout = 60_000 + crashes * 5_000
const STORES = {
  SQLite: onSqlite,
  ...(postgresServer && { PostgreSQL: onPostgres }),
}

describe.each(Object.entries(STORES))('killed while clients write, on %s', { timeout }, (_name, keep) => {
  it('[S35] the only process', async () => {
    await killWhileWriting(await keep(), { processes: 1 })
  })

  it('[S35] one of two', async () => {
    await killWhileWriting(await keep(), { processes: 2 })
  })

  it('[S35] between the commit and telling anybody', async () => {
    await killWhileWriting(await keep(), { processes: 1, afterCommit: true })
  })

  it.skipIf(!redisServer)('[S35] one of two that tell each other by Redis', async () => {
    await killWhileWriting(await keep(), { processes: 2, redis: redisServer?.path, afterCommit: true })
  })

  it.each([
    ['the next ping', false],
    ['the next commit', true],
  ])('[S35] what a killed process told nobody, another one tells: with %s', async (_what, isWritten) => {
    const kept = await keep()
    const cluster = createLedgerCluster(kept.options)
    closing.push(cluster.stop)
    const [survivor, victim] = [await cluster.start(), await cluster.start({ diesAfter: 1 })]
    const [url, lost] = [survivor, victim].map(({ port }) => `ws://127.0.0.1:${port}`) as [string, string]
    const [watching] = openLedgers(url, 1) as [Ledger]
    await until(watching.isThere, 'there')
    const frame = framesOf('lost', 0)['by id'](0)
    expect(await say(lost, 'lost', frame)).toBeUndefined()
    await victim.ended
    if (isWritten) await watching.write(0)
    const names = ['lost 0', ...(isWritten ? ['app-0 0'] : [])]
    await until(() => watching.told().length === names.length, 'told')
    expect(watching.told()).toEqual(names)
    // Its sender never heard of it, and asks again.
    expect(await say(url, 'lost', frame)).toEqual({ place: 1 })
    await watching.write(1)
    await until(() => watching.told().length > names.length, 'told')
    expect(watching.told()).toEqual([...names, 'app-0 1'])
    expect(cluster.snapshots.count).toBe(1)
  })
})
