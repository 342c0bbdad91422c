/**
 * What one event costs between its frame text and a mounted observer, and how that grows with what is loaded.
 * `node bench/fold.ts` (about half an hour), or `node bench/fold.ts --quick edit 1` for one case at its smallest and
 * largest size, without the slow subjects. Every configuration runs in a process of its own, rounds are mixed, and
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

type Case = Omit<Configuration, 'size' | 'subject'>

const cases: readonly Case[] = [
  { operation: 'new message', perFlush: 100 },
  { operation: 'new message', perFlush: 1 },
  { operation: 'edit', perFlush: 1 },
  { operation: 'delete', perFlush: 1 },
  { operation: 'receipt', perFlush: 100 },
  { operation: 'receipt that reorders', perFlush: 100 },
  { operation: 'receipt', perFlush: 1 },
  { operation: 'receipt that reorders', perFlush: 1 },
]

const [, , first, ...rest] = process.argv
if (first === '--quick') report(quick(rest.join(' ')))
else if (first) console.log(JSON.stringify(await measure(JSON.parse(first))))
else report({ measured: cases, names: Object.keys(subjects), sizesOf, rounds: ROUNDS })

interface Plan {
  readonly measured: readonly Case[]
  readonly names: readonly string[]
  readonly sizesOf: (operation: Operation) => readonly number[]
  readonly rounds: number
}

function quick(title: string): Plan {
  const measured = cases.filter((each) => titleOf(each).startsWith(title))
  const ends = (operation: Operation) => [sizesOf(operation)[0] ?? 0, sizesOf(operation).at(-1) ?? 0]
  return { measured, names: ['limit', 'querywire'], sizesOf: ends, rounds: 3 }
}

function titleOf({ operation, perFlush }: Case): string {
  return `${operation} ${perFlush}`
}

/** Microseconds per event in the fastest tenth of short stretches: other programs on the machine only ever add to it. */
async function measure(configuration: Configuration): Promise<number> {
  // Everything in the same turn, for all subjects alike: a timer per notification would measure the event loop.
  notifyManager.setScheduler(queueMicrotask)
  const amount = amountOf(configuration)
  const stretches: number[] = []
  const until = performance.now() + 2_500
  do {
    stretches.push(...(await measureOnce(configuration, amount)))
  } while (performance.now() < until)
  return quantile(stretches, 0.1)
}

interface Amount {
  /** Flushes before anything counts: the code is compiled, the index is built, memory is warm. */
  readonly warmUp: number
  readonly stretches: number
  readonly flushesPerStretch: number
  readonly batch: number
}

function amountOf({ subject, operation, size, perFlush }: Configuration): Amount {
  // By hand, 50 000 loaded messages take seconds for a hundred events, and fifty would soon be thousands.
  if (subject === 'usual')
    return { warmUp: 1, stretches: 5, flushesPerStretch: 1, batch: Math.min(perFlush, 5) }
  if (perFlush > 1) return { warmUp: 10, stretches: 10, flushesPerStretch: 3, batch: perFlush }
  const stretches = operation === 'delete' ? Math.min(20, Math.floor((size - 20) / 30)) : 20
  return { warmUp: operation === 'delete' ? 10 : 300, stretches, flushesPerStretch: 30, batch: 1 }
}

async function measureOnce(configuration: Configuration, amount: Amount): Promise<number[]> {
  const { subject, operation, size } = configuration
  const { warmUp, stretches, flushesPerStretch, batch } = amount
  const create = subjects[subject]
  if (!create) throw new Error(`There is no subject "${subject}"`)
  const queryClient = new QueryClient()
  const isSorted = operation.endsWith('reorders')
  const run = await create({ queryClient, size, isList: isList(operation), isSorted })
  const flushes = warmUp + stretches * flushesPerStretch
  const frames = framesFor(operation, size, flushes * batch)
  const bursts = Array.from({ length: flushes }, (_, at) => frames.slice(at * batch, (at + 1) * batch))
  for (const burst of bursts.slice(0, warmUp)) await run.flush(burst)
  // What setting up left behind is nobody's cost per event.
  globalThis.gc?.()
  const costs: number[] = []
  for (let at = warmUp; at < flushes; at += flushesPerStretch) {
    const stretch = bursts.slice(at, at + flushesPerStretch)
    const start = performance.now()
    for (const burst of stretch) await run.flush(burst)
    costs.push(((performance.now() - start) * 1_000) / (flushesPerStretch * batch))
  }
  expectCount(run.count(), { operation, size, done: frames.length })
  run.stop()
  queryClient.clear()
  return costs
}

function expectCount(
  count: number,
  { operation, size, done }: { operation: Operation; size: number; done: number },
) {
  const expected = operation === 'new message' ? size + done : operation === 'delete' ? size - done : size
  if (count !== expected) throw new Error(`${operation}: ${count} items instead of ${expected}`)
}

function report({ measured, names, sizesOf, rounds }: Plan): void {
  const all = measured.flatMap((each) =>
    sizesOf(each.operation).flatMap((size) =>
      names.filter((subject) => isMeasured(subject, each)).map((subject) => ({ ...each, size, subject })),
    ),
  )
  const costs = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const configuration of shuffled(all)) {
      if (configuration.subject === 'usual' && round > 0) continue
      const key = JSON.stringify(configuration)
      costs.set(key, [...(costs.get(key) ?? []), inOwnProcess(key)])
    }
  }
  for (const each of measured) {
    const sizes = sizesOf(each.operation)
    const costOf = (subject: string, size: number) =>
      median(costs.get(JSON.stringify({ ...each, size, subject })) ?? [])
    const rows: Record<string, Record<string, string>> = {}
    for (const subject of names.filter((name) => isMeasured(name, each))) {
      const row = sizes.map((size) => costOf(subject, size))
      rows[subject] = Object.fromEntries(row.map((cost, at) => [sizes[at], cost.toFixed(2)]))
      const [first = 0] = row
      rows[subject].growth = `${((row.at(-1) ?? 0) / first).toFixed(2)} ×`
    }
    rows['querywire / limit'] = Object.fromEntries(
      sizes.map((size) => [size, `${(costOf('querywire', size) / costOf('limit', size)).toFixed(2)} ×`]),
    )
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
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
