// `node bench/django.mjs [users] [messages a second] [seconds]`: what one daphne holds. Everybody sits in one room, on a socket each.
// Beside it a bare consumer of Channels, which writes nothing down and checks nothing: it passes on what comes in.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { findPython, startDjango } from '../scripts/django.mjs'
import { root, start, stop, stopChildrenOnSignals } from '../scripts/processes.mjs'

const [users = 500, perSecond = 20, seconds = 20] = process.argv.slice(2).map(Number)
const CLOCK_TICKS = 100
const DRAIN_MS = 15_000
const room = 'bench'
const now = () => performance.now()
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Seconds of a processor that a process has used. */
const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS
}

const quantile = (sorted, part) =>
  sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]

/** Bob's text says when it was written; every socket says when it came. */
const watch = (socket, stats) =>
  socket.on('message', (data) => {
    stats.texts += 1
    for (const frame of [JSON.parse(data)].flat()) {
      if (frame.type === 'error') stats.refused += 1
      if (frame.type === 'response') stats.answers += 1
      if (frame.type !== 'chat_message') continue
      stats.delivered += 1
      stats.delays.push(now() - Number(frame.message.content ?? frame.message))
    }
  })

const openAll = async (urls, stats, onOpen) => {
  const sockets = []
  for (const url of urls) {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await once(socket, 'open')
    watch(socket, stats)
    await onOpen?.(socket)
    sockets.push(socket)
  }
  return sockets
}

const measure = async ({ name, pid, urls, onOpen }) => {
  const stats = { delivered: 0, texts: 0, answers: 0, refused: 0, delays: [] }
  const [begun, cpuBefore] = [now(), cpuOf(pid)]
  const sockets = await openAll(urls, stats, onOpen)
  const opening = (now() - begun) / 1000
  await pause(2_000)
  const cpuOpening = cpuOf(pid) - cpuBefore
  Object.assign(stats, { delivered: 0, texts: 0, answers: 0, refused: 0, delays: [] })
  let closed = 0
  for (const socket of sockets) socket.on('close', () => (closed += 1))
  const [cpu, started, total] = [cpuOf(pid), now(), perSecond * seconds]
  for (let count = 0; count < total; count += 1) {
    await pause(Math.max(0, started + (count * 1000) / perSecond - now()))
    const data = { room_id: room, message: String(now()), client_id: `${name}-${count}` }
    sockets[count % sockets.length].send(JSON.stringify({ type: 'chat_message', id: `m${count}`, data }))
  }
  const until = now() + DRAIN_MS
  while (stats.delivered < total * sockets.length && now() < until) await pause(20)
  const elapsed = (now() - started) / 1000
  const delays = stats.delays.sort((one, other) => one - other)
  for (const socket of sockets) socket.terminate()
  return {
    name,
    'sockets a second': Math.round(sockets.length / opening),
    'ms of the processor a socket': Math.round((1000 * cpuOpening) / sockets.length),
    delivered: `${((100 * stats.delivered) / (total * sockets.length)).toFixed(1)} %`,
    'p50 ms': Math.round(quantile(delays, 0.5)),
    'p95 ms': Math.round(quantile(delays, 0.95)),
    'p99 ms': Math.round(quantile(delays, 0.99)),
    'texts a second': Math.round(stats.texts / elapsed),
    'processor %': Math.round((100 * (cpuOf(pid) - cpu)) / elapsed),
    'µs of it a message and socket': Math.round(((cpuOf(pid) - cpu) * 1e6) / Math.max(1, stats.delivered)),
    refused: stats.refused,
    closed,
  }
}

const tokensOf = async (server, names) => {
  const tokens = []
  for (const name of names) tokens.push(await server.token(name))
  return tokens
}

const ofQuerywire = async () => {
  const databaseUrl = process.env.DATABASE_URL
  const server = await startDjango({ databaseUrl, redisUrl: process.env.REDIS_URL })
  try {
    const names = Array.from({ length: users }, (_, count) => `user-${count}`)
    await server.createRoom({ id: room, members: names })
    const urls = (await tokensOf(server, names)).map((token) => `${server.url}/ws/v1/?token=${token}`)
    const subscribe = (socket) => {
      socket.send(JSON.stringify({ type: 'subscribe_room', id: 's', data: { room_id: room } }))
    }
    return await measure({ name: 'querywire', pid: server.pid(), urls, onOpen: subscribe })
  } finally {
    await server.stop()
  }
}

const ofBareConsumer = async () => {
  const python = await findPython()
  const child = start([python, '-m', 'daphne', '-p', '0', '-b', '127.0.0.1', 'bare_consumer:application'], {
    cwd: join(root, 'bench', 'django'),
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  })
  try {
    const port = await new Promise((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        const found = /Listening on TCP address \S+?:(\d+)$/.exec(line)
        if (found) resolve(found[1])
      })
      child.once('exit', () => reject(new Error('daphne did not start')))
    })
    const urls = Array.from({ length: users }, () => `ws://127.0.0.1:${port}/`)
    return await measure({ name: 'bare consumer', pid: child.pid, urls })
  } finally {
    await stop(child)
  }
}

stopChildrenOnSignals()
console.log(`${users} users, ${perSecond} messages a second, ${seconds} s`)
const rows = process.env.ONLY ? [] : [await ofBareConsumer()]
rows.push(await ofQuerywire())
for (const row of rows) console.log(row)
