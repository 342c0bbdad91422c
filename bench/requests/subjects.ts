/** Requests over one connection: so many at a time, each followed by the next as soon as it is answered. */
import process from 'node:process'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { Centrifuge } from 'centrifuge'
import { createClient } from 'graphql-ws'
import { Socket as PhoenixSocket } from 'phoenix'
import { io } from 'socket.io-client'
import { WebSocket as NodeWebSocket } from 'ws'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { type Subjects, startClock } from '../measure/subject.ts'

globalThis.WebSocket = NodeWebSocket as unknown as typeof WebSocket

export interface RequestOptions {
  readonly port: number
  readonly count: number
  readonly inFlight: number
}

interface Asking {
  ask(data: object): Promise<unknown>
  end(): void
}

type Connect = (url: string) => Promise<Asking>

/** What is asked, about 110 bytes, as a client would mark a room as read. */
const QUESTION = { room_id: 'room-1', message_id: 'm000000001', at: '2026-01-01T00:00:00.000Z' }

const measured =
  (connect: Connect) =>
  async ({ port, count, inFlight }: RequestOptions) => {
    globalThis.gc?.()
    const { ask, end } = await connect(`ws://127.0.0.1:${port}`)
    await ask(QUESTION)
    const latencies: number[] = []
    let left = count
    const clock = startClock()
    const run = async () => {
      while (left-- > 0) {
        const at = performance.now()
        await ask(QUESTION)
        latencies.push(performance.now() - at)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, run))
    const { cpu, wall } = clock.stop()
    end()
    latencies.sort((a, b) => a - b)
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
    return {
      cpu: (cpu * 1_000) / count,
      wall: (wall * 1_000) / count,
      p50: at(0.5) * 1_000,
      p99: at(0.99) * 1_000,
    }
  }

const raw: Connect = (url) =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${url}/plain`)
    const waiting = new Map<string, (answer: unknown) => void>()
    let last = 0
    socket.onmessage = ({ data }) => {
      const { reply_to, data: answer } = JSON.parse(data)
      waiting.get(reply_to)?.(answer)
      waiting.delete(reply_to)
    }
    socket.onopen = () =>
      resolve({
        ask: (data) =>
          new Promise((answered) => {
            const id = String(++last)
            waiting.set(id, answered)
            socket.send(JSON.stringify({ type: 'mark_read', id, data }))
          }),
        end: () => socket.close(),
      })
  })

const querywire: Connect = async (url) => {
  const manager = createWebSocketManager({ url, endpoint: '/plain', debug: false })
  return { ask: (data) => manager.request('mark_read', data), end: () => manager.close() }
}

const socketIo: Connect = (url) =>
  new Promise((resolve) => {
    const query = { carrier: 'socket.io' }
    const socket = io(url.replace('ws:', 'http:'), { transports: ['websocket'], forceNew: true, query })
    const ask = (data: object) => socket.emitWithAck('mark_read', data)
    socket.on('connect', () => resolve({ ask, end: () => socket.close() }))
  })

const phoenix: Connect = (url) =>
  new Promise((resolve) => {
    const socket = new PhoenixSocket(`${url}/phoenix`, {
      transport: WebSocket,
      params: { carrier: 'phoenix' },
    })
    socket.connect()
    const channel = socket.channel('room-1', {})
    const ask = (data: object) =>
      new Promise((answered) => void channel.push('mark_read', data).receive('ok', answered))
    channel.join().receive('ok', () => resolve({ ask, end: () => socket.disconnect() }))
  })

const centrifuge: Connect = (url) =>
  new Promise((resolve) => {
    const client = new Centrifuge(`${url}/centrifuge`)
    client.on('connected', () =>
      resolve({ ask: (data) => client.rpc('mark_read', data), end: () => client.disconnect() }),
    )
    client.connect()
  })

interface Api {
  readonly read: { query(input: object): Promise<unknown> }
}

const trpc: Connect = async (url) => {
  const client = createWSClient({ url: `${url}/trpc` })
  const api = createTRPCClient<never>({ links: [wsLink({ client })] }) as unknown as Api
  return { ask: (data) => api.read.query(data), end: () => void client.close() }
}

const graphql: Connect = async (url) => {
  const client = createClient({ url: `${url}/graphql`, lazy: false, onNonLazyError: () => undefined })
  const query = 'query ($input: Input) { read(input: $input) { ok } }'
  const ask = (input: object) =>
    new Promise((answered, failed) => {
      let answer: unknown
      client.subscribe(
        { query, variables: { input } },
        { next: (value) => (answer = value), error: failed, complete: () => answered(answer) },
      )
    })
  return { ask, end: () => void client.dispose() }
}

export const subjects: Subjects = {
  'ws + Map': measured(raw),
  querywire: measured(querywire),
  'socket.io-client emitWithAck': measured(socketIo),
  'phoenix push': measured(phoenix),
  'centrifuge rpc': measured(centrifuge),
  '@trpc/client query': measured(trpc),
  'graphql-ws query': measured(graphql),
}

process.on('unhandledRejection', (error) => {
  console.error(error)
  process.exit(1)
})
