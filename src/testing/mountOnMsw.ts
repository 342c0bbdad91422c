/** The chat server behind Mock Service Worker, for tests and stories that use the global `WebSocket`. */
import { type WebSocketHandler, ws } from 'msw'
import type { ChatServer } from './server/chatServer.ts'
import type { AcceptedConnection } from './server/session.ts'

/**
 * Handlers for `setupServer(...)`, `setupWorker(...)` or `worker.use(...)`: every connection below the URL is answered
 * by the server. MSW does not close open sockets when handlers are reset; `server.close()` does.
 *
 * @example
 * ```ts
 * const worker = setupServer(...mountOnMsw(createChatServer(), 'ws://localhost:9000'))
 * ```
 */
export function mountOnMsw(server: ChatServer, url: string): WebSocketHandler[] {
  const link = ws.link(`${url.replace(/\/+$/, '')}/*`)
  return [
    link.addEventListener('connection', ({ client, info }) => {
      const accepted: AcceptedConnection = server.accept({
        url: String(client.url),
        protocols: [info.protocols ?? []].flat(),
        send: (text) => client.send(text),
        close: (code, reason) => closeLater(() => client.close(code, reason)),
      })
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
