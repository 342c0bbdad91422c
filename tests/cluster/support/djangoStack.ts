/** Three daphnes behind nginx, over Redis and a database that all of them share. */
import { join } from 'node:path'
import { Pool } from 'pg'
import { startPostgres, startRedis } from '../../../scripts/databases.mjs'
import {
  daphne,
  databaseUrlOf,
  findPython,
  manage,
  projectFolder,
  pythonEnvironment,
  testSecret,
} from '../../../scripts/django.mjs'
import { temporaryFolder } from '../../../scripts/processes.mjs'
import { clockAhead } from './clockAhead.ts'
import { lockFile, lockTable } from './lock.ts'
import { startNginx } from './nginx.ts'
import { post } from './post.ts'
import { freePort, startProgram } from './program.ts'
import type { Stack } from './stack.ts'
import { asking } from './truth.ts'

type Variables = Readonly<Record<string, string>>

const MESSAGES = 'querywire_message'
const SITE = new URL('../../../examples/django/deploy/nginx.conf', import.meta.url)
/** As its nginx needs it: see there. */
const PINGS = ['--ping-interval', '5', '--ping-timeout', '20']

async function startDaphnes(given: Variables, folder: string) {
  const python = await findPython((line) => console.log(line))
  const env = { ...pythonEnvironment, DJANGO_DEMO: '1', DJANGO_SECRET_KEY: testSecret, ...given }
  await manage(python, ['migrate', '-v', '0'], { env })
  await manage(python, ['seed_demo'], { env })
  const workers = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const port = await freePort()
      const listen = ['-e', `tcp:${port}:interface=127.0.0.1`]
      const program = await startProgram({
        name: `daphne ${number}`,
        command: [python, '-c', daphne, ...listen, ...PINGS, 'project.asgi:application'],
        port,
        cwd: projectFolder,
        env,
      })
      return { program, url: `ws://127.0.0.1:${port}` }
    }),
  )
  const ports = workers.map(({ program }) => program.port)
  const nginx = await startNginx(folder, { site: SITE, port: await freePort(), workers: ports })
  const token = tokens(async (user) => {
    const response = await fetch(`http://127.0.0.1:${ports[1]}/token?user=${user}&ttl=3600`)
    return ((await response.json()) as { token: string }).token
  })
  return {
    url: nginx.url,
    endpoint: '/ws/v1/',
    workers,
    nginx,
    token,
    createRoom: (id: string, members: readonly string[]) =>
      post(`http://127.0.0.1:${ports[0]}/demo/rooms`, { id, members }),
    removeMember: async (roomId: string, user: string) => {
      const address = `${workers[0]?.url}/ws/v1/?token=${await token(user)}`
      await asking(address, (ask) => ask('leave_room', { room_id: roomId }))
    },
    clockAhead: await clockAhead(),
    smallCapacity: { CHANNEL_CAPACITY: '100' },
    stop: async () => {
      const programs = [nginx.program, ...workers.map(({ program }) => program)]
      await Promise.all(programs.map((each) => each.end('SIGKILL')))
    },
  }
}

export async function startDjangoOnPostgres(): Promise<Stack> {
  const folder = temporaryFolder('cluster')
  const [postgres, redis] = [await startPostgres(), await startRedis()]
  const env = { DATABASE_URL: databaseUrlOf(postgres), REDIS_URL: `unix://${redis.path}` }
  const stack = await startDaphnes(env, folder.path)
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

export async function startDjangoOnSqlite(): Promise<Stack> {
  const folder = temporaryFolder('cluster')
  const [redis, file] = [await startRedis(), join(folder.path, 'db.sqlite3')]
  const stack = await startDaphnes({ DJANGO_DB: file, REDIS_URL: `unix://${redis.path}` }, folder.path)
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

/** Each is good for an hour. */
function tokens(ask: (user: string) => Promise<string>): (user: string) => Promise<string> {
  const known = new Map<string, Promise<string>>()
  return (user) => {
    const token = known.get(user) ?? ask(user)
    known.set(user, token)
    token.catch(() => known.delete(user))
    return token
  }
}
