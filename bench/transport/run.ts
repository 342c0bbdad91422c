/**
 * How clients behave when servers and networks do not. Real TCP on the loopback interface, all clients side by side.
 * `npm --prefix bench install && npm --prefix bench run transport`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { clients, type Heartbeat, type StartClient, startQuerywire, type TokenCount } from './clients.ts'
import { type Asking, asking } from './requests.ts'
import {
  acceptingServer,
  answerRequest,
  type BadServer,
  blackHoleProxy,
  greet,
  muteServer,
  refusingServer,
  replyOn,
} from './servers.ts'

// Clients report refused connections in many ways; here they are the point.
process.on('unhandledRejection', () => undefined)
process.on('uncaughtException', () => undefined)

type Row = Readonly<Record<string, string | number>>

async function attemptsIn(
  start: StartClient,
  create: () => Promise<BadServer>,
  windowMs: number,
): Promise<readonly number[]> {
  const server = await create()
  const stop = start(`${server.url}/`)
  await sleep(windowMs)
  stop()
  server.close()
  return server.attempts
}

/** One table: a row per client, a column per misbehaviour. */
async function storms(): Promise<void> {
  const cases: Readonly<Record<string, () => Promise<BadServer>>> = {
    'TCP kill after 5 ms': () =>
      acceptingServer((_socket, { socket: tcp }) => void setTimeout(() => tcp.destroy(), 5)),
    'close 1011': () => acceptingServer((socket) => void setTimeout(() => socket.close(1011), 5)),
    'close 4401': () => acceptingServer((socket) => void setTimeout(() => socket.close(4401), 5)),
    'HTTP 401': () => refusingServer('401 Unauthorized'),
  }
  const rows: Record<string, Row> = {}
  for (const [name, start] of Object.entries(clients)) {
    const counts = await Promise.all(
      Object.entries(cases).map(
        async ([label, create]) => [label, (await attemptsIn(start, create, 10_000)).length] as const,
      ),
    )
    rows[name] = Object.fromEntries(counts)
  }
  console.log(
    '\nConnection attempts in 10 s (a server that accepts and closes; lower is better, 0 retries is no virtue)',
  )
  console.table(rows)

  const tokens: TokenCount = { refreshes: 0 }
  const attempts = await attemptsIn(
    (url) => startQuerywire(url, undefined, tokens),
    () => refusingServer('401 Unauthorized'),
    10_000,
  )
  console.log(
    `querywire with tokens, HTTP 401 on upgrade: ${attempts.length} attempts in 10 s, ${tokens.refreshes} token refresh(es)`,
  )
}

const HEARTBEAT: Heartbeat = { intervalMs: 1_000, timeoutMs: 500 }

/** The connection is up; then nothing gets through in either direction, and nothing says so. */
async function blackHole(start: StartClient): Promise<number | undefined> {
  const server = await acceptingServer((socket, request) => greet(socket, request))
  const proxy = await blackHoleProxy(server.url, 500)
  const stop = start(`${proxy.url}/`, HEARTBEAT)
  const until = performance.now() + 40_000
  while (proxy.dials.length < 2 && performance.now() < until) await sleep(20)
  const [first = 0, second] = proxy.dials
  stop()
  proxy.close()
  server.close()
  return second === undefined ? undefined : second - first - 500
}

async function hungUpgrade(start: StartClient): Promise<number | undefined> {
  const [, second] = await attemptsIn(start, muteServer, 25_000)
  return second
}

const seconds = (ms: number | undefined, over: string) =>
  ms === undefined ? `> ${over}` : `${(ms / 1_000).toFixed(1)} s`

async function silence(): Promise<void> {
  const rows = await Promise.all(
    Object.entries(clients).map(async ([name, start]) => {
      const [dead, hung] = await Promise.all([blackHole(start), hungUpgrade(start)])
      return [
        name,
        {
          'black hole → 2nd dial': seconds(dead, '40 s'),
          'upgrade unanswered → 2nd dial': seconds(hung, '25 s'),
        },
      ] as const
    }),
  )
  console.log('\nA connection that is dead without saying so (heartbeat 1 s + 0.5 s where there is one)')
  console.table(Object.fromEntries(rows))
}

/** Data all the time, and never a pong. */
async function busyWithoutPong(start: StartClient): Promise<number> {
  const attempts = await attemptsIn(
    (url) => start(url, HEARTBEAT),
    () =>
      acceptingServer((socket, request) => {
        greet(socket, request, false)
        const timer = setInterval(() => socket.send(JSON.stringify({ type: 'tick', data: {} })), 100)
        socket.on('close', () => clearInterval(timer))
      }),
    6_000,
  )
  return attempts.length - 1
}

async function busy(): Promise<void> {
  const names = ['querywire', '@trpc/client', 'phoenix', 'partysocket']
  const rows = await Promise.all(
    names.map(
      async (name) =>
        [name, { 'reconnects in 6 s': await busyWithoutPong(clients[name] ?? startQuerywire) }] as const,
    ),
  )
  console.log('\nA busy server that never sends a pong')
  console.table(Object.fromEntries(rows))
}

/** The socket dies when the request has arrived; every later socket would answer it. */
async function inFlight(ask: (url: string) => Asking): Promise<string> {
  let diedAt: number | undefined
  const server = await acceptingServer((socket, request) => {
    greet(socket, request)
    socket.on('message', (data) => {
      if (!String(data).includes('get_data')) return
      if (diedAt !== undefined) return answerRequest(String(data), replyOn(socket))
      diedAt = performance.now()
      request.socket.destroy()
    })
  })
  const { answer, stop } = ask(`${server.url}/`)
  const outcome = await Promise.race([
    answer.then(
      () => 'answered',
      (error: unknown) => `rejected (${(error as Error | undefined)?.message})`,
    ),
    sleep(25_000, 'neither answered nor rejected'),
  ])
  const afterMs = diedAt === undefined ? undefined : performance.now() - diedAt
  stop()
  server.close()
  return `${outcome} after ${seconds(afterMs, '25 s')}`
}

async function requests(): Promise<void> {
  const rows = await Promise.all(
    Object.entries(asking).map(async ([name, ask]) => [name, await inFlight(ask)] as const),
  )
  console.log('\nA request in flight when the socket dies; the server answers it on the next one')
  console.table(Object.fromEntries(rows))
}

await storms()
await silence()
await busy()
await requests()
process.exit(0)
