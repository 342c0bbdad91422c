/** The chat server at the other end of the fake environment's sockets: no network, no real time. */
import type { FakeSocket } from './fakeSocket.ts'
import type { ChatServer } from './server/chatServer.ts'

/**
 * For the `onSocket` option of `createFakeEnvironment`: accepts every socket and lets the server answer.
 *
 * @example
 * ```ts
 * const { environment, clock } = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
 * ```
 */
export function mountOnFakeSockets(server: ChatServer): (socket: FakeSocket) => void {
  return (socket) => {
    // Closed by the client before the handshake was answered.
    if (socket.readyState !== 0) return
    // What the client writes as soon as the socket opens must not be lost.
    const early: unknown[] = []
    socket.onClientMessage = (data) => early.push(data)
    socket.accept()
    const accepted = server.accept({
      url: socket.url,
      protocols: socket.protocols,
      send: (text) => socket.receive(text),
      close: (code, reason) => socket.drop(code, reason),
    })
    socket.onClientMessage = (data) => accepted.receive(String(data))
    for (const data of early) accepted.receive(String(data))
    socket.onClientClose = () => accepted.closed()
  }
}
