/**
 * What one process of the server kit pays for, in CPU of its own: the chat on a SQLite file, sockets that are functions. The
 * figures of docs/scale.md. `node bench/scale.ts`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { chatServer, createLiveServer, sqliteStore } from '../src/server/index.ts'

const USERS = 1_000
const ROOMS = 10
const ROUNDS = 20
const MESSAGES = 1_000

const folder = mkdtempSync(join(tmpdir(), 'querywire-scale-'))
const users = Array.from({ length: USERS }, (_, at) => `user-${at}`)
const roomOf = (at: number) => `room-${at % ROOMS}`
const heard = { pongs: 0, events: 0 }

const chat = chatServer()
const live = createLiveServer({
  plugins: [chat],
  store: sqliteStore(join(folder, 'chat.sqlite')),
  authenticate: (token) => (token ? { id: token, username: token } : null),
})
for (let room = 0; room < ROOMS; room++) {
  const members = users.filter((_, at) => at % ROOMS === room)
  await chat.createRoom({ id: roomOf(room), name: roomOf(room), members })
}
const sockets = users.map((user) =>
  live.accept(
    {
      send: (text) => {
        if (text.includes('"pong"')) heard.pongs++
        else heard.events += text.split('"type":"chat_message"').length - 1
      },
      close: (code, reason) => {
        throw new Error(`${user} was closed: ${code} ${reason}`)
      },
    },
    { url: `/ws/?token=${user}`, headers: new Headers() },
  ),
)
await sleep(2_000)
const say = (at: number, frame: object) => sockets[at]?.receive(JSON.stringify(frame))
for (const [at] of users.entries())
  say(at, { type: 'sync', id: `sync-${at}`, data: { rooms: { [roomOf(at)]: {} } } })
await sleep(2_000)

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

const idle = await cpuOf(() => sleep(ROUNDS * 100))
const pings = await cpuOf(async () => {
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at] of users.entries())
      setTimeout(() => say(at, { type: 'ping', data: { timestamp: round } }), Math.random() * 500)
    await sleep(600)
  }
})
console.log(`a ping of one of ${USERS}: ${(pings / heard.pongs).toFixed(0)} µs (${heard.pongs} pings)`)

heard.events = 0
const messages = await cpuOf(async () => {
  for (let at = 0; at < MESSAGES; at++) {
    const data = { room_id: roomOf(at), message: `message ${at}`, client_id: `client-${at}` }
    say(at % USERS, { type: 'chat_message', id: `send-${at}`, data })
    if (at % 10 === 9) await sleep(20)
  }
  await sleep(1_000)
})
const each = messages / MESSAGES / 1_000
console.log(`a message to ${USERS / ROOMS} members, with their lists of rooms: ${each.toFixed(2)} ms`)
console.log(
  `heard ${heard.events} of ${(MESSAGES * USERS) / ROOMS} events; idle ${(idle / 1_000).toFixed(0)} ms`,
)

await live.close({ graceMs: 0 }).catch(() => undefined)
rmSync(folder, { recursive: true })
process.exit()
