/** Three daphnes behind nginx, over Redis and a database that all of them share. */

import { join } from 'node:path'
import { startRedis } from '../../../scripts/databases.mjs'
import { daphne, findPython, manage, projectFolder, testSecret } from '../../../scripts/django.mjs'
import { temporaryFolder } from '../../../scripts/processes.mjs'
import { clockAhead } from './clockAhead.ts'
import { lockFile } from './lock.ts'
import { startNginx } from './nginx.ts'
import { post } from './post.ts'
import { freePort, startProgram } from './program.ts'
import type { Stack } from './stack.ts'
import { asking } from './truth.ts'

export async function startDjangoStack(): Promise<Stack> {
  const folder = temporaryFolder('cluster')
  const redis = await startRedis()
  const python = await findPython()
  const file = join(folder.path, 'db.sqlite3')
  const env = {
    PYTHONDONTWRITEBYTECODE: '1',
    DJANGO_DEMO: '1',
    DJANGO_SECRET_KEY: testSecret,
    DJANGO_DB: file,
    REDIS_URL: `unix://${redis.path}`,
  }
  await manage(python, ['migrate', '-v', '0'], { env })
  await manage(python, ['seed_demo'], { env })
  const workers = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const port = await freePort()
      const program = await startProgram({
        name: `daphne ${number}`,
        command: [python, '-c', daphne, '-e', `tcp:${port}:interface=127.0.0.1`, 'project.asgi:application'],
        port,
        cwd: projectFolder,
        env,
      })
      return { program, url: `ws://127.0.0.1:${port}` }
    }),
  )
  const nginx = await startNginx(folder.path, {
    port: await freePort(),
    workers: workers.map(({ program }) => program.port),
  })
  const http = (at = 0) => `http://127.0.0.1:${workers[at]?.program.port}`
  const token = tokens(async (user) => {
    const response = await fetch(`${http(1)}/token?user=${user}&ttl=3600`)
    return ((await response.json()) as { token: string }).token
  })
  return {
    url: nginx.url,
    endpoint: '/ws/v1/',
    workers,
    nginx,
    redis: {
      kill: redis.kill,
      start: redis.restart,
      flush: redis.flush,
    },
    lockMessages: (ms) => lockFile(file, ms),
    clockAhead: await clockAhead(),
    token,
    createRoom: async (id, members) => post(`${http()}/demo/rooms`, { id, members }),
    removeMember: async (roomId, user) => {
      const address = `${workers[0]?.url}/ws/v1/?token=${await token(user)}`
      await asking(address, (ask) => ask('leave_room', { room_id: roomId }))
    },
    smallCapacity: { CHANNEL_CAPACITY: '100' },
    stop: async () => {
      await Promise.all(
        [nginx.program, ...workers.map(({ program }) => program)].map((each) => each.end('SIGKILL')),
      )
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
