/** What happens to machines, one at a time, while people talk. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conversation } from './conversation.ts'
import type { Stack, Worker } from './stack.ts'

export interface Fault {
  readonly name: string
  /** Undefined where the stack has nothing that this could happen to. Resolves when all that was taken away is back. */
  of(stack: Stack): ((conversation: Conversation) => Promise<void>) | undefined
  /** Nobody may see that anything happened. */
  readonly isInvisible?: boolean
}

/** Not the same each time: one that has just come back has nobody on it. */
const worker = ({ workers }: Stack, at: number): Worker => {
  const found = workers[at]
  if (!found) throw new Error(`There is no worker ${at}`)
  return found
}

const withRedis = (work: (redis: NonNullable<Stack['redis']>) => Promise<void>): Fault['of'] => {
  return ({ redis }) => redis && (() => work(redis))
}

const BURST = Number(process.env.CLUSTER_BURST ?? 2_000)

export const FAULTS: readonly Fault[] = [
  { name: 'nothing', of: () => () => sleep(2_000), isInvisible: true },
  {
    name: 'a worker is killed (-9) and comes back after 2 s',
    of: (stack) => async () => {
      await worker(stack, 0).program.end('SIGKILL')
      await sleep(2_000)
      await worker(stack, 0).program.start()
    },
  },
  {
    name: 'a worker is stopped for 20 s and goes on',
    of: (stack) => async () => {
      worker(stack, 1).program.signal('SIGSTOP')
      await sleep(20_000)
      worker(stack, 1).program.signal('SIGCONT')
    },
  },
  {
    name: 'Redis is restarted',
    of: withRedis(async (redis) => {
      await redis.kill()
      await redis.start()
    }),
  },
  { name: 'Redis is flushed', of: withRedis((redis) => redis.flush()) },
  {
    name: 'Redis is away for 5 s',
    of: withRedis(async (redis) => {
      await redis.kill()
      await sleep(5_000)
      await redis.start()
    }),
  },
  {
    name: 'PostgreSQL is restarted, away for 8 s',
    of: ({ postgres }) =>
      postgres &&
      (async () => {
        await postgres.kill()
        await sleep(8_000)
        await postgres.start()
      }),
  },
  { name: 'the table of messages is locked for 5 s', of: (stack) => () => stack.lockMessages(5_000) },
  {
    name: 'nginx is reloaded',
    of: (stack) => async () => {
      stack.nginx.reload()
      await sleep(2_000)
    },
  },
  {
    name: 'nginx is killed and comes back after 2 s',
    of: (stack) => async () => {
      await stack.nginx.program.end('SIGKILL')
      await sleep(2_000)
      await stack.nginx.program.start()
    },
  },
  {
    name: 'the clock of a worker is a minute ahead',
    of: (stack) =>
      stack.clockAhead &&
      (async () => {
        const { program } = worker(stack, 2)
        await program.end('SIGTERM')
        await program.start(stack.clockAhead)
        await sleep(5_000)
        await program.end('SIGTERM')
        await program.start()
      }),
  },
  {
    name: 'all workers are restarted, one after the other, with draining',
    isInvisible: true,
    of: (stack) => async () => {
      for (const { program } of stack.workers) {
        await program.end('SIGTERM')
        await program.start()
        await sleep(500)
      }
    },
  },
  {
    name: 'a burst of 2 000 messages, with room for 100 between the processes',
    of: (stack) => async (conversation) => {
      const env = stack.smallCapacity
      for (const { program } of env ? stack.workers : []) {
        await program.end('SIGTERM')
        await program.start(env)
      }
      // As fast as they are taken: each has ten on their way.
      await conversation.burst('hall', { messages: BURST, each: 10 })
      // So long they are busy with it.
      await conversation.settled(240_000)
      for (const { program } of env ? stack.workers : []) {
        await program.end('SIGTERM')
        await program.start()
      }
    },
  },
]
