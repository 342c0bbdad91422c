import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocketClient from 'ws'
import * as z from 'zod'
import { createLiveServer } from '../../src/server/createLiveServer.ts'
import { memoryStore } from '../../src/server/stores/memoryStore.ts'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { mountOnFakeSockets } from '../../src/testing/mountOnFakeSockets.ts'
import { mountOnMsw } from '../../src/testing/mountOnMsw.ts'
import { mountOnNode } from '../../src/testing/mountOnNode.ts'
import {
  type ChatServer,
  type ChatServerOptions,
  createChatServer,
} from '../../src/testing/server/chatServer.ts'
import type { ServerFrame } from '../../src/testing/server/wire.ts'
import { defineProtocol } from '../../src/transport/protocol.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type AnySocket = Pick<WebSocket, 'send' | 'close' | 'protocol' | 'readyState'> & {
  onmessage: unknown
  onclose: unknown
}

/** Frames and the end of a socket, to be awaited. */
const watch = (socket: AnySocket) => {
  const frames: ServerFrame[] = []
  const waiting = new Set<() => void>()
  socket.onmessage = ({ data }: { data: unknown }) => {
    frames.push(...([JSON.parse(String(data))].flat() as ServerFrame[]))
    for (const check of [...waiting]) check()
  }
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => resolve({ code, reason })
  })
  const next = (isIt: (frame: ServerFrame) => boolean) =>
    new Promise<ServerFrame>((resolve) => {
      const check = () => {
        const found = frames.find(isIt)
        if (found) {
          waiting.delete(check)
          resolve(found)
        }
      }
      waiting.add(check)
      check()
    })
  return {
    closed,
    typed: (type: string) => next((frame) => frame.type === type),
    request: (type: string, data: object) => {
      const id = `q-${type}`
      socket.send(JSON.stringify({ type, data, id }))
      return next((frame) => frame.reply_to === id)
    },
  }
}

interface Mounted {
  readonly server: ChatServer
  connect(path: string, protocols?: string[]): AnySocket
}

const options: ChatServerOptions = { rooms: [{ id: 'r1' }] }

const onNode = async (): Promise<Mounted> => {
  const server = createChatServer(options)
  const mount = await mountOnNode(server)
  cleanups.push(mount.close)
  return {
    server,
    connect: (path, protocols = []) =>
      new WebSocketClient(mount.url + path, protocols) as unknown as AnySocket,
  }
}

const onMsw = async (): Promise<Mounted> => {
  const server = createChatServer(options)
  const worker = setupServer(...mountOnMsw(server, 'ws://chat.example'))
  worker.listen({ onUnhandledFrame: 'error' })
  cleanups.push(() => worker.close())
  cleanups.push(() => server.close())
  return { server, connect: (path, protocols = []) => new WebSocket(`ws://chat.example${path}`, protocols) }
}

describe.each([
  ['mountOnNode with a ws client', onNode],
  ['mountOnMsw with the global WebSocket', onMsw],
])('%s', (_name, mount) => {
  it('carries a conversation', async () => {
    const { connect } = await mount()
    const alice = watch(connect('/ws/chat/r1/?token=alice'))
    const bob = watch(connect('/ws/?token=bob'))
    await Promise.all([alice.typed('welcome'), bob.typed('welcome')])
    await bob.request('subscribe_room', { room_id: 'r1' })
    const reply = await alice.request('chat_message', { message: 'hi', client_id: 'c-1' })
    expect(reply).toMatchObject({ type: 'response', data: { message: { client_id: 'c-1' } } })
    expect(await bob.typed('chat_message')).toMatchObject({ message: { content: 'hi' }, seq: 1 })
  })

  it('opens before it closes on a bad token', async () => {
    const { connect } = await mount()
    const socket = connect('/ws/?token=mallory')
    let hasOpened = false
    Object.assign(socket, { onopen: () => (hasOpened = true) })
    expect(await watch(socket).closed).toMatchObject({ code: 4001 })
    expect(hasOpened).toBe(true)
  })

  it('delivers the refusal of a token before it closes', async () => {
    const { connect } = await mount()
    const socket = connect('/ws/')
    const client = watch(socket)
    await new Promise<void>((resolve) => Object.assign(socket, { onopen: () => resolve() }))
    expect(await client.request('auth', { token: 'mallory' })).toMatchObject({
      error: { code: 'unauthorized' },
    })
    expect((await client.closed).code).toBe(4001)
  })

  it('takes the token from the subprotocols and agrees on the first one', async () => {
    const { connect } = await mount()
    const socket = connect('/ws/', ['bearer', 'alice'])
    expect(await watch(socket).typed('welcome')).toMatchObject({ data: { user: { id: 'alice' } } })
    expect(socket.protocol).toBe('bearer')
  })

  it('notices that a client hangs up', async () => {
    const { connect, server } = await mount()
    const alice = watch(connect('/ws/?token=alice'))
    await alice.typed('welcome')
    const socket = connect('/ws/?token=bob')
    await watch(socket).typed('welcome')
    await alice.typed('user_status')
    const gone = new Promise<void>((resolve) => server.on(({ type }) => type === 'closed' && resolve()))
    socket.close()
    await gone
    expect(server.state().connections).toMatchObject([{ userId: 'alice' }])
  })

  it.each([1006, 1012, 4029])('ends connections with %i', async (code) => {
    const { connect, server } = await mount()
    const client = watch(connect('/ws/?token=alice'))
    await client.typed('welcome')
    server.faults.disconnectAll(code)
    expect((await client.closed).code).toBe(code)
  })
})

describe('mountOnNode', () => {
  it('says 404 to plain HTTP', async () => {
    const mount = await mountOnNode(createChatServer())
    cleanups.push(mount.close)
    expect((await fetch(mount.url.replace('ws:', 'http:'))).status).toBe(404)
  })

  it('rejects when the port is taken', async () => {
    const holder = createHttpServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => holder.close())
    const { port } = holder.address() as AddressInfo
    await expect(mountOnNode(createChatServer(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('tells clients that it goes away, frees the port, and can be closed twice', async () => {
    const first = await mountOnNode(createChatServer())
    const client = watch(new WebSocketClient(`${first.url}/ws/?token=alice`) as unknown as AnySocket)
    await client.typed('welcome')
    await Promise.all([first.close(), first.close()])
    expect((await client.closed).code).toBe(1001)
    const second = await mountOnNode(createChatServer(), { port: first.port })
    await second.close()
  })
})

describe('mountOnFakeSockets', () => {
  it('answers sockets of the fake environment in the fake environment’s time', async () => {
    const fake: ReturnType<typeof createFakeEnvironment> = createFakeEnvironment({
      onSocket: (socket) => mountOnFakeSockets(server)(socket),
    })
    const { environment, clock } = fake
    const server = createChatServer({
      ...options,
      clock: { now: environment.wallNow, setTimer: environment.setTimer },
    })
    const socket = environment.createSocket('ws://chat.example/ws/chat/r1/?token=alice', [])
    const texts: unknown[] = []
    socket.onmessage = ({ data }) => texts.push(data)
    await fake.flush()
    expect(texts).toHaveLength(1)
    server.faults.latencyMs = 300
    server.inject('r1', { sender: 'bob', content: 'later' })
    await clock.advance(299)
    expect(texts).toHaveLength(1)
    await clock.advance(1)
    expect(texts).toHaveLength(2)
    server.faults.disconnectAll(1012)
    expect(socket.readyState).toBe(3)
  })
})

it('[S34] the server kit runs behind MSW: tokens, subscriptions, events, refusals', async () => {
  const requests = {
    say: {
      params: z.object({ room_id: z.string(), text: z.string() }),
      result: z.object({ count: z.number() }),
    },
  }
  const live = createLiveServer({
    protocol: defineProtocol({ events: { said: z.object({ text: z.string() }) }, requests }),
    store: memoryStore(),
    authenticate: (token) => (token === 'bob' || token === 'alice' ? { id: token, username: token } : null),
    channels: { room_id: ({ key }) => key === '7' },
    requests: {
      say: ({ data, transaction, publish }) =>
        transaction(() => {
          publish('said', { text: data.text })
          return { count: 1 }
        }),
    },
  })
  const worker = setupServer(...mountOnMsw(live, 'ws://kit.example'))
  worker.listen()
  cleanups.push(
    () => live.close({ graceMs: 0 }),
    () => worker.close(),
  )
  const bob = watch(new WebSocket('ws://kit.example/ws/?token=bob'))
  const alice = watch(new WebSocket('ws://kit.example/ws/', ['bearer', 'alice']))
  const stranger = watch(new WebSocket('ws://kit.example/ws/?token=nobody'))
  expect(await stranger.closed).toMatchObject({ code: 4001 })
  expect(await alice.typed('welcome')).toMatchObject({ data: { user: { id: 'alice' } } })
  expect(await bob.request('subscribe_room', { room_id: '7' })).toMatchObject({ data: { seq: 0 } })
  expect(await bob.request('say', { room_id: '8', text: 'No' })).toMatchObject({
    error: { code: 'not_member' },
  })
  expect(await alice.request('say', { room_id: '7', text: 'Hi' })).toMatchObject({ data: { count: 1 } })
  expect(await bob.typed('said')).toMatchObject({ room_id: '7', seq: 1, data: { text: 'Hi' } })
})
