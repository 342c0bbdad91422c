/** What happens to machines, one at a time, while people talk. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conversation } from './conversation.ts'
import type { RunningProgram } from './program.ts'
import type { Stack, Worker } from './stack.ts'

export interface Fault {
  readonly name: string
  /** Only where there is one. */
  readonly needs?: 'postgres'
  /** Resolves when all that was taken away is back. */
  happen(stack: Stack, conversation: Conversation): Promise<void>
  /** Nobody may see that anything happened. */
  readonly isInvisible?: boolean
}

/** Not the same each time: one that has just come back has nobody on it. */
const worker = ({ workers }: Stack, at: number): Worker => {
  const found = workers[at]
  if (!found) throw new Error(`There is no worker ${at}`)
  return found
}

const BURST = Number(process.env.CLUSTER_BURST ?? 2_000)

export const FAULTS: readonly Fault[] = [
  { name: 'nothing', happen: () => sleep(2_000), isInvisible: true },
  {
    name: 'a worker is killed (-9) and comes back after 2 s',
    happen: async (stack) => {
      const { program } = worker(stack, 0)
      await program.end('SIGKILL')
      await sleep(2_000)
      await program.start()
    },
  },
  {
    name: 'a worker is stopped for 20 s and goes on',
    happen: async (stack) => {
      const { program } = worker(stack, 1)
      program.signal('SIGSTOP')
      await sleep(20_000)
      program.signal('SIGCONT')
    },
  },
  {
    name: 'Redis is restarted',
    happen: async ({ redis }) => {
      await redis.kill()
      await redis.start()
    },
  },
  { name: 'Redis is flushed', happen: ({ redis }) => redis.flush() },
  {
    name: 'Redis is away for 5 s',
    happen: async ({ redis }) => {
      await redis.kill()
      await sleep(5_000)
      await redis.start()
    },
  },
  {
    name: 'PostgreSQL is restarted, away for 8 s',
    needs: 'postgres',
    happen: async ({ postgres }) => {
      await postgres?.kill()
      await sleep(8_000)
      await postgres?.start()
    },
  },
  { name: 'the table of messages is locked for 5 s', happen: (stack) => stack.lockMessages(5_000) },
  {
    name: 'nginx is reloaded',
    happen: async ({ nginx }) => {
      nginx.reload()
      await sleep(2_000)
    },
  },
  {
    name: 'nginx is killed and comes back after 2 s',
    happen: async ({ nginx }) => {
      await nginx.program.end('SIGKILL')
      await sleep(2_000)
      await nginx.program.start()
    },
  },
  {
    name: 'the clock of a worker is a minute ahead',
    happen: async (stack) => {
      const { program } = worker(stack, 2)
      await restart(program, stack.clockAhead)
      await sleep(5_000)
      await restart(program)
    },
  },
  {
    name: 'all workers are restarted, one after the other, with draining',
    isInvisible: true,
    happen: async ({ workers }) => {
      for (const { program } of workers) {
        await restart(program)
        await sleep(500)
      }
    },
  },
  {
    name: 'a burst of 2 000 messages, with room for 100 between the processes',
    happen: async ({ smallCapacity, workers }, conversation) => {
      const narrowed = smallCapacity ? workers : []
      for (const { program } of narrowed) await restart(program, smallCapacity)
      // As fast as they are taken: each has ten on their way.
      await conversation.burst('hall', { messages: BURST, each: 10 })
      // So long they are busy with it.
      await conversation.settled(240_000)
      for (const { program } of narrowed) await restart(program)
    },
  },
]

async function restart(program: RunningProgram, env?: Readonly<Record<string, string>>): Promise<void> {
  await program.end('SIGTERM')
  await program.start(env)
}
