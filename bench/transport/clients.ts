/** The clients, each with the defaults its users get; only heartbeats are set, where a case asks for it. */
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { Centrifuge } from 'centrifuge'
import { createClient } from 'graphql-ws'
import { WebSocket as PartySocket } from 'partysocket'
import { Socket as PhoenixSocket } from 'phoenix'
import { io } from 'socket.io-client'
import { WebSocket as NodeWebSocket } from 'ws'
import { createWebSocketManager } from '../../src/transport/index.ts'

// One socket class for everybody. Node's own one repeats a handshake that was answered with 401.
globalThis.WebSocket = NodeWebSocket as unknown as typeof WebSocket

export interface Heartbeat {
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** Starts a client that wants to be connected to `url`; returns what stops it. */
export type StartClient = (url: string, heartbeat?: Heartbeat) => () => void

export const clients: Readonly<Record<string, StartClient>> = {
  querywire: startQuerywire,
  centrifuge: startCentrifuge,
  '@trpc/client': startTrpc,
  'graphql-ws': startGraphql,
  phoenix: startPhoenix,
  'socket.io-client': startSocketIo,
  partysocket: startPartysocket,
}

export interface TokenCount {
  refreshes: number
}

export function startQuerywire(url: string, heartbeat?: Heartbeat, tokens?: TokenCount): () => void {
  const manager = createWebSocketManager({
    url,
    debug: false,
    ...(heartbeat && { heartbeat }),
    ...(tokens && {
      tokenManager: {
        getAccessToken: () => 'expired',
        refreshAccessToken: () => {
          tokens.refreshes++
          return 'expired too'
        },
      },
    }),
  })
  manager.connect('/')
  return () => manager.close()
}

function startCentrifuge(url: string, heartbeat?: Heartbeat): () => void {
  const client = new Centrifuge(url, heartbeat && { maxServerPingDelay: heartbeat.timeoutMs })
  client.on('error', () => undefined)
  client.connect()
  return () => client.disconnect()
}

function startTrpc(url: string, heartbeat?: Heartbeat): () => void {
  const keepAlive = heartbeat && {
    enabled: true,
    intervalMs: heartbeat.intervalMs,
    pongTimeoutMs: heartbeat.timeoutMs,
  }
  const client = createWSClient({ url, ...(keepAlive && { keepAlive }) })
  const trpc = createTRPCClient<never>({ links: [wsLink({ client })] }) as unknown as {
    events: { subscribe(input: undefined, options: object): { unsubscribe(): void } }
  }
  const subscription = trpc.events.subscribe(undefined, { onError: () => undefined })
  return () => {
    subscription.unsubscribe()
    void client.close()
  }
}

function startGraphql(url: string, heartbeat?: Heartbeat): () => void {
  const client = createClient({
    url,
    lazy: false,
    retryAttempts: Number.POSITIVE_INFINITY,
    onNonLazyError: () => undefined,
    ...(heartbeat && { keepAlive: heartbeat.intervalMs }),
  })
  return () => void client.dispose()
}

function startPhoenix(url: string, heartbeat?: Heartbeat): () => void {
  const socket = new PhoenixSocket(url, {
    transport: WebSocket,
    ...(heartbeat && { heartbeatIntervalMs: heartbeat.intervalMs }),
  })
  socket.onError(() => undefined)
  socket.connect()
  return () => socket.disconnect()
}

function startSocketIo(url: string): () => void {
  const socket = io(url.replace('ws://', 'http://'), { transports: ['websocket'], forceNew: true })
  return () => socket.close()
}

function startPartysocket(url: string): () => void {
  const socket = new PartySocket(url)
  socket.addEventListener('error', () => undefined)
  return () => socket.close()
}
