// Child processes of the scripts: found in node_modules/.bin, killed with everything they started.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const windows = process.platform === 'win32'
const living = new Set()

/** This process's environment, with the tools of node_modules (Node 24 among them) first in PATH. */
export const toolEnvironment = (extra = {}) => ({
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  ...extra,
})

/** Starts a command in a process group of its own, so that `stop` reaches its grandchildren (browsers, workers). */
export const start = (command, { env = {}, ...options } = {}) => {
  const [file, ...args] = command
  const child = spawn(file, args, {
    cwd: root,
    env: toolEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
    shell: windows,
    ...options,
  })
  living.add(child)
  child.once('exit', () => living.delete(child))
  return child
}

const signalGroup = (child, signal) => {
  try {
    if (windows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (error) {
    // ESRCH: the group has ended between the check and the signal, which is what was asked for.
    if (error.code !== 'ESRCH') throw error
  }
}

/** Resolves when the child has ended: asked to by SIGTERM, made to after `graceMs`. */
export const stop = (child, graceMs = 5_000) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve()
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    signalGroup(child, 'SIGTERM')
  })

/**
 * Runs a command to its end. `output` is stdout and stderr as they came; `code` is null when it was killed: after
 * `timeoutMs`, or when nothing was heard of it for `silenceMs`, which no slow machine is.
 */
export const run = (command, { timeoutMs, silenceMs, onOutput, ...options } = {}) =>
  new Promise((resolve) => {
    const child = start(command, options)
    const chunks = []
    const end = (why) => {
      chunks.push(Buffer.from(`\nstopped: ${why}\n`))
      void stop(child)
    }
    const quiet =
      silenceMs && setTimeout(() => end(`nothing was heard of it for ${silenceMs / 1000} s`), silenceMs)
    const keep = (chunk) => {
      quiet?.refresh()
      chunks.push(chunk)
      onOutput?.(chunk)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const timer = timeoutMs && setTimeout(() => end(`still running after ${timeoutMs / 1000} s`), timeoutMs)
    const finish = (code) => {
      clearTimeout(timer)
      clearTimeout(quiet)
      resolve({ code, output: Buffer.concat(chunks).toString() })
    }
    child.once('error', (error) => {
      chunks.push(Buffer.from(`${file(command)}: ${error.message}\n`))
      finish(null)
    })
    child.once('close', finish)
  })

const file = ([name]) => name

/** Whatever this process has started and has not ended. */
export const stopAll = () => Promise.all([...living].map((child) => stop(child)))

/** Ctrl-C, SIGTERM and SIGHUP stop every child before this process ends. `received` tells that one has come. */
export const stopChildrenOnSignals = () => {
  const state = { received: false }
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, async () => {
      // A second Ctrl-C while the children are being stopped changes nothing: `stop` kills after its grace period.
      if (state.received) return
      state.received = true
      await stopAll()
      process.exit(code)
    })
  }
  return state
}

/** Removed by `remove`, and when this process exits before that, as it does on Ctrl-C. */
export const temporaryFolder = (name) => {
  const path = mkdtempSync(join(tmpdir(), `querywire-${name}-`))
  const clear = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', clear)
  const remove = () => {
    process.removeListener('exit', clear)
    clear()
  }
  return { path, remove }
}
