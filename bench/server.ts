/**
 * What the server kit costs beside `ws` alone, and beside Socket.IO with its Redis streams adapter, in one run: two
 * processes and a Redis, real sockets, a SQLite file. For Socket.IO, `npm --prefix bench ci` first.
 * `--quick`: fewer rounds, and no 2 000 sockets. `--only "connect"`: what has that in its name.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../scripts/databases.mjs'
import type { Command, Done } from './server/clients.ts'
import { bytesInUse } from './server/memory.ts'
import { frameOf, ROOM, serveBare, serveKit } from './server/serving.ts'
import { serveSocketIo } from './server/socketIo.ts'
import type { Connect } from './server/speech.ts'

const isQuick = process.argv.includes('--quick')
const only = process.argv.includes('--only') ? String(process.argv[process.argv.indexOf('--only') + 1]) : ''
const SOCKETS = 1_000
const ROUNDS = isQuick ? 3 : 9
const MESSAGES = isQuick ? 50 : 100
const TEXT = 'What somebody says in a room, about as long as such things are.'
const SUBSCRIBE = frameOf('subscribe_room', { room: ROOM })

const folder = mkdtempSync(join(tmpdir(), 'querywire-bench-'))
const child: ChildProcess = fork(fileURLToPath(new URL('server/clients.ts', import.meta.url)))
const absent = (what: string) => (error: Error) => void console.log(`without ${what}: ${error.message}`)
const redis = await startRedis(console.log).catch(absent('Redis'))
const kit = await serveKit(join(folder, 'bench.sqlite'), redis?.path)
const bare = await serveBare()
const socketIo = redis && (await serveSocketIo(redis.path).catch(absent('Socket.IO')))

interface Server {
  readonly name: string
  readonly url: string
  readonly sockets: { readonly size: number }
  readonly speaks: Connect['speaks']
  readonly frame: string
}

const SERVERS = {
  kit: { name: 'kit', ...kit, speaks: 'frames', frame: SUBSCRIBE },
  bare: { name: 'ws', ...bare, speaks: 'frames', frame: SUBSCRIBE },
  ...(socketIo && {
    socketIo: {
      name: 'Socket.IO',
      ...socketIo,
      speaks: 'socket.io',
      frame: `420${JSON.stringify(['subscribe', ROOM])}`,
    },
  }),
} as const satisfies Record<string, Server>
const servers: readonly Server[] = Object.values(SERVERS)

const sortedOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)
const median = (values: readonly number[]) => sortedOf(values)[values.length >> 1] ?? Number.NaN
const quantile = (sorted: readonly number[], of: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN

function print(name: string, figures: string, goal = ''): void {
  console.log(`${name.padEnd(48)} ${figures}${goal && `   goal: ${goal}`}`)
}

async function tell(command: Command): Promise<Done> {
  child.send(command)
  const [done] = await once(child, 'message')
  return done as Done
}

/** Runs `send`, and waits until all of it has arrived: seconds on the clock, and of this process's CPU. */
async function delivered(messages: number, send: () => Promise<void>) {
  child.send({ type: 'expect', messages } satisfies Command)
  await once(child, 'message')
  const arrived = once(child, 'message') as Promise<[Done]>
  const [cpu, at] = [process.cpuUsage(), performance.now()]
  await send()
  const [done] = await arrived
  return { ...done, wallMs: performance.now() - at, cpuMs: cpuMsSince(cpu) }
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function connectTo({ speaks, url, frame }: Server, more: Partial<Connect> = {}) {
  const cpu = process.cpuUsage()
  const { ms } = await tell({ type: 'connect', count: SOCKETS, speaks, url, frame, ...more })
  return { wallMs: ms, cpuMs: cpuMsSince(cpu) }
}

async function leave() {
  await tell({ type: 'close' })
  while (servers.some(({ sockets }) => sockets.size > 0)) await sleep(10)
}

type Cost = Awaited<ReturnType<typeof connectTo>>

/** Medians, and how many times as much as each of the others. */
function compare(name: string, costs: ReadonlyMap<string, readonly Cost[]>, goal: string) {
  for (const [what, of] of [
    ['until it is there', ({ wallMs }: Cost) => wallMs],
    ["the server's CPU", ({ cpuMs }: Cost) => cpuMs],
  ] as const) {
    const medians = [...costs].map(([server, rounds]) => [server, median(rounds.map(of))] as const)
    const ours = medians[0]?.[1] ?? Number.NaN
    const figures = medians.map(([server, ms]) =>
      ms === ours
        ? `${server} ${ms.toFixed(0)} ms`
        : `${server} ${ms.toFixed(0)} ms (${(ours / ms).toFixed(2)} ×)`,
    )
    print(`${name}, ${what}`, figures.join(', '), goal)
  }
}

/** All of them in each round, so that what else the machine does is everybody's; the first round warms up. */
async function inRounds(measure: (server: Server) => Promise<Cost>) {
  const costs = new Map<string, Cost[]>(servers.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const server of servers) {
      const cost = await measure(server)
      if (round > 0) costs.get(server.name)?.push(cost)
    }
  }
  return costs
}

async function measureConnects() {
  const costs = await inRounds(async (server) => {
    const cost = await connectTo(server)
    await leave()
    return cost
  })
  compare(`${SOCKETS} connects`, costs, 'kit ≤ 2 × ws')
}

async function measureFanOut() {
  const costs = await inRounds(async (server) => {
    await connectTo(server)
    const cost = await delivered(MESSAGES * SOCKETS, async () => {
      for (let count = 0; count < MESSAGES; count++) await publishOn(server)
    })
    await leave()
    return cost
  })
  compare(`${MESSAGES} events to ${SOCKETS} sockets`, costs, 'kit ≤ 1.5 × ws')
}

/** `ws` alone: the same bytes as the kit's. */
async function publishOn({ name }: Server): Promise<void> {
  if (name === SERVERS.kit.name) return kit.publish(TEXT)
  if (name !== SERVERS.bare.name) return socketIo?.publish(TEXT)
  const text = kit.lastText()
  for (const socket of bare.sockets) socket.send(text, () => undefined)
  await new Promise(setImmediate)
}

async function measureDelay(count: number, goal: string) {
  const messages = 20 * (isQuick ? 3 : 10)
  const figures: string[] = []
  for (const server of servers) {
    if (server.name === SERVERS.bare.name) continue
    await connectTo(server, { count })
    const { delays } = await delivered(messages * count, async () => {
      const startsAt = performance.now()
      for (let sent = 0; sent < messages; sent++) {
        await sleep(Math.max(0, startsAt + sent * 50 - performance.now()))
        await publishOn(server)
      }
    })
    await leave()
    const sorted = sortedOf(delays)
    const [p50, p99] = [0.5, 0.99].map((of) => quantile(sorted, of).toFixed(0))
    figures.push(`${server.name} p50 ${p50} ms, p99 ${p99} ms`)
  }
  print(`20 events/s to ${count} sockets`, figures.join(', '), goal)
}

/** All of them are dropped, ten events happen, and all come back in the same moment. */
async function measureSync() {
  const figures: string[] = []
  for (const server of servers) {
    if (server.name === SERVERS.bare.name) continue
    await connectTo(server)
    // Socket.IO resumes only who has received something.
    await delivered(SOCKETS, () => publishOn(server))
    const [position] = (await kit.heads()).values()
    await leave()
    for (let sent = 0; sent < 10; sent++) await publishOn(server)
    const [head] = (await kit.heads()).values()
    const sync = {
      frame: frameOf('sync', { rooms: { [ROOM]: position } }),
      answer: `"complete":true,"seq":${head?.seq}`,
    }
    const { wallMs } = await connectTo(server, server.speaks === 'frames' ? sync : { missed: 10 })
    await leave()
    figures.push(`${server.name} ${wallMs.toFixed(0)} ms`)
  }
  print(`${SOCKETS} dropped at once, until synced`, figures.join(', '), '≤ 5000 ms')
}

/** What one connection takes, and what is left of ten thousand that are gone. */
async function measureMemory() {
  const [each, left]: [string[], string[]] = [[], []]
  for (const server of servers) {
    // What is made once.
    for (let round = 0; round < 3; round++) {
      await connectTo(server)
      await leave()
    }
    const before = await bytesInUse()
    await connectTo(server)
    const during = await bytesInUse()
    await leave()
    for (let round = 1; round < 10; round++) {
      await connectTo(server)
      await leave()
    }
    const after = await bytesInUse()
    each.push(`${server.name} ${((during - before) / SOCKETS / 1_024).toFixed(1)} KiB`)
    left.push(`${server.name} ${((after - before) / 1_024).toFixed(0)} KiB`)
  }
  print('memory of one connection', each.join(', '))
  print(`memory left of ${10 * SOCKETS} connections`, left.join(', '), 'nothing that grows')
}

const measurements: Readonly<Record<string, () => Promise<void>>> = {
  memory: measureMemory,
  connects: measureConnects,
  'fan-out': measureFanOut,
  sync: measureSync,
  'delay 1000': () => measureDelay(1_000, 'kit p99 ≤ 250 ms'),
  ...(!isQuick && { 'delay 2000': () => measureDelay(2_000, '') }),
}
for (const [name, measure] of Object.entries(measurements)) if (name.includes(only)) await measure()

child.kill()
await kit.close()
rmSync(folder, { recursive: true })
await redis?.stop()
// The others end with the process; the adapter's connections to Redis would not.
process.exit()
