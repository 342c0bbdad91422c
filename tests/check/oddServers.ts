/** Servers that are no back end of a chat, or a broken one: what a check may meet at an address. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

export interface OddServer {
  readonly url: string
  close(): Promise<void>
}

const listening = async (
  server: Server | ReturnType<typeof createTcpServer>,
  stop: () => void,
): Promise<OddServer> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/ws/chat/general/`,
    close: async () => {
      stop()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A WebSocket server that does what it is told with each socket. */
export const socketServer = (serve: (socket: WebSocket) => void): Promise<OddServer> => {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined)
    serve(socket)
  })
  return listening(http, () => {
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
  })
}

/** Plain HTTP, to whatever comes. */
export const httpServer = (
  status: number,
  headers: Record<string, string> = {},
  body = '',
): Promise<OddServer> => {
  const http = createServer((_request, response) => response.writeHead(status, headers).end(body))
  http.on('upgrade', (_request, socket) => {
    const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    socket.end(`HTTP/1.1 ${status} Odd\r\n${head}\r\n${body}`)
  })
  return listening(http, () => http.closeAllConnections())
}

/** Takes a connection, and never says a word. */
export const mute = (): Promise<OddServer> => {
  const open = new Set<{ destroy(): void }>()
  const server = createTcpServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
  })
  return listening(server, () => {
    for (const socket of open) socket.destroy()
  })
}

const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

/**
 * The consumer of the tutorial of Channels: `message` of what comes goes to the group as `{"message": …}`. A frame without
 * one is a KeyError, which ends the connection with 1011.
 */
export const tutorialConsumer = () => {
  const group = new Set<WebSocket>()
  return socketServer((socket) => {
    group.add(socket)
    socket.on('close', () => group.delete(socket))
    socket.on('message', (data) => {
      const { message } = parse(String(data))
      if (message === undefined) return socket.close(1011)
      for (const each of group) each.send(JSON.stringify({ message }))
    })
  })
}

/** Sends back what it gets, to everybody in the group. */
export const echoConsumer = () => {
  const group = new Set<WebSocket>()
  return socketServer((socket) => {
    group.add(socket)
    socket.on('close', () => group.delete(socket))
    socket.on('message', (data) => {
      for (const each of group) each.send(String(data))
    })
  })
}

/** A consumer of level 0, written as docs/PROTOCOL.md has it. */
export const plainConsumer = () => {
  const group = new Set<WebSocket>()
  let count = 0
  return socketServer((socket) => {
    group.add(socket)
    socket.on('close', () => group.delete(socket))
    socket.on('message', (bytes) => {
      const { type, data } = parse(String(bytes)) as { type: string; data: Record<string, unknown> }
      if (type === 'ping') socket.send(JSON.stringify({ type: 'pong', data: { timestamp: data.timestamp } }))
      if (type !== 'chat_message') return
      count += 1
      const sender = { id: 'u1', username: 'alice' }
      const message = {
        id: `m${count}`,
        content: data.message,
        sender,
        timestamp: new Date().toISOString(),
        room_id: 'general',
      }
      for (const each of group) each.send(JSON.stringify({ type, message }))
    })
  })
}
