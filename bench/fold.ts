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

/** Microseconds per event. */
async function measure({ subject, operation, size, perFlush }: Configuration): Promise<number> {
  const create = subjects[subject]
  if (!create) throw new Error(`There is no subject "${subject}"`)
  // Everything in the same turn, for all subjects alike: a timer per notification would measure the event loop.
  notifyManager.setScheduler(queueMicrotask)
  const costs: number[] = []
  const until = performance.now() + 1_200
  // By hand, 50 000 loaded messages take seconds for a hundred events.
  const isSlow = subject === 'usual' && size >= 5_000
  const flushes = isSlow ? Math.ceil(6 / perFlush) : perFlush === 1 ? 200 : 10
  const batch = isSlow ? Math.min(perFlush, 6) : perFlush
  do {
    const queryClient = new QueryClient()
    const run = await create({
      queryClient,
      size,
      isList: isList(operation),
      isSorted: operation.endsWith('reorders'),
    })
    const warmUp = isSlow ? 1 : perFlush === 1 ? 20 : 2
    const deletes = operation === 'delete' ? Math.max(1, Math.min(flushes, size - warmUp - 1)) : flushes
    const frames = framesFor(operation, size, (warmUp + deletes) * batch)
    const take = (at: number) => frames.slice(at * batch, (at + 1) * batch)
    for (let at = 0; at < warmUp; at++) await run.flush(take(at))
    const bursts = Array.from({ length: deletes }, (_, at) => take(warmUp + at))
    const start = performance.now()
    for (const burst of bursts) await run.flush(burst)
    costs.push(((performance.now() - start) * 1_000) / (deletes * batch))
    expectCount(run.count(), { operation, size, done: frames.length })
    run.stop()
    queryClient.clear()
  } while (performance.now() < until)
  return median(costs.slice(Math.min(2, costs.length - 1)))
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
  const output = execFileSync(process.execPath, [import.meta.filename, configuration], {
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
