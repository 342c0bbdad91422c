/**
 * What one event costs between its frame text and a mounted observer, and how that grows with what is loaded.
 * `node bench/fold.ts` (about two minutes). Every configuration runs in a process of its own, rounds are mixed, and
 * medians are shown: the ratios are what counts.
 */
import { execFileSync } from 'node:child_process'
import { notifyManager, QueryClient } from '@tanstack/react-query'
import { framesFor, type Operation } from './fold/messages.ts'
import { type CreateSubject, careful, limit, querywire, usual } from './fold/subjects.ts'

const subjects: Readonly<Record<string, CreateSubject>> = { limit, usual, careful, querywire }

interface Configuration {
  readonly subject: string
  readonly operation: Operation
  readonly size: number
  readonly perFlush: number
}

const HISTORY = [50, 500, 5_000, 50_000]
const LISTS = [10, 100, 1_000, 10_000]
const ROUNDS = 5

const isList = (operation: Operation) => operation.startsWith('receipt')
const sizesOf = (operation: Operation) => (isList(operation) ? LISTS : HISTORY)

const cases: readonly Omit<Configuration, 'size' | 'subject'>[] = [
  { operation: 'new message', perFlush: 100 },
  { operation: 'new message', perFlush: 1 },
  { operation: 'edit', perFlush: 1 },
  { operation: 'delete', perFlush: 1 },
  { operation: 'receipt', perFlush: 100 },
  { operation: 'receipt that reorders', perFlush: 100 },
  { operation: 'receipt', perFlush: 1 },
  { operation: 'receipt that reorders', perFlush: 1 },
]

const [, , worker] = process.argv
if (worker) console.log(JSON.stringify(await measure(JSON.parse(worker))))
else report()

/** Microseconds of this thread's CPU time per event; the clock on the wall would measure the other programs as well. */
async function measure(configuration: Configuration): Promise<number> {
  // Everything in the same turn, for all subjects alike: a timer per notification would measure the event loop.
  notifyManager.setScheduler(queueMicrotask)
  const amount = amountOf(configuration)
  // The first runs are slow while the code is being compiled.
  for (let run = 0; run < 3; run++) await measureOnce(configuration, amount)
  let spent = 0
  let events = 0
  const until = performance.now() + 4_000
  // The system counts CPU time in ticks of some milliseconds, so one run says nothing.
  while (spent < 200_000 && performance.now() < until) {
    spent += await measureOnce(configuration, amount)
    events += amount.flushes * amount.batch
  }
  return spent / events
}

interface Amount {
  readonly warmUp: number
  readonly flushes: number
  readonly batch: number
}

/** By hand, 50 000 loaded messages take seconds for a hundred events. */
function amountOf({ subject, operation, size, perFlush }: Configuration): Amount {
  if (subject === 'usual' && size >= 5_000) return { warmUp: 1, flushes: 5, batch: Math.min(perFlush, 5) }
  if (perFlush > 1) return { warmUp: 2, flushes: 10, batch: perFlush }
  const warmUp = 10
  return { warmUp, flushes: operation === 'delete' ? Math.min(500, size - warmUp - 1) : 500, batch: 1 }
}

async function measureOnce(
  configuration: Configuration,
  { warmUp, flushes, batch }: Amount,
): Promise<number> {
  const { subject, operation, size } = configuration
  const create = subjects[subject]
  if (!create) throw new Error(`There is no subject "${subject}"`)
  const queryClient = new QueryClient()
  const isSorted = operation.endsWith('reorders')
  const run = await create({ queryClient, size, isList: isList(operation), isSorted })
  const frames = framesFor(operation, size, (warmUp + flushes) * batch)
  const bursts = Array.from({ length: warmUp + flushes }, (_, at) =>
    frames.slice(at * batch, (at + 1) * batch),
  )
  for (const burst of bursts.slice(0, warmUp)) await run.flush(burst)
  // What setting up left behind is nobody's cost per event.
  globalThis.gc?.()
  const start = process.threadCpuUsage()
  for (const burst of bursts.slice(warmUp)) await run.flush(burst)
  const { user, system } = process.threadCpuUsage(start)
  expectCount(run.count(), { operation, size, done: frames.length })
  run.stop()
  queryClient.clear()
  return user + system
}

function expectCount(
  count: number,
  { operation, size, done }: { operation: Operation; size: number; done: number },
) {
  const expected = operation === 'new message' ? size + done : operation === 'delete' ? size - done : size
  if (count !== expected) throw new Error(`${operation}: ${count} items instead of ${expected}`)
}

function report(): void {
  const names = Object.keys(subjects)
  const all = cases.flatMap((each) =>
    sizesOf(each.operation).flatMap((size) =>
      names.filter((subject) => isMeasured(subject, each)).map((subject) => ({ ...each, size, subject })),
    ),
  )
  const costs = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const configuration of shuffled(all)) {
      if (configuration.subject === 'usual' && round > 0) continue
      const key = JSON.stringify(configuration)
      costs.set(key, [...(costs.get(key) ?? []), inOwnProcess(key)])
    }
  }
  for (const each of cases) {
    const sizes = sizesOf(each.operation)
    const rows: Record<string, Record<string, string>> = {}
    for (const subject of names.filter((name) => isMeasured(name, each))) {
      const row = sizes.map((size) => median(costs.get(JSON.stringify({ ...each, size, subject })) ?? []))
      rows[subject] = Object.fromEntries(row.map((cost, at) => [sizes[at], cost.toFixed(1)]))
      const [first = 0] = row
      rows[subject].growth = `${((row.at(-1) ?? 0) / first).toFixed(2)} ×`
    }
    console.log(`\n${each.operation}, ${each.perFlush} per flush: µs per event, by what is loaded`)
    console.table(rows)
  }
}

function isMeasured(subject: string, { operation }: Pick<Configuration, 'operation'>): boolean {
  return subject !== 'careful' || operation === 'new message'
}

function inOwnProcess(configuration: string): number {
  const output = execFileSync(process.execPath, ['--expose-gc', import.meta.filename, configuration], {
    env: { ...process.env, NODE_ENV: 'production' },
    encoding: 'utf8',
  })
  return Number(output)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
