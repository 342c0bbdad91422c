/** A TCP proxy that a test cuts and mends: what a tunnel, a restart or a dead access point does to a connection. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface CutProxy {
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  mend(): void
  /** From now on nothing that the server says arrives; what the client says still does. */
  silence(): void
  close(): Promise<void>
}

export async function startCutProxy(target: string): Promise<CutProxy> {
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
