/** The server of an example, in a process of its own: killed, held and started again on the same port and the same data. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface ExampleServer {
  readonly port: number
  readonly database: string
  kill(): Promise<void>
  /** It takes what is sent, and does nothing. */
  hold(): void
  goOn(): void
  start(): Promise<void>
  close(): Promise<void>
}

/** `main`: below `examples/`. `name`: with `_PORT` and `_DB` what its environment is called. */
export async function startExample(
  main: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ExampleServer> {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-example-'))
  const database = join(folder, 'data.sqlite')
  const run = (port: number) =>
    listening(join('examples', main), { ...env, [`${name}_DB`]: database, [`${name}_PORT`]: String(port) })
  let { child, port } = await run(0)
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return {
    ...{ port, database, kill },
    hold: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    start: async () => {
      ;({ child, port } = await run(port))
    },
    close: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function listening(
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; port: number }> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, [main], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [...stdio],
  })
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line.startsWith('{')) return { child, port: Number(JSON.parse(line).port) }
  }
  throw new Error('The server ended before it listened')
}
