/** Processes that can be killed, behind one address that leads to one of those that live. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LedgerProcessOptions } from './ledgerProcess.ts'

const PROGRAM = fileURLToPath(new URL('ledgerProcess.ts', import.meta.url))

interface Process {
  readonly child: ChildProcess
  readonly port: number
  readonly ended: Promise<unknown>
}

export function createLedgerCluster(options: LedgerProcessOptions) {
  const living = new Set<Process>()
  const snapshots = { count: 0 }
  const complaints: string[] = []

  /** Resolves when it listens. What is given here goes for this one alone. */
  const start = async (own: Partial<LedgerProcessOptions> = {}): Promise<Process> => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ ...options, ...own })])
    const ended = once(child, 'exit')
    child.stderr.on('data', (data) => complaints.push(String(data)))
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === 'snapshot') snapshots.count++
        else resolve(Number(line))
      })
      void ended.then(() => reject(new Error(`It ended before it listened: ${complaints.join('')}`)))
    })
    const started = { child, port, ended }
    living.add(started)
    void ended.then(() => living.delete(started))
    return started
  }
  const kill = async (killed: Process) => {
    living.delete(killed)
    killed.child.kill('SIGKILL')
    await killed.ended
  }
  return { living, snapshots, complaints, start, kill, stop: () => Promise.all([...living].map(kill)) }
}

/** Lines to whichever process lives; which of several, by turns. A line ends with its process. */
export async function openFront(living: ReadonlySet<Process>) {
  const lines = new Set<Socket>()
  let turn = 0
  const front = createServer((client) => {
    const target = [...living][turn++ % Math.max(living.size, 1)]
    if (!target) return client.destroy()
    const upstream = connect(target.port, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      lines.add(socket)
      socket.on('data', (data) => other.write(data))
      // Cut by a killed process: `close` follows.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        lines.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(front.address() as AddressInfo).port}`,
    close: () => {
      for (const line of lines) line.destroy()
      front.close()
    },
  }
}
