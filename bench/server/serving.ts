/** The kit, and `ws` alone, each on a port of its own; of both the sockets are at hand. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { type WebSocket, WebSocketServer } from 'ws'
import * as z from 'zod'
import { createLiveServer, localBus, redisBus, sqliteStore } from '../../src/server/index.ts'
import { defineProtocol } from '../../src/transport/protocol.ts'

export const BACKLOG = 4_096
export const ROOM = 'r'
const noop = () => undefined

const protocol = defineProtocol({
  events: { said: z.object({ at: z.number(), text: z.string() }) },
  channels: { key: 'room' },
})

export const frameOf = (type: string, data: object) => JSON.stringify({ type, data, id: 'f1' })

async function serve(onSocket: (socket: WebSocket, url: string) => void) {
  const http = createServer()
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  server.on('connection', (socket, request) => onSocket(socket, request.url ?? '/'))
  await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws/`,
    sockets: server.clients,
    close: () => {
      for (const socket of server.clients) socket.terminate()
      http.close()
    },
  }
}

/** Its sockets are accepted as `attach` does it. With a Redis, it tells other processes by that. */
export async function serveKit(file: string, redis?: string) {
  const client = redis === undefined ? undefined : new Redis(redis)
  let lastText = ''
  const store = sqliteStore(file)
  const live = createLiveServer({
    protocol,
    store,
    bus: client ? redisBus(client) : localBus(),
    authenticate: (token) => (token ? { id: token, username: token } : null),
    channels: { room: () => true },
    requests: {},
  })
  const mount = await serve((socket, url) => {
    const accepted = live.accept(
      {
        send: (text) => {
          lastText = text
          socket.send(text, noop)
        },
        close: (code, reason) => socket.close(code, reason),
        bufferedBytes: () => socket.bufferedAmount,
      },
      { url, headers: { get: () => null } },
    )
    socket.on('message', (data) => accepted.receive(String(data)))
    socket.on('close', accepted.closed)
  })
  return {
    ...mount,
    publish: (text: string) =>
      live.publish('said', { at: performance.timeOrigin + performance.now(), text }, ROOM),
    heads: () => store.heads([`room/${ROOM}`]),
    /** What the kit has sent last. */
    lastText: () => lastText,
    close: async () => {
      await live.close({ graceMs: 0 })
      mount.close()
      await store.close()
      client?.disconnect()
    },
  }
}

/** The least that a server can do: a greeting and an answer of the same length as the kit's. */
export async function serveBare() {
  const welcome = JSON.stringify({ type: 'welcome', data: 'x'.repeat(150) })
  const answer = JSON.stringify({ type: 'response', reply_to: 'f1', data: { seq: 1, epoch: 'x'.repeat(21) } })
  return serve((socket) => {
    socket.send(welcome, noop)
    socket.on('message', () => socket.send(answer, noop))
  })
}
