/** One change after another, and all that wait as one: a thousand sends cost a few transactions. */
import type { Records } from './ledger.ts'
import type { OutboxStore } from './store.ts'

/**
 * Resolves with what `change` returned, once that is kept; `isNews`: something is kept otherwise than before. `isOwed`: where
 * it rejects, it is kept all the same, with whatever can be kept next.
 */
export type Write = <Result>(
  change: (records: Records) => Result,
  isOwed?: boolean,
) => Promise<{ readonly result: Result; readonly isNews: boolean }>

type Change = (records: Records) => unknown

interface Job {
  readonly change: Change
  readonly isOwed: boolean | undefined
  readonly resolve: (done: never) => void
  readonly reject: (error: unknown) => void
}

/** More than are kept is not owed. */
const MAX_OWED = 1_000

export function createWriter(store: Pick<OutboxStore, 'change'>, user: string): Write {
  let waiting: Job[] = []
  let isBusy = false
  let owed: Change[] = []

  const miss = ({ change, isOwed, reject }: Job, error: unknown) => {
    if (isOwed) owed = [...owed, change].slice(-MAX_OWED)
    reject(error)
  }

  /** What cannot be kept takes nothing else with it. */
  async function runApart(jobs: readonly Job[], debts: readonly Change[], error: unknown): Promise<void> {
    if (debts.length > 0) await run(jobs, [])
    else if (jobs.length > 1) for (const job of jobs) await run([job], [])
    else for (const job of jobs) miss(job, error)
  }

  async function run(jobs: readonly Job[], debts: readonly Change[]): Promise<void> {
    let results: unknown[] = []
    let isNews = false
    try {
      await store.change(user, (kept) => {
        const records: Records = new Map(kept.map((record) => [record.id, record]))
        for (const change of debts) change(records)
        results = jobs.map(({ change }) => change(records))
        const next = [...records.values()]
        const before = new Set(kept)
        isNews = next.length !== kept.length || next.some((record) => !before.has(record))
        return next
      })
      owed = owed.slice(debts.length)
    } catch (error) {
      return runApart(jobs, debts, error)
    }
    jobs.forEach(({ resolve }, at) => {
      resolve({ result: results[at], isNews } as never)
    })
  }

  async function work(): Promise<void> {
    if (isBusy) return
    isBusy = true
    // All of this turn.
    await undefined
    while (waiting.length > 0) {
      const jobs = waiting
      waiting = []
      await run(jobs, owed)
    }
    isBusy = false
  }

  return (change, isOwed) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, isOwed, resolve, reject })
      void work()
    })
}
