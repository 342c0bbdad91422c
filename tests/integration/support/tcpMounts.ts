/** Back ends behind a real socket. Their lines are proxies: what a tunnel or a dead access point does to a connection. */
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type ChatServer, mountOnNode } from '../../../src/testing/index.ts'
import { browserEnvironment } from '../../../src/transport/index.ts'
import type { Line, Mount } from './mount.ts'

// Node's own WebSocket: the one of a DOM emulation refuses to leave its page's origin.
const environment = browserEnvironment({ WebSocket })

export async function nodeMount(server: ChatServer): Promise<Mount> {
  const { url, close } = await mountOnNode(server)
  return { url, environment, line: () => startProxy(url), close }
}

/** A server that the test run has started and will stop. */
export function runningMount(url: string): Mount {
  return { url, environment, line: () => startProxy(url), close: async () => undefined }
}

async function startProxy(target: string): Promise<Line> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isCut = false
  let isSilent = false
  const server: Server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      // Cut on purpose; both ends see it as a lost connection.
      socket.on('error', () => undefined)
    }
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => isSilent || client.write(data))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true
      destroyAll()
    },
    mend() {
      isCut = false
      isSilent = false
    },
    silence() {
      isSilent = true
    },
    close: () =>
      new Promise((resolve) => {
        destroyAll()
        server.close(() => resolve())
      }),
  }
}
