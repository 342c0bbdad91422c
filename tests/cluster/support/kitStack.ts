/** Three processes of the server kit behind nginx: over Redis and a database that all of them share. */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { clockAhead } from './clockAhead.ts'
import { startNginx } from './nginx.ts'
import { post } from './post.ts'
import { freePort, startProgram } from './program.ts'
import { onPostgres, onSqlite, type Services } from './services.ts'
import type { Processes } from './stack.ts'

const WORKER = fileURLToPath(new URL('kitWorker.mjs', import.meta.url))
const SITE = new URL('../../../examples/nginx/querywire.conf', import.meta.url)

async function startWorkers(env: Readonly<Record<string, string>>, folder: string): Promise<Processes> {
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

const parts = {
  messages: 'querywire_chat_messages',
  start: ({ folder, redis, database }: Services) =>
    startWorkers(
      { REDIS: redis, ...('file' in database ? { SQLITE: database.file } : { POSTGRES: database.postgres }) },
      folder,
    ),
}

export const startKitOnPostgres = () => onPostgres(parts)
export const startKitOnSqlite = () => onSqlite(parts)
