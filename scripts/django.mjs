// Starts the Django example (examples/django) for a test run: finds or installs what it needs, migrates and seeds a
// database in a temporary folder, runs daphne. Knows nothing of the tests.
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { root, run, start, stop, temporaryFolder } from './processes.mjs'

export const projectFolder = join(root, 'examples', 'django')

/** The app that the example uses, and its tests. */
export const appFolder = join(root, 'integrations', 'django')

/** For servers of a test run: two processes check each other's tokens, and one its own after a restart. */
export const testSecret = 'only for servers that a test run starts and ends'

const STARTUP_TIMEOUT_MS = 30_000
const REQUEST_TIMEOUT_MS = 10_000
const packages = [
  'python3-django-channels',
  'daphne',
  'python3-jwt',
  'python3-dj-database-url',
  'python3-channels-redis',
  'python3-psycopg2',
  'redis-server',
]
const modules = 'import channels, daphne, dj_database_url, django, jwt'

/** Debian's own Python: the packages above belong to it, and not to a `python3` that comes earlier in PATH. */
const pythonPath = () => process.env.DJANGO_PYTHON || '/usr/bin/python3'

/**
 * Daphne, until its standard input ends. That end comes however this process dies, so nothing is left running behind a
 * test run that was killed.
 */
export const daphne = `import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from daphne.cli import CommandLineInterface
CommandLineInterface.entrypoint()`

const missing =
  () => `The Django example needs Python with channels, daphne, dj-database-url and PyJWT, and ${pythonPath()} lacks them.
One of these helps:
  - Debian, Ubuntu: apt-get install --no-install-recommends ${packages.join(' ')}
  - anywhere: python3 -m venv examples/django/.venv
              examples/django/.venv/bin/pip install -r examples/django/requirements.txt
              DJANGO_PYTHON=$PWD/examples/django/.venv/bin/python npm run test:django
`

const isComplete = async (python) => (await run([python, '-c', modules])).code === 0

const installWithApt = async (log) => {
  if (process.env.DJANGO_PYTHON || process.getuid?.() !== 0) return
  log('installing Django Channels with apt-get')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run(['apt-get', 'update'], { env, timeoutMs: 120_000 })
  const { code, output } = await run(['apt-get', 'install', '-y', '--no-install-recommends', ...packages], {
    env,
    timeoutMs: 300_000,
  })
  if (code !== 0) log(output)
}

/** Resolves with a Python that can run the example; rejects with a message that names the ways to get one. */
export const findPython = async (log = () => {}) => {
  const python = pythonPath()
  if (await isComplete(python)) return python
  await installWithApt(log)
  if (await isComplete(python)) return python
  throw new Error(missing())
}

/** Of a server of `startPostgres`. */
export const databaseUrlOf = ({ host }) => `postgres://postgres@${encodeURIComponent(host)}/postgres`

/** For every Python that is started here. */
export const pythonEnvironment = { PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: appFolder }

/** Runs `manage.py` to its end. Resolves with its output; rejects with it when it fails. */
export const manage = async (python, args, { env = {}, timeoutMs = 60_000 } = {}) => {
  const { code, output } = await run([python, 'manage.py', ...args], {
    cwd: projectFolder,
    env: { ...pythonEnvironment, ...env },
    timeoutMs,
  })
  if (code !== 0) throw new Error(`manage.py ${args.join(' ')} failed:\n${output}`)
  return output
}

/** Resolves with the port daphne listens on. `onLine` gets everything it prints. */
const listening = (child, onLine) =>
  new Promise((resolve, reject) => {
    const lines = []
    const read = (line) => {
      lines.push(line)
      onLine(line)
      const port = /Listening on TCP address \S+?:(\d+)$/.exec(line)?.[1]
      if (port) resolve(Number(port))
    }
    createInterface({ input: child.stdout }).on('line', read)
    createInterface({ input: child.stderr }).on('line', read)
    const fail = (what) => reject(new Error(`daphne ${what}:\n${lines.join('\n')}`))
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`ended before it listened (${signal ?? `exit code ${code}`})`))
    setTimeout(() => fail(`did not listen within ${STARTUP_TIMEOUT_MS / 1000} s`), STARTUP_TIMEOUT_MS).unref()
  })

const fetchJson = async (url, options = {}) => {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

const post = (url, body) => fetchJson(url, { method: 'POST', body: JSON.stringify(body) })

const environmentOf = ({ level, redisUrl, databaseUrl, database }) => ({
  ...pythonEnvironment,
  DJANGO_DB: database,
  DJANGO_DEMO: '1',
  DJANGO_SECRET_KEY: testSecret,
  QUERYWIRE_LEVEL: String(Math.max(1, level)),
  ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
  ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
})

/**
 * Starts daphne with a fresh seeded database, or with the one in `dataFolder` or at `databaseUrl`, which is then kept.
 * `level` is what `/ws/v1/` offers (1 to 3); level 0 is always at `/ws/chat/<room>/`, each level at `/ws/level<n>/`.
 */
export const startDjango = async ({
  level = 3,
  port = 0,
  dataFolder,
  redisUrl,
  databaseUrl,
  log = () => {},
} = {}) => {
  const python = await findPython(log)
  const folder = dataFolder === undefined ? temporaryFolder('django') : { path: dataFolder, remove: () => {} }
  const database = join(folder.path, 'db.sqlite3')
  const env = environmentOf({ level, redisUrl, databaseUrl, database })
  let child
  let boundPort = port
  const launch = async () => {
    const endpoint = `tcp:${boundPort}:interface=127.0.0.1`
    child = start([python, '-c', daphne, '-e', endpoint, 'project.asgi:application'], {
      cwd: projectFolder,
      env,
      stdio: 'pipe',
    })
    boundPort = await listening(child, log)
  }
  const stopAll = async () => {
    if (child) await stop(child)
    folder.remove()
  }
  try {
    await manage(python, ['migrate', '-v', '0'], { env })
    await manage(python, ['seed_demo'], { env })
    await launch()
  } catch (error) {
    await stopAll()
    throw error
  }
  const httpUrl = `http://127.0.0.1:${boundPort}`
  return {
    url: `ws://127.0.0.1:${boundPort}`,
    httpUrl,
    tokenUrl: `${httpUrl}/token`,
    /** A token for a seeded user; one that has run out when `ttlSeconds` is negative. */
    token: async (user, ttlSeconds = 3600) =>
      (await fetchJson(`${httpUrl}/token?user=${encodeURIComponent(user)}&ttl=${ttlSeconds}`)).token,
    createRoom: (room) => post(`${httpUrl}/demo/rooms`, room),
    /** Forgets the room's numbered events but the newest `keep`. */
    prune: (roomId, keep = 0) => post(`${httpUrl}/demo/prune`, { room_id: roomId, keep }),
    /** Of daphne. */
    pid: () => child.pid,
    /** Ends daphne; every socket sees 1006. */
    kill: () => stop(child),
    /** Again on the same port with the same data. */
    restart: async () => {
      await stop(child)
      await launch()
    },
    stop: stopAll,
  }
}
