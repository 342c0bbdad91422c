/**
 * What the server kit costs beside `ws` alone, in one run: two processes, real sockets, a SQLite file.
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
import type { Command, Done } from './server/clients.ts'
import { frameOf, ROOM, serveBare, serveKit } from './server/serving.ts'

const isQuick = process.argv.includes('--quick')
const only = process.argv.includes('--only') ? String(process.argv[process.argv.indexOf('--only') + 1]) : ''
const SOCKETS = 1_000
const ROUNDS = isQuick ? 3 : 9
const MESSAGES = isQuick ? 50 : 100
const TEXT = 'What somebody says in a room, about as long as such things are.'
const SUBSCRIBE = frameOf('subscribe_room', { room: ROOM })

const folder = mkdtempSync(join(tmpdir(), 'querywire-bench-'))
const child: ChildProcess = fork(fileURLToPath(new URL('server/clients.ts', import.meta.url)))
const kit = await serveKit(join(folder, 'bench.sqlite'))
const bare = await serveBare()

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const quantile = (sorted: readonly number[], of: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN

function print(name: string, { figures, ratio, goal }: { figures: string; ratio: string; goal: string }) {
  console.log(`${name.padEnd(44)} ${ratio.padStart(9)}   goal ${goal.padEnd(10)} ${figures}`)
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
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: performance.now() - at, cpuMs: (user + system) / 1_000, ...done }
}

async function connectTo(url: string, count = SOCKETS) {
  const cpu = process.cpuUsage()
  const { ms } = await tell({ type: 'connect', count, url, frame: SUBSCRIBE })
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: ms, cpuMs: (user + system) / 1_000 }
}

async function leave() {
  await tell({ type: 'close' })
  while (kit.sockets.size + bare.sockets.size > 0) await sleep(10)
}

type Cost = Awaited<ReturnType<typeof connectTo>>

function compare(name: string, { kits, bares, goal }: { kits: Cost[]; bares: Cost[]; goal: number }) {
  for (const [what, of] of [
    ['until it is there', ({ wallMs }: Cost) => wallMs],
    ["the server's CPU", ({ cpuMs }: Cost) => cpuMs],
  ] as const) {
    const [ours, theirs] = [median(kits.map(of)), median(bares.map(of))]
    const figures = `${ours.toFixed(0)} ms : ${theirs.toFixed(0)} ms`
    print(`${name}, ${what}`, { ratio: `${(ours / theirs).toFixed(2)} ×`, goal: `≤ ${goal} ×`, figures })
  }
}

async function measureConnects() {
  const [kits, bares]: [Cost[], Cost[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [{ url }, costs] of [
      [bare, bares],
      [kit, kits],
    ] as const) {
      const cost = await connectTo(url)
      // The first round warms up.
      if (round > 0) costs.push(cost)
      await leave()
    }
  }
  compare(`${SOCKETS} connects`, { kits, bares, goal: 2 })
}

async function measureFanOut() {
  await connectTo(kit.url)
  const [kits, bares]: [Cost[], Cost[]] = [[], []]
  await delivered(SOCKETS, () => kit.publish(TEXT))
  const text = kit.lastText()
  for (let round = 0; round <= ROUNDS; round++) {
    const ours = await delivered(MESSAGES * SOCKETS, async () => {
      for (let count = 0; count < MESSAGES; count++) await kit.publish(TEXT)
    })
    const theirs = await delivered(MESSAGES * SOCKETS, async () => {
      for (let count = 0; count < MESSAGES; count++) {
        for (const socket of kit.sockets) socket.send(text, () => undefined)
        await new Promise(setImmediate)
      }
    })
    if (round > 0) kits.push(ours)
    if (round > 0) bares.push(theirs)
  }
  compare(`${MESSAGES} events to ${SOCKETS} sockets`, { kits, bares, goal: 1.5 })
  await leave()
}

async function measureDelay(sockets: number, goal: string) {
  await connectTo(kit.url, sockets)
  const messages = 20 * (isQuick ? 3 : 10)
  const { delays } = await delivered(messages * sockets, async () => {
    const startsAt = performance.now()
    for (let count = 0; count < messages; count++) {
      await sleep(Math.max(0, startsAt + count * 50 - performance.now()))
      await kit.publish(TEXT)
    }
  })
  const sorted = delays.toSorted((a, b) => a - b)
  const ratio = `${quantile(sorted, 0.99).toFixed(0)} ms`
  const figures = `p50 ${quantile(sorted, 0.5).toFixed(0)} ms, of ${sorted.length} looked at`
  print(`p99 at 20 events/s to ${sockets} sockets`, { ratio, goal, figures })
  await leave()
}

/** All of them are dropped, ten events happen, and all come back in the same moment. */
async function measureSync() {
  await connectTo(kit.url)
  const [position] = (await kit.heads()).values()
  await leave()
  for (let count = 0; count < 10; count++) await kit.publish(TEXT)
  const [head] = (await kit.heads()).values()
  const answer = `"complete":true,"seq":${head?.seq}`
  const frame = frameOf('sync', { rooms: { [ROOM]: position } })
  const { ms } = await tell({ type: 'connect', count: SOCKETS, url: kit.url, frame, answer })
  print(`${SOCKETS} dropped at once, until synced`, {
    ratio: `${ms.toFixed(0)} ms`,
    goal: '≤ 5000 ms',
    figures: '',
  })
  await leave()
}

const measurements: Readonly<Record<string, () => Promise<void>>> = {
  connects: measureConnects,
  'fan-out': measureFanOut,
  sync: measureSync,
  'delay 1000': () => measureDelay(1_000, '≤ 250 ms'),
  ...(!isQuick && { 'delay 2000': () => measureDelay(2_000, '–') }),
}
for (const [name, measure] of Object.entries(measurements)) if (name.includes(only)) await measure()

child.kill()
await kit.close()
bare.close()
rmSync(folder, { recursive: true })
