/** Raw bytes at the servers we ship: what no WebSocket client would send. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createChatServer, mountOnNode, type ServerFrame } from '../../src/testing/index.ts'
import { createHostileFrames } from '../testing/hostileFrames.ts'

const MAIN = fileURLToPath(new URL('../../examples/server/main.ts', import.meta.url))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const UPGRADE = [
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const request = (line: string, headers: readonly string[] = UPGRADE, body = '') =>
  `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`
const withHeader = (name: string, value: string) => [
  ...UPGRADE.filter((header) => !header.startsWith(`${name}:`)),
  `${name}: ${value}`,
]

const TARGETS = [
  '//',
  '///',
  '/%ff',
  '/ws/chat/%ff/',
  'http://[',
  'http://[::',
  '*',
  '?',
  '/ws/?token=%',
  `/${'x'.repeat(9000)}`,
]

const REQUESTS: readonly string[] = [
  ...TARGETS.map((target) => request(`GET ${target} HTTP/1.1`)),
  ...TARGETS.map((target) => request(`GET ${target} HTTP/1.1`, ['Host: localhost'])),
  ...['POST', 'CONNECT', 'OPTIONS', 'HEAD'].map((method) =>
    request(`${method} // HTTP/1.1`, ['Host: localhost']),
  ),
  request('GET / HTTP/1.1', withHeader('Sec-WebSocket-Key', 'x')),
  request('GET / HTTP/1.1', withHeader('Sec-WebSocket-Version', '99')),
  request('GET / HTTP/1.1', withHeader('Sec-WebSocket-Protocol', ',,')),
  request('GET / HTTP/1.1', withHeader('Sec-WebSocket-Protocol', 'bearer')),
  request('GET / HTTP/1.1', withHeader('Upgrade', 'h2c')),
  request('GET / HTTP/1.1', withHeader('Origin', 'http://[')),
  request('GET / HTTP/1.1', [...UPGRADE, `X-Huge: ${'x'.repeat(100_000)}`]),
  request('GET / HTTP/1.1', [...UPGRADE, 'Content-Length: 5'], 'hello'),
  request('GET / HTTP/1.1', [...UPGRADE, 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  request('POST / HTTP/1.1', ['Host: localhost', 'Content-Length: 99999999999'], 'x'),
  'GET\r\n\r\n',
  '\u0000\u0001\u0002',
  `${'x'.repeat(70_000)}\r\n\r\n`,
]

/** Frames of the WebSocket protocol itself, none of them right. */
const BROKEN_FRAMES: readonly Buffer[] = [
  Buffer.from([0x81, 0x01, 0x41]), // not masked
  Buffer.from([0x83, 0x80, 0, 0, 0, 0]), // a kind that is none
  Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), // reserved bits
  Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff]), // no UTF-8
  Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), // of many exabytes
  Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]), // of 256 MB
  Buffer.from([0x88, 0x81, 0, 0, 0, 0, 0x01]), // a close with half a code
  Buffer.from([0x09, 0x80, 0, 0, 0, 0]), // a ping in parts
  Buffer.from([0x80, 0x80, 0, 0, 0, 0]), // the end of what did not begin
  randomBytes(2000),
]

/** Sends the bytes, reads what comes, and is gone: by its own will or the server's. */
async function sendRaw(port: number, parts: readonly (string | Buffer)[]): Promise<void> {
  const socket: Socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  for (const part of parts) {
    socket.write(part)
    await Promise.race([
      once(socket, 'data'),
      once(socket, 'close'),
      new Promise((done) => setTimeout(done, 20)),
    ])
  }
  socket.destroy()
}

interface Client {
  readonly frames: ServerFrame[]
  readonly closed: Promise<number>
  readonly socket: WebSocket
  ask(type: string, data?: object): Promise<ServerFrame>
}

async function enter(url: string, token: string, options = {}): Promise<Client> {
  const socket = new WebSocket(`${url}/ws/?token=${token}`, options)
  const frames: ServerFrame[] = []
  const waiting = new Map<string, (frame: ServerFrame) => void>()
  socket.on('error', () => undefined)
  socket.on('message', (bytes) => {
    for (const frame of [JSON.parse(String(bytes))].flat() as ServerFrame[]) {
      frames.push(frame)
      waiting.get(String(frame.reply_to))?.(frame)
    }
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await Promise.race([once(socket, 'open'), closed])
  cleanups.push(() => socket.terminate())
  let count = 0
  return {
    frames,
    closed,
    socket,
    ask: (type, data = {}) => {
      const id = `ask-${++count}`
      socket.send(JSON.stringify({ type, data, id }))
      return new Promise((resolve) => waiting.set(id, resolve))
    },
  }
}

const isServed = async ({ ask }: Client) => {
  const reply = await ask('chat_message', { room_id: 'general', message: 'still here?' })
  expect(reply).toMatchObject({ type: 'response', data: { message: { content: 'still here?' } } })
}

interface Running {
  readonly port: number
  readonly url: string
  token(user: string): Promise<string>
  /** Throws when the server has ended. */
  check(): void
}

const inProcess = async (): Promise<Running> => {
  // What nobody catches ends this process, and the run with it.
  const mount = await mountOnNode(createChatServer(), {
    onRequest: ({ url }) => {
      throw new Error(`no page at ${url}`)
    },
  })
  cleanups.push(mount.close)
  return { ...mount, token: async (user) => user, check: () => undefined }
}

const createDatabase = () => {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-hostile-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'chat.sqlite')
}

const spawnServer = (flags: readonly string[], env: Record<string, string>): ChildProcess => {
  const child = spawn(process.execPath, [MAIN, ...flags], {
    env: { PATH: process.env.PATH ?? '', WS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  })
  return child
}

const asChild = async (database = createDatabase()): Promise<Running> => {
  const child = spawnServer(['--demo'], { DEMO_DB: database })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk)
  })
  if (!child.stdout) throw new Error('no stdout')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port, url, token_url } = JSON.parse(line) as { port: number; url: string; token_url: string }
  const token = async (user: string) => {
    const response = await fetch(`${token_url}?user=${user}`)
    return ((await response.json()) as { token: string }).token
  }
  const check = () => {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}: ${errors}`)
  }
  return { port, url, token, check }
}

describe.each([
  ['mountOnNode', inProcess],
  ['examples/server', asChild],
])('%s', (_name, start) => {
  it('[S1] outlives request lines, headers and upgrades of any kind', { timeout: 60_000 }, async () => {
    const server = await start()
    const alice = await enter(server.url, await server.token('alice'))
    for (const text of REQUESTS) await sendRaw(server.port, [text])
    server.check()
    await isServed(alice)
    await isServed(await enter(server.url, await server.token('bob')))
  })

  it.runIf(existsSync('/proc/net/tcp'))('[S7] asks TCP whether a silent client is still there', async () => {
    const server = await start()
    await enter(server.url, await server.token('alice'))
    const local = `:${server.port.toString(16).toUpperCase().padStart(4, '0')}`
    const rows = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
    // Its end of an established connection, and which timer runs there: 2 is keep-alive.
    const timers = rows
      .filter(([, from, , state]) => from?.endsWith(local) && state === '01')
      .map((row) => row[5])
    expect(timers).toContainEqual(expect.stringMatching(/^02:/))
  })

  it('[S1] outlives what is no frame of the WebSocket protocol', { timeout: 60_000 }, async () => {
    const server = await start()
    const alice = await enter(server.url, await server.token('alice'))
    const token = await server.token('bob')
    for (const bytes of BROKEN_FRAMES) {
      await sendRaw(server.port, [request(`GET /ws/?token=${token} HTTP/1.1`), bytes])
    }
    server.check()
    await isServed(alice)
  })

  it('[S2] refuses 1 000 hostile messages, and serves the others', { timeout: 60_000 }, async () => {
    const server = await start()
    const alice = await enter(server.url, await server.token('alice'))
    let mallory = await enter(server.url, await server.token('bob'))
    const frames = createHostileFrames(7)
    for (let at = 0; at < 1000; at++) {
      mallory.socket.send(frames.next())
      if (at % 50 !== 49) continue
      await mallory.ask('ping_that_is_none')
      expect(mallory.socket.readyState).toBe(WebSocket.OPEN)
      mallory.socket.terminate()
      await isServed(alice)
      mallory = await enter(server.url, await server.token('bob'))
      await mallory.ask('join_room', { room_id: 'general' })
    }
    server.check()
  })

  it('[S6] closes what is too large with 1009, and who floods it with 4029', {
    timeout: 60_000,
  }, async () => {
    const server = await start()
    const alice = await enter(server.url, await server.token('alice'))
    const large = await enter(server.url, await server.token('bob'))
    large.socket.send('x'.repeat(300_000))
    expect(await large.closed).toBe(1009)
    const fast = await enter(server.url, await server.token('bob'))
    for (let at = 0; at < 20_000; at++) fast.socket.send('{"type":"nothing","id":"q"}')
    expect(await fast.closed).toBe(4029)
    server.check()
    await isServed(alice)
  })

  it('[S8] lets in pages of this machine and programs, and no other page', async () => {
    const server = await start()
    const token = await server.token('alice')
    const stranger = await enter(server.url, token, { origin: 'https://evil.example' })
    expect(await stranger.closed).toBe(4003)
    expect(stranger.frames).toEqual([])
    await isServed(await enter(server.url, token, { origin: 'http://localhost:5173' }))
  })
})

describe('mountOnNode', () => {
  it('[S6] closes a reader that does not read, rather than fill up', { timeout: 60_000 }, async () => {
    const server = createChatServer({ rooms: [{ id: 'r1' }], limits: { bufferedBytes: 100_000 } })
    const mount = await mountOnNode(server)
    cleanups.push(mount.close)
    const socket = connectTcp(mount.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(request('GET /ws/chat/r1/?token=alice HTTP/1.1'))
    await once(socket, 'data')
    socket.pause()
    cleanups.push(() => socket.destroy())
    const codes: unknown[] = []
    server.on((event) => event.type === 'closed' && codes.push(event.code))
    for (let at = 0; at < 20_000 && codes.length === 0; at++) {
      server.inject('r1', { sender: 'bob', content: 'x'.repeat(4000) })
      if (at % 50 === 0) await new Promise((done) => setImmediate(done))
    }
    expect(codes).toEqual([1013])
  })
})

describe('examples/server', () => {
  it('[S9] does not start without a secret, unless it is told to be a demo', {
    timeout: 20_000,
  }, async () => {
    for (const env of [{}, { JWT_SECRET: 'short' }]) {
      const child = spawnServer([], { DEMO_DB: createDatabase(), ...env })
      const [code] = await once(child, 'exit')
      expect(code).toBe(1)
    }
  })

  it('[S9] hands out no tokens, outside of the demo', { timeout: 20_000 }, async () => {
    const child = spawnServer([], { DEMO_DB: createDatabase(), JWT_SECRET: 'x'.repeat(32) })
    if (!child.stdout) throw new Error('no stdout')
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { token_url } = JSON.parse(line) as { token_url: string }
    expect((await fetch(`${token_url}?user=alice`)).status).toBe(404)
  })

  it('[S8] hands tokens to no page from elsewhere', { timeout: 20_000 }, async () => {
    const { port } = await asChild()
    const get = (origin: string) =>
      fetch(`http://127.0.0.1:${port}/token?user=alice`, { headers: { origin } })
    expect((await get('https://evil.example')).status).toBe(403)
    const own = await get('http://localhost:5173')
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'http://localhost:5173',
    ])
  })

  it('[S3] refuses what it cannot store while the file is locked, and goes on', {
    timeout: 30_000,
  }, async () => {
    const database = createDatabase()
    const server = await asChild(database)
    const alice = await enter(server.url, await server.token('alice'))
    const bob = await enter(server.url, await server.token('bob'))
    await isServed(alice)
    const other = new DatabaseSync(database)
    other.exec('BEGIN IMMEDIATE')
    const refused = await alice.ask('chat_message', { room_id: 'general', message: 'now?' })
    expect(refused).toMatchObject({ error: { code: 'unavailable', retryable: true } })
    expect(await bob.ask('get_history', { room_id: 'general' })).toMatchObject({ type: 'response' })
    other.exec('COMMIT')
    other.close()
    await isServed(alice)
    await isServed(bob)
  })
})
