/** Runs subjects alternately, each in a process of its own that lives through all rounds; what varies with the machine varies for all. */
import { type ChildProcess, fork } from 'node:child_process'
import type { Figures } from './subject.ts'

export interface Run {
  /** Absolute path of a module that exports `subjects`. */
  readonly module: string
  readonly subjects: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly rounds: number
  /** Rounds before anything counts. @default 2 */
  readonly warmUp?: number
}

/** Samples by subject, one per round. */
export type Samples = Readonly<Record<string, readonly Figures[]>>

interface Worker {
  readonly name: string
  ask(options: object): Promise<Figures>
  end(): void
}

export async function runRounds({ module, subjects, options, rounds, warmUp = 2 }: Run): Promise<Samples> {
  const workers = await Promise.all(subjects.map((name) => startWorker(module, name)))
  const samples: Record<string, Figures[]> = Object.fromEntries(subjects.map((name) => [name, []]))
  try {
    for (let round = -warmUp; round < rounds; round++) {
      for (const { name, ask } of shuffled(workers)) {
        const figures = await ask(options)
        if (round >= 0) samples[name]?.push(figures)
      }
    }
  } finally {
    for (const { end } of workers) end()
  }
  return samples
}

type Answer = { readonly ready?: true; readonly figures?: Figures; readonly error?: string }

async function startWorker(module: string, name: string): Promise<Worker> {
  const child = fork(new URL('worker.ts', import.meta.url), [module, name], {
    execArgv: ['--expose-gc', '--no-warnings', '--max-old-space-size=4096'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const { ready, error } = await answerOf(child)
  if (!ready) throw new Error(`${name}: ${error}`)
  return {
    name,
    async ask(options) {
      const answer = answerOf(child)
      child.send(options)
      const { figures, error: failure } = await answer
      if (!figures) throw new Error(`${name}: ${failure}`)
      return figures
    },
    end: () => child.disconnect(),
  }
}

function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve) => {
    const ended = (code: number | null) => resolve({ error: `ended with ${code}` })
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as Answer)
    })
  })
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
