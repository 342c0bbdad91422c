/**
 * The other end of the stream measurements, in a process of its own. `/<carrier>?count=…&pack=…` streams events as soon as
 * the client has subscribed: `bound=client` as prebuilt WebSocket frames in chunks of 64 kB, so that only the client is
 * measured; else as servers do, one `JSON.stringify` and one `send` per message. `count=0` answers requests and nothing else.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import process from 'node:process'
import { type WebSocket, WebSocketServer } from 'ws'
import { carriers, eventAt, messageAt } from './events.ts'

interface Stream {
  readonly carrier: string
  readonly count: number
  readonly pack: number
  readonly rooms: number
}

const CHUNK_BYTES = 65_536

const http = createServer()
const sockets = new WebSocketServer({
  server: http,
  perMessageDeflate: false,
  handleProtocols: ([first]) => first ?? false,
})

sockets.on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'ws://localhost')
  const number = (name: string, otherwise: number) => Number(searchParams.get(name) ?? otherwise)
  const carrier = searchParams.get('carrier') ?? pathname.split('/')[1] ?? ''
  const stream = { carrier, count: number('count', 0), pack: number('pack', 1), rooms: number('rooms', 1) }
  const isBound = searchParams.get('bound') === 'client'
  socket.on('error', () => undefined)
  if (carrier === 'control') {
    emitted = 0
    return void socket.on('message', (data) => emit(JSON.parse(String(data))))
  }
  if (carrier === 'socket.io')
    socket.send('0{"sid":"s","upgrades":[],"pingInterval":60000,"pingTimeout":60000,"maxPayload":100000}')
  // Who says what it is able to do is not asked to prove it.
  if (searchParams.has('welcome'))
    socket.send(JSON.stringify({ type: 'welcome', data: { level: 3, user: { id: 'me', username: 'me' } } }))
  socket.on('message', (data) => {
    const reply = (value: unknown) => socket.send(typeof value === 'string' ? value : JSON.stringify(value))
    if (!answers[carrier]?.(String(data), reply)) return
    if (stream.count === 0) return void watchers.add(socket)
    const run = isBound ? firehose(request, stream) : serve(socket, stream)
    run.catch(() => socket.terminate())
  })
})

/** Who hears one event at a time, as somebody else asks for them. */
const watchers = new Set<WebSocket>()

function emit({ position }: { readonly position: number }): void {
  emitted = position
  const text = JSON.stringify({ ...eventAt(position), type: 'chat_message' })
  for (const socket of watchers) {
    if (socket.readyState === socket.OPEN) socket.send(text)
    else watchers.delete(socket)
  }
}

interface Asked {
  readonly rooms?: object
  readonly limit?: number
  readonly before?: string
}

/** The last event that somebody asked for. */
let emitted = 0

function answerTo(type: string, { rooms = {}, limit = 50, before }: Asked = {}): object {
  // Nothing was missed.
  const caughtUp = Object.entries(rooms).map(([name, cursor]) => [
    name,
    { ...cursor, complete: true, events: [] },
  ])
  if (type === 'sync') return { rooms: Object.fromEntries(caughtUp) }
  if (type !== 'get_history') return { ok: true }
  // A history without a beginning.
  const end = before === undefined ? emitted + 1 : Number(before.replace(/^m0*(?=.)/, ''))
  const messages = Array.from({ length: limit }, (_, at) => messageAt(end - limit + at))
  return { messages, has_older: true, as_of: emitted }
}

type Answer = (text: string, reply: (value: unknown) => void) => boolean

const numberIn = (text: string, name: string) =>
  Number(new RegExp(`"${name}":(\\d+)[^\\n]*$`).exec(text)?.[1])

/** What each client needs to hear, requests included; true when it is ready for the stream. */
const answers: Readonly<Record<string, Answer>> = {
  'socket.io'(text, reply) {
    if (text === '40') reply('40{"sid":"s"}')
    const [, id] = /^42(\d+)/.exec(text) ?? []
    if (id) reply(`43${id}[{"ok":true}]`)
    return text === '42["start"]'
  },
  // Several commands may come in one message.
  centrifuge(text, reply) {
    if (text.includes('"connect":')) reply({ id: 1, connect: { client: 'c', version: '5' } })
    for (const line of text.split('\n'))
      if (line.includes('"rpc":')) reply({ id: numberIn(line, 'id'), rpc: { data: { ok: true } } })
    const isSubscribe = text.includes('"subscribe":')
    if (isSubscribe) reply({ id: numberIn(text, 'id'), subscribe: {} })
    return isSubscribe
  },
  trpc(text, reply) {
    if (text === 'PING') reply('PONG')
    else
      for (const { id, method } of [JSON.parse(text)].flat())
        reply({
          id,
          result: method === 'subscription' ? { type: 'started' } : { type: 'data', data: { ok: true } },
        })
    return text.includes('"subscription"')
  },
  graphql(text, reply) {
    const { type, id, payload } = JSON.parse(text)
    if (type === 'connection_init') reply({ type: 'connection_ack' })
    if (type !== 'subscribe') return false
    if (payload.query.startsWith('subscription')) return true
    reply({ id, type: 'next', payload: { data: { read: { ok: true } } } })
    reply({ id, type: 'complete' })
    return false
  },
  phoenix(text, reply) {
    const [joinRef, ref, topic, event] = JSON.parse(text) as unknown[]
    reply([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: { ok: true } }])
    return event === 'start'
  },
  plain(text, reply) {
    for (const { type, id, data } of [JSON.parse(text)].flat()) {
      if (type === 'start') return true
      reply(
        type === 'ping'
          ? { type: 'pong', data }
          : { type: 'response', reply_to: id, data: answerTo(type, data) },
      )
    }
    return false
  },
}

function* messages({ carrier, count, pack, rooms }: Stream): Iterable<string> {
  const write = carriers[carrier]
  if (!write) throw new Error(`No carrier "${carrier}"`)
  for (let at = 1; at <= count; at += pack) {
    const size = Math.min(pack, count - at + 1)
    const events = Array.from({ length: size }, (_, next) => {
      const position = at + next
      return rooms === 1 ? eventAt(position) : eventAt(position, `room-${1 + (position % rooms)}`)
    })
    yield write(events)
  }
}

const built = new Map<string, readonly Buffer[]>()

async function firehose({ socket }: IncomingMessage, stream: Stream): Promise<void> {
  const key = JSON.stringify(stream)
  const chunks = built.get(key) ?? chunksOf(messages(stream))
  built.set(key, chunks)
  const tcp = socket as Socket
  for (const chunk of chunks) if (!tcp.write(chunk)) await once(tcp, 'drain')
}

function chunksOf(texts: Iterable<string>): Buffer[] {
  const chunks: Buffer[] = []
  let parts: Buffer[] = []
  let bytes = 0
  const close = () => {
    if (bytes > 0) chunks.push(Buffer.concat(parts))
    parts = []
    bytes = 0
  }
  for (const text of texts) {
    const frame = frameOf(Buffer.from(text))
    parts.push(frame)
    bytes += frame.length
    if (bytes >= CHUNK_BYTES) close()
  }
  close()
  return chunks
}

/** An unmasked text frame. */
function frameOf(payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([0x81, length])
      : length < 65_536
        ? Buffer.from([0x81, 126, length >> 8, length & 255])
        : Buffer.from([
            0x81,
            127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >> 16) & 255,
            (length >> 8) & 255,
            length & 255,
          ])
  return Buffer.concat([head, payload])
}

const HIGH_WATER_BYTES = 1 << 20

async function serve(socket: WebSocket, stream: Stream): Promise<void> {
  for (const text of messages(stream)) {
    socket.send(text)
    while (socket.bufferedAmount > HIGH_WATER_BYTES) await new Promise(setImmediate)
  }
}

http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
