/** A server behind Mock Service Worker, for tests and stories that use the global `WebSocket`. */
import type { AcceptedSocket, ServerRequest } from '../server/socket.ts'
import type { MswHandler } from './optionalTypes.ts'
import type { ServerConnection } from './server/session.ts'

// Here and not in the function, which hands out handlers at once: whoever does not call it needs no msw.
const msw = await import('msw').catch((cause: unknown) => ({ ws: undefined, cause }))

/** `createChatServer()`, `createLiveServer({ … })` of `querywire/server`, or anything else that takes sockets. */
export interface Mountable {
  accept(connection: ServerConnection, request: ServerRequest): AcceptedSocket
}

/**
 * Handlers for `setupServer(...)`, `setupWorker(...)` or `worker.use(...)`: every connection below the URL is answered
 * by the server. MSW does not close open sockets when handlers are reset; `server.close()` does.
 *
 * @throws where the package `msw` is not installed
 *
 * @example
 * ```ts
 * const worker = setupServer(...mountOnMsw(createChatServer(), 'ws://localhost:9000'))
 * ```
 */
export function mountOnMsw(server: Mountable, url: string): MswHandler[] {
  if (!msw.ws) throw new Error('mountOnMsw needs the package msw: npm install --save-dev msw@3', msw)
  const link = msw.ws.link(`${url.replace(/\/+$/, '')}/*`)
  return [
    link.addEventListener('connection', ({ client, info }) => {
      const url = String(client.url)
      const protocols = [info.protocols ?? []].flat()
      const connection: ServerConnection = {
        url,
        protocols,
        send: (text) => client.send(text),
        close: (code, reason) => closeLater(() => client.close(code, reason)),
      }
      const headers = new Headers(
        protocols.length > 0 ? [['sec-websocket-protocol', protocols.join(', ')]] : [],
      )
      const accepted = server.accept(connection, { url, headers })
      client.addEventListener('message', (event) => accepted.receive(String(event.data)))
      client.addEventListener('close', () => accepted.closed())
    }),
  ]
}

/**
 * Within the connection listener a close would come before the open event, and it overtakes what was sent in the same
 * turn. Real servers do neither.
 */
function closeLater(close: () => void): void {
  setTimeout(close, 0)
}
