/** A server process of a test: killed, stopped, continued and started again on the same port. */
import type { ChildProcess } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { start } from '../../../scripts/processes.mjs'

export interface ProgramOptions {
  readonly name: string
  readonly command: readonly string[]
  readonly port: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningProgram {
  readonly port: number
  /** What it printed last. */
  output(): string
  signal(signal: NodeJS.Signals): void
  /** Ends it and waits until it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
  /** Again, with other variables if they are given; resolves when it listens. */
  start(env?: Readonly<Record<string, string>>): Promise<void>
}

const KEPT_CHARACTERS = 20_000
const STARTUP_MS = 60_000

export async function startProgram({
  name,
  command,
  port,
  cwd,
  env,
}: ProgramOptions): Promise<RunningProgram> {
  let child: ChildProcess
  let ended = Promise.resolve()
  let output = ''
  const launch = async (more: Readonly<Record<string, string>> = {}) => {
    child = start(command, { cwd, env: { ...env, ...more }, stdio: ['pipe', 'pipe', 'pipe'] })
    const read = (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-KEPT_CHARACTERS)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    let isOver = false
    ended = new Promise((resolve) =>
      child.once('exit', () => {
        isOver = true
        resolve()
      }),
    )
    for (const until = Date.now() + STARTUP_MS; !(await isListening(port)); await sleep(50)) {
      if (isOver || Date.now() > until) throw new Error(`${name} did not start:\n${output}`)
    }
  }
  const signal = (which: NodeJS.Signals) => {
    // The group: what it has started ends with it.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, which)
  }
  await launch()
  return {
    port,
    output: () => output,
    signal,
    end: async (which) => {
      signal(which)
      await ended
    },
    start: launch,
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })

/** Free at this moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
