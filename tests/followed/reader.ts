/** Who follows a page: with a folder, a terminal for each command that does not end, and nothing but the tarball. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { readersEnvironment } from '../package/pastedApp.ts'
import type { Step } from './page.ts'

/** The packed package: it takes the place of the registry's. */
const { TARBALL = '' } = process.env
const OWN_NAME = /(?<=^npm install .*)\bquerywire\b/
const ENDLESS = /^(?:node |npm run dev|python -m daphne)/
const LISTENS = /listening on|Local:\s+http|Listening on/i

export interface Terminal {
  readonly command: string
  readonly said: () => string
  end(): Promise<void>
}

export interface Reader {
  /** The one of the pages, unless some other program has it. */
  readonly port: number
  follow(steps: readonly Step[]): Promise<void>
  /** Once more, what a page says to type; resolves with what it printed. */
  type(command: string): Promise<string>
  /** The newest one that was opened for such a command. */
  terminal(start: string): Terminal
  /** The address that `npm run dev` has printed last. */
  address(): string
  close(): Promise<void>
}

const PORT = 9000

async function portFor(): Promise<number> {
  return (await listens(PORT)) ?? (await listens(0)) ?? PORT
}

function listens(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(undefined))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

/** Python without a registry: what the system has is what `pip install` finds. */
const PYTHON = `#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then shift 2; exec /usr/bin/python3 -m venv --system-site-packages "$@"; fi
exec /usr/bin/python3 "$@"
`

/** This Node, and of the tools of this repository none: a reader has only what the page says. */
async function createPath(folder: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  await writeFile(join(bin, 'python3'), PYTHON)
  await chmod(join(bin, 'python3'), 0o755)
  const others = (process.env.PATH ?? '').split(delimiter).filter((each) => !each.includes('node_modules'))
  return [bin, ...others].join(delimiter)
}

export async function createReader(): Promise<Reader> {
  const home = await mkdtemp(join(tmpdir(), 'querywire-reader-'))
  const env = {
    ...readersEnvironment(),
    PATH: await createPath(home),
    NEXT_TELEMETRY_DISABLED: '1',
    // An answer to every question: yes, and what is there already is not fetched again.
    npm_config_yes: 'true',
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    PIP_NO_INDEX: '1',
    PIP_NO_BUILD_ISOLATION: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const port = await portFor()
  const ported = (text: string) => text.replaceAll(String(PORT), String(port))
  let folder = join(home, 'code')
  await mkdir(folder)
  /** What every terminal does first: a virtual environment that the page has entered. */
  let entered = ''
  const terminals: Terminal[] = []

  const run = (command: string) => {
    const child = spawn('bash', ['-c', `${entered}${ported(command).replace(OWN_NAME, TARBALL)}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    return listen(child, command)
  }
  const type = async (command: string) => {
    const terminal = run(command)
    const code = await terminal.ended
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${terminal.said()}`)
    return terminal.said()
  }
  const perform = async (command: string) => {
    const [, to] = /^cd (\S+)/.exec(command) ?? []
    if (to !== undefined) folder = join(folder, to)
    else if (command.startsWith('. ')) entered = `${entered}${command} && `
    else if (ENDLESS.test(command)) {
      // Who types it again has ended it before.
      await Promise.all(terminals.filter((each) => each.command === command).map(({ end }) => end()))
      terminals.push(await listening(run(command)))
    } else await type(command)
  }
  const write = async ({ file, code, isAppended }: Extract<Step, { kind: 'file' }>) => {
    const path = join(folder, file)
    if (isAppended) await access(path)
    await mkdir(dirname(path), { recursive: true })
    await (isAppended ? appendFile(path, `\n${ported(code)}`) : writeFile(path, ported(code)))
  }
  const terminal = (start: string) => {
    const found = terminals.findLast(({ command }) => command.startsWith(start))
    if (found === undefined) throw new Error(`The page says no ${start}`)
    return found
  }
  return {
    port,
    follow: async (steps) => {
      for (const step of steps) await (step.kind === 'command' ? perform(step.command) : write(step))
    },
    type,
    terminal,
    address: () => /http:\/\/localhost:\d+/.exec(terminal('npm run dev').said())?.[0] ?? 'nowhere',
    close: async () => {
      await Promise.all(terminals.map(({ end }) => end()))
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Running extends Terminal {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
}

function listen(child: ChildProcess, command: string): Running {
  let said = ''
  const hear = (text: Buffer) => {
    said += stripVTControlCharacters(text.toString())
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const end = async () => {
    // With what it has started: npm, and what npm has started.
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGKILL')
    await ended
  }
  return { command, child, ended, said: () => said, end }
}

/** Resolves once it says that it listens. */
async function listening(running: Running): Promise<Running> {
  const { command, child, said, ended } = running
  const heard = new Promise<void>((resolve) => {
    const look = () => LISTENS.test(said()) && resolve()
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
  })
  const over = ended.then((code) => Promise.reject(new Error(`${command} ended with ${code}:\n${said()}`)))
  over.catch(() => {})
  await Promise.race([heard, over])
  return running
}
