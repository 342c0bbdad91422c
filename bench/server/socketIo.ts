/** Socket.IO with its Redis streams adapter, from bench/node_modules: rooms, and connections that are resumed with what they missed. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { BACKLOG, ROOM } from './serving.ts'

/** `redis`: its socket. @throws where they are not installed: `npm --prefix bench ci` */
export async function serveSocketIo(redis: string) {
  const { Server } = await import('socket.io')
  const { createAdapter } = await import('@socket.io/redis-streams-adapter')
  const client = new Redis(redis)
  const http = createServer()
  const io = new Server(http, {
    transports: ['websocket'],
    perMessageDeflate: false,
    serveClient: false,
    adapter: createAdapter(client),
    connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  })
  io.use((socket, next) => {
    const { token } = socket.handshake.auth
    socket.data.user = token
    next(token ? undefined : new Error('no token'))
  })
  io.on('connection', (socket) => {
    socket.on('subscribe', (room: string, answer: (place: object) => void) => {
      void socket.join(room)
      answer({ seq: 1, epoch: 'x'.repeat(21) })
    })
  })
  await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/`,
    sockets: {
      get size() {
        return io.engine.clientsCount
      },
    },
    /** It does not say when it has been stored. */
    publish: async (text: string) => {
      io.to(ROOM).emit('said', { at: performance.timeOrigin + performance.now(), text })
      await new Promise(setImmediate)
    },
  }
}
