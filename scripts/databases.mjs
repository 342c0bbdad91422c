// Starts a PostgreSQL or a Redis for a test run, or finds nginx: finds or installs it, runs it in a temporary folder, on a socket in there.
// Knows nothing of the tests.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { run, temporaryFolder } from './processes.mjs'

const STARTUP_TIMEOUT_MS = 60_000
const isRoot = process.getuid?.() === 0

/** Debian keeps the server of each version in a folder of its own, which is not in PATH. */
const debianFolders = () => {
  const versions = '/usr/lib/postgresql'
  if (!existsSync(versions)) return []
  const newestFirst = readdirSync(versions).sort((one, other) => Number(other) - Number(one))
  return newestFirst.map((version) => join(versions, version, 'bin'))
}

const find = (name, folders = []) =>
  [...folders, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

/** Waits for others who install: several test files may need the same at once. */
const install = async (name, log) => {
  if (!isRoot || !existsSync('/usr/bin/apt-get')) return
  log(`installing the ${name} package with apt-get`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const patience = ['-o', 'DPkg::Lock::Timeout=300']
  await run(['apt-get', ...patience, 'update'], { env, timeoutMs: 120_000 })
  const { code, output } = await run(
    ['apt-get', ...patience, 'install', '-y', '--no-install-recommends', name],
    { env, timeoutMs: 400_000 },
  )
  if (code !== 0) log(output)
}

const missing = (name) => `There is no ${name} on this system, and none could be installed.
  - Debian, Ubuntu: apt-get install --no-install-recommends ${name}
  - elsewhere: let its programs be found in PATH
`

const findOrInstall = async (name, look, log) => {
  if (look() === undefined) await install(name, log)
  const found = look()
  if (found === undefined) throw new Error(missing(name))
  return found
}

/**
 * Runs the command until its standard input ends. That end comes however this process dies, so nothing is left running
 * behind a test run that was killed. What else ends it: the signal to `stop` with.
 */
const underWatch = 'signal=$1; shift; "$@" & server=$!; cat >/dev/null; kill -"$signal" $server; wait $server'

/** As the user `postgres` where this is root, which PostgreSQL refuses to be. */
const asUser = (user, command) => (isRoot && user ? ['runuser', '-u', user, '--', ...command] : command)

/** Resolves when the server has printed that it is ready. */
const launch = (command, { user, signal, ready }) =>
  new Promise((resolve, reject) => {
    const [file, ...args] = asUser(user, ['sh', '-c', underWatch, 'sh', signal, ...command])
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: tmpdir() })
    const ended = new Promise((end) => child.once('close', end))
    const kill = () => {
      child.stdin.end()
      return ended
    }
    let output = ''
    const timer = setTimeout(() => {
      reject(new Error(`${command[0]} did not start within ${STARTUP_TIMEOUT_MS / 1000} s:\n${output}`))
      void kill()
    }, STARTUP_TIMEOUT_MS)
    const read = (chunk) => {
      output += chunk
      if (!ready.test(output)) return
      clearTimeout(timer)
      // Nothing else of it is of interest; a pipe that is not read would stop it.
      output = ''
      resolve({ kill })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
  })

const withRestart = async (start, remove) => {
  try {
    let server = await start()
    return {
      kill: () => server.kill(),
      restart: async () => {
        await server.kill()
        server = await start()
      },
      stop: async () => {
        await server.kill()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

const idOf = async (user, flag) => Number((await run(['id', flag, user])).output)

/** `host` is the folder of its socket: for `new Pool({ host, user: 'postgres', database: 'postgres' })`. */
export const startPostgres = async (log = () => {}) => {
  const look = () => find('initdb', debianFolders())
  const initdb = await findOrInstall('postgresql', look, log)
  const user = 'postgres'
  const { path, remove } = temporaryFolder('db')
  if (isRoot) chownSync(path, await idOf(user, '-u'), await idOf(user, '-g'))
  const data = join(path, 'data')
  const made = await run(
    asUser(user, [initdb, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']),
    { cwd: tmpdir(), timeoutMs: 120_000 },
  )
  if (made.code !== 0) {
    remove()
    throw new Error(`initdb failed:\n${made.output}`)
  }
  const settings = { listen_addresses: '', unix_socket_directories: path, max_connections: 200, fsync: 'off' }
  const command = [
    initdb.replace(/initdb$/, 'postgres'),
    ...['-D', data],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const start = () => launch(command, { user, signal: 'INT', ready: /ready to accept connections/ })
  return { host: path, ...(await withRestart(start, remove)) }
}

/** `path` is its socket. Keeps nothing: after a restart it is empty. */
export const startRedis = async (log = () => {}) => {
  const program = await findOrInstall('redis-server', () => find('redis-server'), log)
  const { path: folder, remove } = temporaryFolder('db')
  const path = join(folder, 'redis.sock')
  const settings = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder]
  const ready = /ready to accept connections/i
  const start = () => launch([program, ...settings], { signal: 'TERM', ready })
  return { path, ...(await withRestart(start, remove)) }
}

/** The program, which whoever needs it starts with a configuration of his own. */
export const findNginx = (log = () => {}) => findOrInstall('nginx', () => find('nginx', ['/usr/sbin']), log)
