/** Servers that misbehave in one way each. They count the connections that are attempted. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface BadServer {
  readonly url: string
  /** Milliseconds since the start, one per attempt. */
  readonly attempts: readonly number[]
  close(): void
}

type Upgrade = (socket: WebSocket, request: IncomingMessage) => void

const listen = (server: Server | TcpServer): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )

/** Upgrades every connection, then does `onUpgraded` to it. */
export async function acceptingServer(onUpgraded: Upgrade): Promise<BadServer> {
  const begin = performance.now()
  const attempts: number[] = []
  const tcps = new Set<Socket>()
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, handleProtocols: ([first]) => first ?? false })
  sockets.on('connection', (socket, request) => {
    attempts.push(performance.now() - begin)
    tcps.add(request.socket)
    socket.on('error', () => undefined)
    onUpgraded(socket, request)
  })
  return { url: await listen(http), attempts, close: () => closeAll(http, tcps) }
}

/** Answers every upgrade with this HTTP status. */
export async function refusingServer(status: string): Promise<BadServer> {
  const begin = performance.now()
  const attempts: number[] = []
  const http = createServer()
  http.on('upgrade', (_request, socket) => {
    attempts.push(performance.now() - begin)
    socket.on('error', () => undefined)
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  return { url: await listen(http), attempts, close: () => http.close() }
}

/** Takes TCP connections and never says anything. */
export async function muteServer(): Promise<BadServer> {
  const begin = performance.now()
  const attempts: number[] = []
  const tcps = new Set<Socket>()
  const tcp = createTcpServer((socket) => {
    attempts.push(performance.now() - begin)
    tcps.add(socket)
    socket.on('error', () => undefined)
    socket.resume()
  })
  return { url: await listen(tcp), attempts, close: () => closeAll(tcp, tcps) }
}

export interface BlackHoleProxy {
  readonly url: string
  /** Milliseconds, one per TCP connection. */
  readonly dials: readonly number[]
  close(): void
}

/** Forwards; the first connection only for `afterMs`. From then on its bytes vanish, both ways, and it stays open. */
export async function blackHoleProxy(target: string, afterMs: number): Promise<BlackHoleProxy> {
  const dials: number[] = []
  const tcps = new Set<Socket>()
  const proxy = createTcpServer((client) => {
    dials.push(performance.now())
    const isFirst = dials.length === 1
    const upstream = connect(Number(new URL(target).port), '127.0.0.1')
    const isOpen = () => !isFirst || performance.now() - (dials[0] ?? 0) < afterMs
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      tcps.add(from)
      from.on('error', () => undefined)
      from.on('data', (data) => isOpen() && to.write(data))
      from.on('close', () => isOpen() && to.destroy())
    }
  })
  return { url: await listen(proxy), dials, close: () => closeAll(proxy, tcps) }
}

type Reply = (value: object | string) => void

/** Sends what is not text yet as JSON. */
export const replyOn =
  (socket: WebSocket): Reply =>
  (value) =>
    socket.send(typeof value === 'string' ? value : JSON.stringify(value))

/** Says enough, in each client's own protocol, for it to count itself as connected, and answers its heartbeats. */
export function greet(socket: WebSocket, request: IncomingMessage, answersPings = true): void {
  const reply = replyOn(socket)
  if (request.url?.startsWith('/socket.io/')) {
    reply('0{"sid":"s","upgrades":[],"pingInterval":1000,"pingTimeout":500,"maxPayload":100000}')
    if (answersPings) {
      const pings = setInterval(() => socket.send('2'), 1_000)
      socket.on('close', () => clearInterval(pings))
    }
  }
  socket.on('message', (data) => {
    const text = String(data)
    if (text === '40') reply('40{"sid":"s"}')
    if (text.startsWith('{"type":"connection_init"')) reply({ type: 'connection_ack' })
    if (text.includes('"connect":'))
      reply({ id: 1, connect: { client: 'c', version: '5', ping: 1, pong: true } })
    if (text.includes('"phx_join"')) answerPush(text, reply)
    if (answersPings) answerPing(text, reply)
  })
}

function answerPing(text: string, reply: Reply): void {
  if (text === 'PING') return reply('PONG')
  if (text.startsWith('{"type":"ping"')) return reply({ type: 'pong' })
  if (text.includes('"heartbeat"')) answerPush(text, reply)
}

function answerPush(text: string, reply: Reply): void {
  const [joinRef, ref, topic] = JSON.parse(text) as unknown[]
  reply(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]))
}

/** Answers `get_data`, in whichever client's protocol it was asked. */
export function answerRequest(text: string, reply: Reply): void {
  if (text.startsWith('42')) return reply(`43${/\d+/.exec(text.slice(2))?.[0]}[{}]`)
  if (text.startsWith('[')) return answerPush(text, reply)
  const { id, type, method, rpc } = JSON.parse(text)
  if (method === 'query') reply({ id, result: { type: 'data', data: {} } })
  else if (rpc) reply({ id, rpc: { data: {} } })
  else if (type === 'subscribe') reply({ id, type: 'next', payload: { data: {} } })
  else reply({ type: 'response', reply_to: id, data: {} })
}

function closeAll(server: Server | TcpServer, tcps: ReadonlySet<Socket>): void {
  for (const socket of tcps) socket.destroy()
  server.close()
}
