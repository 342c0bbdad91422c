/** The chat server behind a real socket, for Node: tests over TCP, demos, end-to-end runs. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import type { HttpServer } from '../server/node/optionalTypes.ts'
import type { HttpListener } from './optionalTypes.ts'
import { type AllowedOrigins, isAllowedOrigin } from './origins.ts'
import type { ChatServer } from './server/chatServer.ts'

export interface NodeMountOptions {
  /** `0` picks a free one. @default 0 */
  readonly port?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /**
   * Origins of the web pages that may connect, like `'https://app.example.com'`; others are closed with 4003. Programs that
   * name no origin may. @default pages of this machine (localhost, 127.0.0.1, [::1]), on any port
   */
  readonly allowedOrigins?: AllowedOrigins
  /** Plain HTTP requests. What it throws is answered with 500. @default 404 for all of them */
  readonly onRequest?: HttpListener
}

export interface NodeMount {
  readonly port: number
  /** `ws://host:port` */
  readonly url: string
  readonly http: HttpServer
  /** Ends every connection and frees the port. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const FORBIDDEN = 4003
/** What the reason of a close may hold, in bytes. */
const MAX_REASON_BYTES = 123

/** Then TCP asks whether a client is still there: one that is gone without a word would stay online, and count, for ever. */
const SILENCE_MS = 30_000

/** How long a client has to answer the server's goodbye. */
const GRACE_MS = 250

/** @throws what listening throws, e.g. `EADDRINUSE`; where the package `ws` is not installed */
export async function mountOnNode(server: ChatServer, options: NodeMountOptions = {}): Promise<NodeMount> {
  const { port = 0, host = '127.0.0.1', onRequest = notFound, allowedOrigins } = options
  // Imported when needed: a browser that loads this module for its other mounts has neither.
  const [{ createServer }, ws] = await Promise.all([import('node:http'), importWs()])
  const http = createServer({ keepAlive: true, keepAliveInitialDelay: SILENCE_MS }, guard(onRequest))
  const sockets = new ws.WebSocketServer({
    server: http,
    handleProtocols: chooseProtocol,
    maxPayload: server.limits.messageBytes,
  })
  sockets.on('connection', (socket, request) => {
    // A client that breaks the WebSocket protocol: `ws` closes the connection itself, `close` follows.
    socket.on('error', () => undefined)
    if (isAllowedOrigin(request.headers.origin, allowedOrigins)) connect(server, socket, request)
    else socket.close(FORBIDDEN, 'this origin is not allowed')
  })
  await listen(http, sockets, { port, host })
  const { port: openPort } = http.address() as AddressInfo
  const close = createClose(http, sockets)
  return { port: openPort, url: `ws://${host}:${openPort}`, http, close, [Symbol.asyncDispose]: close }
}

function importWs(): Promise<typeof import('ws')> {
  return import('ws').catch((cause: unknown) => {
    throw new Error('mountOnNode needs the package ws: npm install --save-dev ws@8', { cause })
  })
}

/** `['bearer', token]`: the scheme is agreed on, the token is not echoed. */
function chooseProtocol(offered: Set<string>): string | false {
  const [first] = offered
  return first ?? false
}

function connect(server: ChatServer, socket: WebSocket, request: IncomingMessage): void {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const accepted = server.accept({
    url: request.url ?? '/',
    protocols: protocols.filter((name) => name !== ''),
    // The callback takes what goes wrong with a socket that is already closing: `close` follows, and says it.
    send: (text) => socket.send(text, () => undefined),
    bufferedBytes: () => socket.bufferedAmount,
    close: (code, reason) => endSocket(socket, code, reason),
  })
  socket.on('message', (data) => accepted.receive(String(data)))
  socket.on('close', () => accepted.closed())
}

/** A listener that fails has failed one request, and not the process. */
function guard(onRequest: HttpListener): HttpListener {
  const fail = (response: ServerResponse) => {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
    response.end()
  }
  return (request, response) => {
    // `async`, so that what it throws at once and what it rejects with are one thing.
    const answer = async () => onRequest(request, response)
    answer().catch(() => fail(response))
  }
}

/** 1005 and 1006 cannot be sent: they say that no close frame came. */
function endSocket(socket: WebSocket, code: number, reason: string): void {
  if (code === 1005 || code === 1006) socket.terminate()
  else closeSocket(socket, code, reason)
}

function closeSocket(socket: WebSocket, code: number, reason: string): void {
  let short = reason
  while (Buffer.byteLength(short) > MAX_REASON_BYTES) short = short.slice(0, -1)
  try {
    socket.close(code, short)
  } catch (error) {
    // A code that does not travel: it is over all the same.
    socket.terminate()
    throw error
  }
}

function listen(
  http: Server,
  sockets: WebSocketServer,
  { port, host }: { port: number; host: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // `ws` repeats the HTTP server's errors; without a listener there it would throw.
    sockets.once('error', reject)
    http.listen(port, host, () => {
      sockets.off('error', reject)
      resolve()
    })
  })
}

function createClose(http: Server, sockets: WebSocketServer): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= closeAll(http, sockets)
    return closing
  }
}

/** Clients hear a 1001; those that do not answer it are cut off. */
async function closeAll(http: Server, sockets: WebSocketServer): Promise<void> {
  const leaving = [...sockets.clients].map(endGracefully)
  const closed = new Promise((resolve) => http.close(resolve))
  sockets.close()
  await Promise.all(leaving)
  http.closeAllConnections()
  await closed
}

function endGracefully(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), GRACE_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.close(1001, 'going away')
  })
}

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' })
  response.end('Not found: this server speaks WebSocket\n')
}
