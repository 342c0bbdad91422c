/** A request of each client that has requests, by the means that are meant to survive a reconnect where there are any. */
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { Centrifuge } from 'centrifuge'
import { createClient } from 'graphql-ws'
import { Socket as PhoenixSocket } from 'phoenix'
import { io } from 'socket.io-client'
import { createWebSocketManager } from '../../src/transport/index.ts'

export interface Asking {
  readonly answer: Promise<unknown>
  stop(): void
}

/** Connects, and asks for `get_data` as soon as the client lets one. */
export const asking: Readonly<Record<string, (url: string) => Asking>> = {
  querywire(url) {
    const manager = createWebSocketManager({ url, debug: false })
    const answer = manager.request('get_data', {}, { endpoint: '/', idempotent: true })
    return { answer, stop: () => manager.close() }
  },
  centrifuge(url) {
    const client = new Centrifuge(url)
    client.on('error', () => undefined)
    client.connect()
    return { answer: client.rpc('get_data', {}), stop: () => client.disconnect() }
  },
  '@trpc/client'(url) {
    const client = createWSClient({ url })
    const trpc = createTRPCClient<never>({ links: [wsLink({ client })] }) as unknown as {
      get_data: { query(): Promise<unknown> }
    }
    return { answer: trpc.get_data.query(), stop: () => void client.close() }
  },
  'graphql-ws'(url) {
    const client = createClient({ url, retryAttempts: Number.POSITIVE_INFINITY })
    const answer = client.iterate({ query: '{ get_data }' }).next()
    return { answer, stop: () => void client.dispose() }
  },
  phoenix(url) {
    const socket = new PhoenixSocket(url, { transport: WebSocket })
    socket.onError(() => undefined)
    socket.connect()
    const channel = socket.channel('room')
    channel.join()
    const answer = new Promise((resolve, reject) => {
      const push = channel.push('get_data', {})
      for (const status of ['error', 'timeout']) push.receive(status, () => reject(new Error(status)))
      push.receive('ok', resolve)
    })
    return { answer, stop: () => socket.disconnect() }
  },
  'socket.io-client'(url) {
    const options = { transports: ['websocket'], forceNew: true, retries: 3, ackTimeout: 10_000 }
    const socket = io(url.replace('ws://', 'http://'), options)
    return { answer: socket.emitWithAck('get_data'), stop: () => socket.close() }
  },
}
