// @vitest-environment node
/** The same guarantees over real sockets, where a peer can be silent without being closed. */

import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket as TcpSocket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import {
  browserEnvironment,
  createWebSocketManager,
  type WebSocketManagerOptions,
} from '../../src/transport/index.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function createManager(port: number, options: WebSocketManagerOptions = {}) {
  const manager = createWebSocketManager({
    url: `ws://127.0.0.1:${port}`,
    debug: false,
    environment: browserEnvironment({ WebSocket }),
    ...options,
  })
  cleanups.push(manager.close)
  return manager
}

async function listenWs(
  onConnection: (socket: WebSocket, request: { url?: string | undefined }) => void,
  options: { readonly maxPayload?: number } = {},
) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  server.on('connection', onConnection)
  await new Promise((resolve) => server.once('listening', resolve))
  cleanups.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function listenTcp(onConnection: (socket: TcpSocket) => void): Promise<number> {
  const sockets = new Set<TcpSocket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const within = (ms: number) => ({ timeout: ms, interval: 10 })

describe('over TCP', () => {
  it.each([
    ['kills the connection', (socket: WebSocket) => socket.terminate()],
    ['closes with 1011', (socket: WebSocket) => socket.close(1011)],
    ['closes with 4401', (socket: WebSocket) => socket.close(4401)],
  ])('[T4] a server that accepts and %s sees no storm', async (_, end) => {
    let dials = 0
    const port = await listenWs((socket) => {
      dials++
      setTimeout(() => end(socket), 5)
    })
    // A tenth of the default schedule: what is checked is that accepting does not reset it.
    const manager = createManager(port, { reconnect: { intervalMs: 100, maxIntervalMs: 3_000 } })
    manager.connect()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(dials).toBeGreaterThanOrEqual(3)
    expect(dials).toBeLessThanOrEqual(6)
  })

  it('[T8] HTTP 401 on the upgrade: no storm, and one token refresh', async () => {
    const tokens: (string | null)[] = []
    const port = await listenTcp((socket) => {
      socket.once('data', (data) => {
        tokens.push(/token=(\w+)/.exec(String(data))?.[1] ?? null)
        socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      })
    })
    const refreshAccessToken = vi.fn(() => 'fresh')
    const manager = createManager(port, {
      reconnect: { intervalMs: 50, jitter: 0 },
      tokenManager: { getAccessToken: () => 'stale', refreshAccessToken },
    })
    manager.connect()
    await vi.waitFor(() => expect(tokens.length).toBeGreaterThanOrEqual(4), within(3_000))
    expect(tokens.slice(0, 4)).toEqual(['stale', 'stale', 'fresh', 'stale'])
    expect(refreshAccessToken).toHaveBeenCalledTimes(1)
  })

  it('[T9] a black-holed connection is dialled again within two seconds', async () => {
    let dials = 0
    const upstream = await listenWs((socket) =>
      socket.on('message', () => socket.send('{"type":"pong","data":{}}')),
    )
    const { connect } = await import('node:net')
    let isBlackHole = false
    const port = await listenTcp((client) => {
      dials++
      const server = connect(upstream, '127.0.0.1')
      server.on('error', () => undefined)
      client.on('data', (data) => isBlackHole || server.write(data))
      server.on('data', (data) => isBlackHole || client.write(data))
      cleanups.push(() => server.destroy())
    })
    const manager = createManager(port, { heartbeat: { intervalMs: 1_000, timeoutMs: 500 } })
    manager.connect()
    await vi.waitFor(() => expect(manager.store.getState().state).toBe('CONNECTED'), within(2_000))
    isBlackHole = true
    await vi.waitFor(() => expect(dials).toBe(2), within(2_000))
  })

  it('[T5] an upgrade that is never answered is dialled again at the connect timeout', async () => {
    let dials = 0
    const port = await listenTcp(() => {
      dials++
    })
    const manager = createManager(port, { connectTimeoutMs: 200, reconnect: { intervalMs: 100, jitter: 0 } })
    manager.connect()
    await vi.waitFor(() => expect(dials).toBe(2), within(1_000))
  })

  it('[T9] a busy server that never sends a pong is never disconnected', async () => {
    let dials = 0
    const port = await listenWs((socket) => {
      dials++
      const timer = setInterval(() => socket.send('{"type":"tick"}'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const manager = createManager(port, { heartbeat: { intervalMs: 100, timeoutMs: 50 } })
    let ticks = 0
    manager.subscribe('tick', () => ticks++)
    manager.connect()
    await vi.waitFor(() => expect(ticks).toBeGreaterThan(40), within(3_000))
    expect(dials).toBe(1)
  })

  it('[T16] a request in flight when the socket dies is answered after the reconnect', async () => {
    let dials = 0
    const port = await listenWs((socket) => {
      const isFirst = ++dials === 1
      socket.on('message', (data) => {
        const { id } = JSON.parse(String(data)) as { id: string }
        if (isFirst) socket.terminate()
        else socket.send(JSON.stringify({ type: 'response', reply_to: id, data: 'late but here' }))
      })
    })
    const manager = createManager(port, { reconnect: { intervalMs: 100, jitter: 0 } })
    const startedAt = performance.now()
    expect(await manager.request('x', {}, { idempotent: true })).toBe('late but here')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(dials).toBe(2)
  })

  it('[T11] renews ahead of the expiry without losing or doubling an event', async () => {
    const jwt = (exp: number) =>
      ['{}', JSON.stringify({ sub: 'u', exp }), '']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.')
    let dials = 0
    let sent = 0
    const clients = new Set<WebSocket>()
    const port = await listenWs((socket) => {
      dials++
      clients.add(socket)
      socket.on('close', () => clients.delete(socket))
      socket.on('message', () => socket.send('{"type":"pong","data":{}}'))
    })
    const timer = setInterval(() => {
      sent++
      for (const client of clients) client.send(JSON.stringify({ type: 'tick', data: sent }))
    }, 2)
    cleanups.push(() => clearInterval(timer))
    const nowSeconds = () => Date.now() / 1_000
    const manager = createManager(port, {
      tokenManager: {
        getAccessToken: () => jwt(nowSeconds() + 30.5),
        refreshAccessToken: () => jwt(nowSeconds() + 3_600),
      },
    })
    const heard: number[] = []
    manager.subscribe<number>('tick', (n) => heard.push(n))
    manager.connect()
    await vi.waitFor(() => expect(dials).toBe(2), within(3_000))
    await vi.waitFor(() => expect(clients.size).toBe(1), within(3_000))
    const count = heard.length
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(count + 20), within(1_000))
    const first = heard[0] ?? 0
    expect(heard).toEqual(heard.map((_, index) => first + index))
  })
})

/** Answers by id, in order; pings with pongs. */
function answerAll(
  socket: WebSocket,
  onFrame: (frame: { id: string; type: string; data: unknown }) => void = () => {},
) {
  socket.on('error', () => undefined)
  socket.on('message', (data) => {
    for (const frame of [JSON.parse(String(data))].flat()) {
      onFrame(frame)
      const reply = { type: 'response', reply_to: frame.id, data: frame.data }
      socket.send(JSON.stringify(frame.type === 'ping' ? { type: 'pong', data: frame.data } : reply))
    }
  })
}

describe('one poisonous frame, over TCP', () => {
  const reconnect = { intervalMs: 50, jitter: 0 }
  const texts = ['before', 'poison', 'behind', 'behind it']
  const ask = (manager: ReturnType<typeof createManager>, data: unknown) =>
    manager.port.request('ask', data, { idempotent: true }).catch(({ code, reason }) => ({ code, reason }))

  it.each([false, true])('[T33] larger than the server takes (1009), in batches: %s', async (batch) => {
    const port = await listenWs(
      (socket) => {
        if (batch) socket.send('{"type":"welcome","data":{"batch":true}}')
        answerAll(socket)
      },
      { maxPayload: 2_000 },
    )
    const manager = createManager(port, { reconnect })
    manager.connect()
    await vi.waitFor(() => expect(manager.store.getState().state).toBe('CONNECTED'), within(2_000))
    const big = 'x'.repeat(3_000)
    const answers = await Promise.all(texts.map((text) => ask(manager, text === 'poison' ? big : text)))
    expect(answers).toEqual(['before', { code: 'rejected', reason: 'too_large' }, 'behind', 'behind it'])
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T33] no UTF-8 (1007)', async () => {
    const port = await listenWs((socket) => answerAll(socket))
    const manager = createManager(port, {
      reconnect,
      environment: browserEnvironment({
        WebSocket: class extends WebSocket {
          override send(data: string) {
            const isBroken = data.includes('poison')
            super.send(isBroken ? Buffer.from([0xff, 0xfe]) : data, { binary: false })
          }
        },
      }),
    })
    expect(await Promise.all(texts.map((text) => ask(manager, text)))).toEqual([
      'before',
      { code: 'rejected', reason: '1007' },
      'behind',
      'behind it',
    ])
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('[T33] of which the server process dies', async () => {
    let port = 0
    let deaths = 0
    const start = () => {
      const server = new WebSocketServer({ port, host: '127.0.0.1' })
      const die = () => {
        deaths++
        for (const client of server.clients) client.terminate()
        // Somebody starts it again after a while.
        server.close(() => setTimeout(start, 100))
      }
      server.on('connection', (socket) => answerAll(socket, ({ data }) => data === 'poison' && die()))
      cleanups.push(() => server.close())
      return new Promise((resolve) => server.once('listening', () => resolve(server.address())))
    }
    port = ((await start()) as AddressInfo).port
    const manager = createManager(port, { reconnect })
    expect(await Promise.all(texts.map((text) => ask(manager, text)))).toEqual([
      'before',
      { code: 'rejected', reason: '1006' },
      'behind',
      'behind it',
    ])
    expect(deaths).toBe(4)
    expect(manager.store.getState().state).toBe('CONNECTED')
  })
})
