/** Real sockets for Node, by the package `ws`, which is loaded when it is used. */
import type { AcceptedSocket, ServerRequest, ServerSocket } from '../socket.ts'
import type { HttpServer } from './optionalTypes.ts'

export interface AttachOptions {
  /** And what is below it. Upgrades of other addresses are left to others; where nobody else listens, they are closed with 4003. @default '/ws/' */
  readonly path?: string
}

interface Attaching extends AttachOptions {
  readonly accept: (socket: ServerSocket, request: ServerRequest) => AcceptedSocket
  readonly maxPayload: number
}

/** What is used of `ws`. */
interface WsSocket {
  readonly bufferedAmount: number
  on(event: 'message', listener: (data: unknown) => void): void
  on(event: 'close' | 'error', listener: () => void): void
  send(text: string, done: () => void): void
  close(code: number, reason: string): void
}

interface WsServer {
  handleUpgrade(request: unknown, socket: unknown, head: unknown, done: (socket: WsSocket) => void): void
  close(): void
}

interface Upgrade {
  readonly url?: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

const FORBIDDEN = 4003
const NO_WS = 'attach needs the package ws: npm install ws@8'

/** Returns how to stop. @throws where `ws` is not installed */
export async function attachToNode(server: HttpServer, options: Attaching): Promise<() => void> {
  // An upgrade that nobody listens to is refused, so this one listens before `ws` is there.
  const loading = load(options.maxPayload)
  const upgrade = (request: Upgrade, socket: unknown, head: unknown) => {
    const isOurs = isPath(request.url ?? '/', options.path ?? '/ws/')
    if (!isOurs && server.listenerCount('upgrade') > 1) return
    const connected = (ws: WsSocket) => {
      if (isOurs) connect(options, ws, request)
      else ws.close(FORBIDDEN, 'no such address')
    }
    loading.then(
      (sockets) => sockets.handleUpgrade(request, socket, head, connected),
      () => (socket as { destroy(): void }).destroy(),
    )
  }
  server.on('upgrade', upgrade)
  const stop = () => void server.off('upgrade', upgrade)
  try {
    const sockets = await loading
    return () => {
      stop()
      sockets.close()
    }
  } catch (error) {
    stop()
    throw error
  }
}

async function load(maxPayload: number): Promise<WsServer> {
  const { WebSocketServer } = await import('ws' as string).catch((cause: unknown) => {
    throw new Error(NO_WS, { cause })
  })
  return new WebSocketServer({ noServer: true, handleProtocols: chooseProtocol, maxPayload })
}

/** With or without a slash at the end, or below it: rooms may have endpoints of their own. */
function isPath(url: string, path: string): boolean {
  const bare = (text: string) => text.replace(/\/$/, '')
  return `${bare(url.split('?')[0] ?? '')}/`.startsWith(`${bare(path)}/`)
}

/** `['bearer', token]`: the scheme is agreed on, the token is not echoed. */
const chooseProtocol = ([first]: Iterable<string>): string | false => first ?? false

function connect({ accept }: Attaching, ws: WsSocket, { url = '/', headers }: Upgrade): void {
  // A client that breaks the WebSocket protocol: `ws` closes the connection itself, `close` follows.
  ws.on('error', () => undefined)
  const header = (name: string) => {
    const value = headers[name]
    return value === undefined ? null : String(value)
  }
  const accepted = accept(
    {
      // The callback takes what goes wrong with a socket that is already closing: `close` follows, and says it.
      send: (text) => ws.send(text, () => undefined),
      close: (code, reason) => ws.close(code, reason),
      bufferedBytes: () => ws.bufferedAmount,
    },
    { url, headers: { get: header } },
  )
  ws.on('message', (data) => accepted.receive(String(data)))
  ws.on('close', () => accepted.closed())
}
