/** Who writes to a ledger while its servers are killed: applications, and a program that says the very same until it is answered. */
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { WebSocket } from 'ws'
import { createLive, reduce, type } from '../../../src/query/index.ts'
import { browserEnvironment, createWebSocketManager } from '../../../src/transport/index.ts'
import { type Entry, LEDGER, protocol } from './ledger.ts'

const of = { params: type<{ ledger: string }>(), channel: (params: { ledger: string }) => params }
const params = { ledger: LEDGER }
const environment = browserEnvironment({ WebSocket })

export const nameOf = ({ writer, n }: Entry) => `${writer} ${n}`

interface Told {
  readonly entries: readonly Entry[]
  readonly told: readonly string[]
}

/** `told()`: every event that its cached data was changed by, in that order, since its only snapshot. */
export function openLedger(url: string, user: string) {
  const manager = createWebSocketManager({
    url,
    endpoint: '/ws/',
    protocol,
    environment,
    tokenManager: { getAccessToken: () => user },
    reconnect: { intervalMs: 20, maxIntervalMs: 100 },
    heartbeat: { intervalMs: 1_000 },
    // A busy machine takes seconds to start each of several processes that die in a row.
    requestTimeoutMs: 60_000,
    debug: false,
  })
  const live = createLive({ manager })
  const ledger = live.value('ledger', {
    ...of,
    schema: type<Told>(),
    snapshot: async ({ request, params: asked }) => ({
      ...((await request('get_entries', asked)) as { entries: Entry[] }),
      told: [],
    }),
    events: {
      written: reduce((current: Told, entry: Entry) => ({
        ...current,
        told: [...current.told, nameOf(entry)],
      })),
    },
  })
  const write = live.mutation<{ n: number }, { place: number }, { ledger: string }>('write', {
    ...of,
    request: ({ n }, { params: at, request, clientId }) =>
      request('write', { ...at, writer: user, n, client_id: clientId }) as Promise<{ place: number }>,
  })
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const disconnect = live.connect(client)
  const observer = new QueryObserver(client, ledger(params) as never)
  const unsubscribe = observer.subscribe(() => undefined)
  const data = () => client.getQueryData(ledger(params).queryKey) as Told | undefined
  return {
    isThere: () => data() !== undefined,
    told: () => data()?.told ?? [],
    write: (n: number) => write.start(client, { n }, params),
    close: () => {
      unsubscribe()
      disconnect()
      client.clear()
      manager.close()
    },
  }
}

/** Says one frame, on one connection after the other, until one of them answers: what it answers. */
export async function insist(url: string, user: string, frame: object): Promise<unknown> {
  for (;;) {
    const answer = await say(url, user, frame)
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What one connection answers, if it does. */
export const say = (url: string, user: string, frame: object) =>
  new Promise<unknown>((resolve) => {
    const socket = new WebSocket(`${url}/ws/?token=${user}`)
    socket.on('open', () => socket.send(JSON.stringify(frame)))
    socket.on('message', (data) => {
      const { type: kind, error, data: answer } = JSON.parse(String(data))
      if (kind === 'response') resolve(answer)
      if (kind === 'error') resolve(error)
      if (kind === 'response' || kind === 'error') socket.terminate()
    })
    // `close` follows.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(undefined))
  })

/** The same under the same name: its own, or its sender's. */
export const framesOf = (
  writer: string,
  n: number,
): Record<'by id' | 'by client_id', (again: number) => object> => ({
  'by id': () => ({ type: 'write', id: `${writer}-${n}`, data: { ledger: LEDGER, writer, n } }),
  'by client_id': (again) => ({
    type: 'write',
    id: `${writer}-${n}-${again}`,
    data: { ledger: LEDGER, writer, n, client_id: `${writer}-${n}` },
  }),
})
