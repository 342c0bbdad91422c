/** Three processes of the server kit behind nginx: over PostgreSQL and Redis, or over one SQLite file. */
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import { startPostgres, startRedis } from '../../../scripts/databases.mjs'
import { temporaryFolder } from '../../../scripts/processes.mjs'
import { clockAhead } from './clockAhead.ts'
import { lockFile, lockTable } from './lock.ts'
import { startNginx } from './nginx.ts'
import { post } from './post.ts'
import { freePort, startProgram } from './program.ts'
import type { Stack } from './stack.ts'

const WORKER = fileURLToPath(new URL('kitWorker.mjs', import.meta.url))
const MESSAGES = 'querywire_chat_messages'
const SITE = new URL('../../../examples/nginx/querywire.conf', import.meta.url)

async function startWorkers(env: Readonly<Record<string, string>>, folder: string) {
  const workers = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const port = await freePort()
      const command = [process.execPath, WORKER]
      const program = await startProgram({
        name: `worker ${number}`,
        command,
        port,
        env: { ...env, PORT: String(port) },
      })
      return { program, url: `ws://127.0.0.1:${port}` }
    }),
  )
  const nginx = await startNginx(folder, {
    site: SITE,
    port: await freePort(),
    workers: workers.map(({ program }) => program.port),
  })
  const http = `http://127.0.0.1:${workers[0]?.program.port}`
  const stop = async () => {
    const programs = [nginx.program, ...workers.map(({ program }) => program)]
    await Promise.all(programs.map((each) => each.end('SIGKILL')))
  }
  return {
    url: nginx.url,
    endpoint: '/ws/',
    workers,
    nginx,
    token: async (user: string) => user,
    createRoom: (id: string, members: readonly string[]) => post(`${http}/createRoom`, { id, members }),
    removeMember: (roomId: string, user: string) => post(`${http}/removeMember`, { roomId, user }),
    clockAhead: await clockAhead(),
    stop,
  }
}

export async function startKitOnPostgres(): Promise<Stack> {
  const folder = temporaryFolder('cluster')
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  const stack = await startWorkers({ POSTGRES: postgres.host, REDIS: redis.path }, folder.path)
  const pool = () => new Pool({ host: postgres.host, user: 'postgres', database: 'postgres', max: 1 })
  return {
    ...stack,
    postgres: { kill: postgres.kill, start: postgres.restart },
    redis: { kill: redis.kill, start: redis.restart, flush: redis.flush },
    lockMessages: (ms) => lockTable(pool(), MESSAGES, ms),
    stop: async () => {
      await stack.stop()
      await Promise.all([postgres.stop(), redis.stop()])
      folder.remove()
    },
  }
}

export async function startKitOnSqlite(): Promise<Stack> {
  const folder = temporaryFolder('cluster')
  const [redis, file] = [await startRedis(), join(folder.path, 'chat.sqlite')]
  const stack = await startWorkers({ SQLITE: file, REDIS: redis.path }, folder.path)
  return {
    ...stack,
    redis: { kill: redis.kill, start: redis.restart, flush: redis.flush },
    lockMessages: (ms) => lockFile(file, ms),
    stop: async () => {
      await stack.stop()
      await redis.stop()
      folder.remove()
    },
  }
}
