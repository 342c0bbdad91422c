/**
 * The same messages through real sockets, and bytes that are no WebSocket frames at all.
 * `HOSTILE_REAL_INPUTS=20000`: so many in all. `HOSTILE_SEED=3`: this world alone.
 */
import type { Socket } from 'node:net'
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createChat } from '../../src/chat/index.ts'
import { createChatServer } from '../../src/testing/server/chatServer.ts'
import { createRandom, type Random } from '../../src/testing/server/random.ts'
import { documented, hostile, pick } from './hostileText.ts'

const { env } = process
const inputs = Number(env.HOSTILE_REAL_INPUTS ?? 2_000)
const perWorld = 200
const seeds =
  env.HOSTILE_SEED === undefined
    ? Array.from({ length: inputs / perWorld }, (_, at) => at + 1)
    : [Number(env.HOSTILE_SEED)]

const ROOMS = ['general', 'den']
const ignore = () => undefined
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (isDone: () => boolean, ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(10)) if (isDone()) return true
  return isDone()
}

const ownedByAll = Reflect.ownKeys(Object.prototype)
const thrown: unknown[] = []
const note = (error: unknown) => void thrown.push(error)
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Frames that break the WebSocket protocol: reserved bits, unknown opcodes, lengths that are not true, bad UTF-8. */
const BYTES: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff],
  [0x83, 0x02, 0x7b, 0x7d],
  [0xc1, 0x02, 0x7b, 0x7d],
  [0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x81, 0x03, 0xff, 0xfe, 0xfd],
  [0x88, 0x01, 0x03],
  [0x88, 0x02, 0x00, 0x00],
  [0x80, 0x02, 0x7b, 0x7d],
  [0x89, 0x7e, 0x01, 0x00],
]

/** A line that can be made to say anything. */
interface Line {
  readonly webSocket: WebSocket
  readonly tcp: Socket
}

async function openServer(seed: number) {
  const server = createChatServer({
    level: (seed % 4) as 0 | 1 | 2 | 3,
    seed,
    rooms: ROOMS.map((id) => ({ id, messages: [{ sender: 'bob', content: `first of ${id}` }] })),
  })
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const lines = new Set<Line>()
  sockets.on('connection', (webSocket, request) => {
    const line = { webSocket, tcp: request.socket }
    lines.add(line)
    const accepted = server.accept({
      url: request.url ?? '/',
      protocols: [],
      send: (text) => webSocket.send(text),
      close: (code, reason) => (code === 1006 ? webSocket.terminate() : webSocket.close(code, reason)),
    })
    webSocket.on('message', (data) => accepted.receive(String(data)))
    webSocket.on('error', ignore)
    webSocket.on('close', () => {
      lines.delete(line)
      accepted.closed()
    })
  })
  await new Promise((resolve) => sockets.once('listening', resolve))
  closers.push(() => {
    for (const { webSocket } of lines) webSocket.terminate()
    sockets.close()
  })
  const { port } = sockets.address() as { port: number }
  return { server, lines, url: `ws://127.0.0.1:${port}` }
}

function openPage(url: string) {
  const chat = createChat({
    url,
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => 'alice' },
    reconnect: { intervalMs: 20, maxIntervalMs: 100, maxAttempts: 1_000 },
    debug: false,
  })
  const queryClient = new QueryClient({ defaultOptions: { queries: { retryDelay: 20 } } })
  const stops = [chat.live.connect(queryClient), chat.start()]
  for (const room of ROOMS) {
    stops.push(new InfiniteQueryObserver(queryClient, chat.messages(room) as never).subscribe(ignore))
    stops.push(new QueryObserver(queryClient, chat.typing(room) as never).subscribe(ignore))
  }
  stops.push(new QueryObserver(queryClient, chat.rooms() as never).subscribe(ignore))
  closers.push(() => {
    for (const stop of stops) stop()
    chat.manager.close()
    queryClient.clear()
  })
  return { chat, queryClient }
}

type World = Awaited<ReturnType<typeof openServer>> &
  ReturnType<typeof openPage> & { readonly random: Random }

function say({ random, lines, server }: World, pending: readonly string[]): void {
  const line = [...lines].at(-1)
  if (!line) return
  if (random() < 0.03) line.tcp.write(Buffer.from(pick(random, BYTES)))
  else if (random() < 0.04) line.tcp.destroy()
  else if (random() < 0.06)
    line.webSocket.close(pick(random, [1000, 1011, 1012, 1013, 4500]), 'x'.repeat(100))
  else {
    const { rooms, epoch } = server.state()
    const messages = rooms.flatMap((room) => room.messages.slice(-5).map(({ id }) => String(id)))
    const known = { rooms: ROOMS, users: ['alice', 'bob'], messages, pending, seq: rooms[0]?.seq ?? 0, epoch }
    line.webSocket.send(hostile(random, documented(random, known)).data, ignore)
  }
}

async function attack(world: World): Promise<void> {
  const { random, chat, queryClient } = world
  const pending: string[] = []
  const stop = chat.manager.inspect((entry) => {
    if (entry.type === 'sent') pending.push(String((entry as { frame?: { id?: string } }).frame?.id))
  })
  for (let input = 0; input < perWorld; input++) {
    say(world, pending.slice(-10))
    if (random() < 0.05)
      chat.sendMessage.start(queryClient, `mine ${input}`, { roomId: pick(random, ROOMS) }).catch(ignore)
    if (random() < 0.3) await sleep(random() * 8)
  }
  await sleep(100)
  stop()
}

/** Cut once, and asked to begin anew: what is said then is shown. */
async function recover({ server, lines, chat, queryClient }: World, seed: number): Promise<void> {
  for (const { tcp } of lines) tcp.destroy()
  await sleep(50)
  chat.manager.connect(undefined, { hold: false })
  const isUp = () => chat.manager.store.getState().state === 'CONNECTED'
  expect(await until(isUp, 20_000), `seed ${seed}: connected again`).toBe(true)
  // Refusals that said so, and what they made wait, have had their time.
  await sleep(200)
  queryClient.resetQueries().catch(ignore)
  await sleep(500)
  server.inject('den', { sender: 'bob', content: `the end of ${seed}` })
  const isShown = () =>
    JSON.stringify(queryClient.getQueryData(chat.messages('den').queryKey) ?? '').includes(
      `the end of ${seed}`,
    )
  expect(await until(isShown, 20_000), `seed ${seed}: shown`).toBe(true)
}

it.each(seeds)(
  'whatever bytes a server sends, nothing is thrown and nothing stuck (seed %i)',
  { timeout: 90_000 },
  async (seed) => {
    thrown.length = 0
    const opened = await openServer(seed)
    const world: World = { ...opened, ...openPage(opened.url), random: createRandom(seed) }
    await until(() => world.lines.size > 0, 5_000)
    await attack(world)
    expect(
      thrown.map((error) => String((error as Error).stack ?? error).slice(0, 400)),
      `seed ${seed}`,
    ).toEqual([])
    if (seed % 4 > 0) await recover(world, seed)
    expect(Reflect.ownKeys(Object.prototype)).toEqual(ownedByAll)
  },
)
