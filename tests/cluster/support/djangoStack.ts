/** Three daphnes behind nginx, over Redis and a database that all of them share. */
import {
  daphne,
  databaseUrlOf,
  findPython,
  manage,
  projectFolder,
  pythonEnvironment,
  testSecret,
} from '../../../scripts/django.mjs'
import { clockAhead } from './clockAhead.ts'
import { startNginx } from './nginx.ts'
import { post } from './post.ts'
import { freePort, startProgram } from './program.ts'
import { onPostgres, onSqlite, type Services } from './services.ts'
import type { Processes } from './stack.ts'
import { asking } from './truth.ts'

type Variables = Readonly<Record<string, string>>

const SITE = new URL('../../../examples/django/deploy/nginx.conf', import.meta.url)
/** As its nginx needs it: see there. */
const PINGS = ['--ping-interval', '5', '--ping-timeout', '20']

async function startDaphnes(given: Variables, folder: string): Promise<Processes> {
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

const parts = {
  messages: 'querywire_message',
  start: ({ folder, redis, database }: Services) =>
    startDaphnes(
      {
        REDIS_URL: `unix://${redis}`,
        ...('file' in database
          ? { DJANGO_DB: database.file }
          : { DATABASE_URL: databaseUrlOf({ host: database.postgres }) }),
      },
      folder,
    ),
}

export const startDjangoOnPostgres = () => onPostgres(parts)
export const startDjangoOnSqlite = () => onSqlite(parts)

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
