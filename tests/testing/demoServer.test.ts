import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocketClient from 'ws'
import { createConversations } from '../../examples/server/conversations.ts'
import type { ServerFrame } from '../../src/testing/server/wire.ts'

const MAIN = fileURLToPath(new URL('../../examples/server/main.ts', import.meta.url))

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const createDatabase = () => {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-demo-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return join(folder, 'demo.sqlite')
}

interface Listening {
  readonly url: string
  readonly port: number
  readonly token_url: string
}

const start = async (database: string, port = 0) => {
  const child = spawn(process.execPath, [MAIN, '--demo'], {
    env: { ...process.env, DEMO_DB: database, WS_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(() => end(child, 'SIGKILL'))
  const errors: string[] = []
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const listening = JSON.parse(line) as Listening & { event: string }
  expect(listening.event).toBe('listening')
  return { child, errors, ...listening }
}

const tokenFor = async ({ token_url }: Listening, query: string) => {
  const response = await fetch(`${token_url}?${query}`)
  return (await response.json()) as { token: string }
}

/** Sends one frame and returns its reply, or the code of the close that came instead. */
const ask = (url: string, type: string, data: object) =>
  new Promise<ServerFrame | number>((resolve) => {
    const socket = new WebSocketClient(url)
    socket.on('open', () => socket.send(JSON.stringify({ type, data, id: 'q1' })))
    socket.on('close', (code) => resolve(code))
    socket.on('message', (text) => {
      const reply = ([JSON.parse(String(text))].flat() as ServerFrame[]).find(
        ({ reply_to }) => reply_to === 'q1',
      )
      if (!reply) return
      resolve(reply)
      socket.close()
    })
  })

const messageIn = (reply: ServerFrame | number) => {
  if (typeof reply === 'number') throw new Error(`Closed with ${reply}`)
  return (reply.data as { message: object }).message
}

describe('the demo server', () => {
  it('loses nothing when it is killed, and keeps tokens valid', { timeout: 20_000 }, async () => {
    const database = createDatabase()
    const first = await start(database)
    const { token } = await tokenFor(first, 'user=alice')
    const sent = await ask(`${first.url}/ws/?token=${token}`, 'chat_message', {
      room_id: 'general',
      message: 'still here?',
    })
    await end(first.child, 'SIGKILL')
    const second = await start(database)
    const reply = await ask(`${second.url}/ws/?token=${token}`, 'get_history', {
      room_id: 'general',
      limit: 1,
    })
    expect(reply).toMatchObject({
      data: { messages: [messageIn(sent)] },
    })
  })

  it('[S3] serves the same chat twice from one file', { timeout: 20_000 }, async () => {
    const database = createDatabase()
    const [first, second] = [await start(database), await start(database)]
    const { token } = await tokenFor(first, 'user=alice')
    const sent = await ask(`${first.url}/ws/?token=${token}`, 'chat_message', {
      room_id: 'general',
      message: 'to whom it may concern',
    })
    const reply = await ask(`${second.url}/ws/?token=${token}`, 'get_history', {
      room_id: 'general',
      limit: 1,
    })
    expect(reply).toMatchObject({ data: { messages: [messageIn(sent)] } })
  })

  it('says which file it cannot open, and why', { timeout: 20_000 }, async () => {
    const folder = join(createDatabase(), '..')
    const child = spawn(process.execPath, [MAIN, '--demo'], {
      env: { ...process.env, DEMO_DB: folder, WS_PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    cleanups.push(() => end(child, 'SIGKILL'))
    const errors: string[] = []
    child.stderr.on('data', (chunk) => errors.push(String(chunk)))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(errors.join('')).toMatch(`Cannot open ${folder}: `)
  })

  it('[S8] hands no token to a page that has its name point here', { timeout: 20_000 }, async () => {
    const { port } = await start(createDatabase())
    const statusFor = async (host: string) => {
      const asked = request({ port, host: '127.0.0.1', path: '/token?user=alice', headers: { host } }).end()
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      response.resume()
      return response.statusCode
    }
    expect(await statusFor(`127.0.0.1:${port}`)).toBe(200)
    expect(await statusFor(`localhost:${port}`)).toBe(200)
    expect(await statusFor(`evil.example:${port}`)).toBe(403)
    expect(await statusFor(`localhost.evil.example:${port}`)).toBe(403)
  })

  it('verifies tokens: run out is 4001, forged or broken is 4004', { timeout: 20_000 }, async () => {
    const server = await start(createDatabase())
    const expired = await tokenFor(server, 'user=alice&ttl=-1')
    const { token } = await tokenFor(server, 'user=alice')
    const [header, , signature] = token.split('.')
    const forged = [
      header,
      Buffer.from('{"sub":"bob","exp":9999999999}').toString('base64url'),
      signature,
    ].join('.')
    expect(await ask(`${server.url}/ws/?token=${expired.token}`, 'get_rooms', {})).toBe(4001)
    expect(await ask(`${server.url}/ws/?token=${forged}`, 'get_rooms', {})).toBe(4004)
    expect(await ask(`${server.url}/ws/?token=alice`, 'get_rooms', {})).toBe(4004)
    expect((await fetch(`${server.token_url}?user=mallory`)).status).toBe(404)
  })

  it('takes another port when its own is taken, stops on SIGTERM, and prints no warning', {
    timeout: 20_000,
  }, async () => {
    const first = await start(createDatabase())
    const second = await start(createDatabase(), first.port)
    expect(second.port).not.toBe(first.port)
    await Promise.all([first, second].map(({ child }) => end(child, 'SIGTERM')))
    expect([first, second].map(({ child }) => child.exitCode)).toEqual([0, 0])
    expect([...first.errors, ...second.errors]).toEqual([])
  })
})

describe('the demo conversations', () => {
  const nowMs = Date.parse('2024-01-15T10:30:00Z')

  it('are the same for the same seed, wherever now is', () => {
    const textOf = (seed: number, now: number) =>
      createConversations({ seed, nowMs: now }).rooms.map(({ messages }) =>
        messages?.map(({ content }) => content),
      )
    expect(textOf(1, nowMs)).toEqual(textOf(1, nowMs + 12_345))
    expect(textOf(1, nowMs)).not.toEqual(textOf(2, nowMs))
  })

  it('leave unread what others said since, never something of one’s own', () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const { messages = [], unread = {} } of createConversations({ seed, nowMs, messages: 600 })
        .rooms) {
        for (const [user, count] of Object.entries(unread)) {
          expect(messages.slice(-count).map(({ sender }) => sender)).not.toContain(user)
        }
      }
    }
  })

  it('hold about as many messages as asked for, of people in the room, in order, over weeks', () => {
    const { rooms } = createConversations({ nowMs, messages: 2000 })
    const all = rooms.flatMap(({ messages = [] }) => messages)
    expect(all.length).toBeGreaterThan(1950)
    expect(all.length).toBeLessThan(2050)
    for (const { messages = [], members = [] } of rooms) {
      const times = messages.map(({ timestamp }) => timestamp ?? '')
      expect(times).toEqual([...times].sort())
      expect(Date.parse(times.at(-1) ?? '')).toBeLessThanOrEqual(nowMs)
      expect(nowMs - Date.parse(times[0] ?? '')).toBeGreaterThan(20 * 86_400_000)
      expect(messages.every(({ sender }) => members.includes(sender))).toBe(true)
      expect(messages.some(({ content }) => /[{}]/.test(content))).toBe(false)
    }
    const lengths = all.map(({ content }) => content.length)
    expect(Math.min(...lengths)).toBeLessThan(5)
    expect(Math.max(...lengths)).toBeGreaterThan(250)
  })
})
