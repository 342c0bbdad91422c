/** One change after another, and all that wait as one: a thousand sends cost a few transactions. */
import type { Records } from './ledger.ts'
import type { OutboxStore } from './store.ts'

/** Resolves with what `change` returned, once that is kept; `isNews`: something is kept otherwise than before. */
export type Write = <Result>(
  change: (records: Records) => Result,
) => Promise<{ readonly result: Result; readonly isNews: boolean }>

interface Job {
  readonly change: (records: Records) => unknown
  readonly resolve: (done: never) => void
  readonly reject: (error: unknown) => void
}

export function createWriter(store: Pick<OutboxStore, 'change'>, user: string): Write {
  let waiting: Job[] = []
  let isBusy = false

  async function run(jobs: readonly Job[]): Promise<void> {
    let results: unknown[] = []
    let isNews = false
    try {
      await store.change(user, (kept) => {
        const records: Records = new Map(kept.map((record) => [record.id, record]))
        results = jobs.map(({ change }) => change(records))
        const next = [...records.values()]
        const before = new Set(kept)
        isNews = next.length !== kept.length || next.some((record) => !before.has(record))
        return next
      })
    } catch (error) {
      // One that cannot be kept takes no other with it.
      if (jobs.length > 1) for (const job of jobs) await run([job])
      else for (const { reject } of jobs) reject(error)
      return
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
      await run(jobs)
    }
    isBusy = false
  }

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject })
      void work()
    })
}
