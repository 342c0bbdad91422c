// Starts a PostgreSQL or a Redis for a test run, or finds nginx: finds or installs it, runs it in a temporary folder, on a socket in there.
// Knows nothing of the tests.
import { spawn } from 'node:child_process'
import { chownSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
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

/** In these folders, and in PATH. */
export const find = (name, folders = []) =>
  [...folders, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

const LOCKED = /Could not get lock|Unable to (acquire|lock)/
const LOCK_PATIENCE_MS = 300_000
const LOCK_POLL_MS = 2_000
/** A mirror that does not answer is not waited for as long as apt-get would. */
const APT = [
  'apt-get',
  '-o',
  'DPkg::Lock::Timeout=300',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'Acquire::Retries=1',
]

/**
 * Waits for others who install: several test files may need the same at once, and only one of the locks has a timeout of
 * its own. What they install is found by `look`.
 */
const apt = async (args, look) => {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  for (const end = Date.now() + LOCK_PATIENCE_MS; ; await sleep(LOCK_POLL_MS)) {
    const { code, output } = await run([...APT, ...args], { env, timeoutMs: 400_000 })
    if (code === 0 || !LOCKED.test(output) || look() !== undefined || Date.now() > end)
      return { code, output }
  }
}

/** What apt-get says, where that has not helped. With the lists that are there; where they do not know it, with new ones. */
const install = async (name, look) => {
  const command = ['install', '-y', '--no-install-recommends', name]
  const first = await apt(command, look)
  if (look() !== undefined || first.code === 0) return first.output
  const { output } = await apt(['update'], look)
  if (look() !== undefined) return output
  return output + (await apt(command, look)).output
}

/** Debian's name, and those elsewhere. */
const ELSEWHERE = {
  postgresql: { fedora: 'postgresql-server', brew: 'postgresql' },
  'redis-server': { fedora: 'redis', brew: 'redis' },
  nginx: { fedora: 'nginx', brew: 'nginx' },
  libfaketime: { fedora: 'libfaketime', brew: 'libfaketime' },
}

const missing = (name, why) => `There is no ${name} on this system${why}.
  - Debian, Ubuntu: sudo apt-get install --no-install-recommends ${name}
  - Fedora: sudo dnf install ${ELSEWHERE[name].fedora}
  - macOS: brew install ${ELSEWHERE[name].brew}
  - elsewhere: let it be found in PATH
Nothing of it has to run: what the tests need is started in a temporary folder.
`

const lastLines = (output) => output.trim().split('\n').slice(-8).join('\n')

/** The path of a program, installed by the system where it is missing and this user may. */
export const findOrInstall = async (name, look, log) => {
  let found = look()
  if (found !== undefined) return found
  if (!isRoot || find('apt-get') === undefined)
    throw new Error(missing(name, isRoot ? '' : ', and only root could install it'))
  log(`installing the ${name} package with apt-get`)
  const output = await install(name, look)
  found = look()
  if (found !== undefined) return found
  throw new Error(missing(name, `, and apt-get could not install it:\n${lastLines(output)}\n`))
}

/** Leftovers of runs that were killed: their servers have ended with them, their folders have not. */
const LEFTOVER_MS = 3_600_000
const removeLeftovers = () => {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^querywire-db-(\d+)-/.exec(name)?.[1])
    const path = join(tmpdir(), name)
    if (pid > 0 && !isAlive(pid) && isOld(path)) rmSync(path, { recursive: true, force: true })
  }
}

/** Seen from in here: another container may share the folder, but not the numbers of its processes. */
const isOld = (path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LEFTOVER_MS

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const ownFolder = () => {
  removeLeftovers()
  return temporaryFolder(`db-${process.pid}`)
}

/**
 * Runs the command until it ends or its standard input does. That end comes however this process dies, so nothing is left
 * running behind a test run that was killed. What else ends it: the signal to `stop` with.
 */
const underWatch = `exec 3<&0; signal=$1; shift; "$@" 3<&- & server=$!
{ cat <&3 >/dev/null; kill -"$signal" $server 2>/dev/null; } & exec 3<&-; wait $server`

/** As that user where this is root, which PostgreSQL refuses to be. */
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
    const fail = (how) => {
      clearTimeout(timer)
      reject(new Error(`${command[0]} ${how}:\n${output}`))
      void kill()
    }
    const timer = setTimeout(
      () => fail(`did not start within ${STARTUP_TIMEOUT_MS / 1000} s`),
      STARTUP_TIMEOUT_MS,
    )
    child.once('exit', () => fail('ended before it was ready'))
    // Of one that has ended there is nobody to read.
    child.stdin.on('error', () => undefined)
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

/** Whom PostgreSQL runs as, where this is root. */
const unprivileged = async () => {
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run(['id', flag, user])))
    if (uid.code === 0) return { user, uid: Number(uid.output), gid: Number(gid.output) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody"')
}

/** `host` is the folder of its socket: for `new Pool({ host, user: 'postgres', database: 'postgres' })`. */
export const startPostgres = async (log = () => {}) => {
  const look = () => find('initdb', debianFolders())
  const initdb = await findOrInstall('postgresql', look, log)
  const { user, uid, gid } = isRoot ? await unprivileged() : {}
  const { path, remove } = ownFolder()
  if (isRoot) chownSync(path, uid, gid)
  const data = join(path, 'data')
  const made = await run(
    asUser(user, [
      initdb,
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ]),
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
  const { path: folder, remove } = ownFolder()
  const path = join(folder, 'redis.sock')
  const settings = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no', '--dir', folder]
  const ready = /ready to accept connections/i
  const start = () => launch([program, ...settings], { signal: 'TERM', ready })
  const flush = async () => {
    const { code, output } = await run(['redis-cli', '-s', path, 'FLUSHALL'])
    if (code !== 0) throw new Error(output)
  }
  return { path, flush, ...(await withRestart(start, remove)) }
}
