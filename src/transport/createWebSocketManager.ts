/** The public face of the transport: one manager, one connection per endpoint, one store, one log, one port. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ChannelEvent } from './channelEvents.ts'
import { type Connection, type ConnectionStatus, createConnection } from './connection.ts'
import { type Context, createContext } from './context.ts'
import { consoleLogger, createDebugListener, isDebugDefault } from './debugLog.ts'
import { browserEnvironment } from './environment.ts'
import { LiveError } from './errors.ts'
import type { InspectorEvent } from './inspector.ts'
import type { Delivery, LivePort } from './port.ts'
import type {
  EventName,
  EventPayload,
  Frame,
  Protocol,
  RequestName,
  RequestParams,
  RequestResult,
  UntypedProtocol,
} from './protocol.ts'
import type { WebSocketManagerOptions } from './settings.ts'
import { createSubscribers, type Subscribers } from './subscribers.ts'
import { IDLE_STATUS, summarize } from './summary.ts'

export interface WebSocketState extends ConnectionStatus {
  readonly connections: Readonly<Record<string, ConnectionStatus>>
}

export interface SendOptions {
  readonly endpoint?: string | undefined
  /** @default 'reliable' */
  readonly delivery?: Delivery | undefined
}

export interface RequestOptions {
  readonly endpoint?: string | undefined
  /** From the call to the reply, connecting included. @default requestTimeoutMs */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Sent again, with the same id, if the connection was lost before the reply. @default false */
  readonly idempotent?: boolean | undefined
}

export interface SubscribeOptions {
  /** @default the manager's endpoint, or all connections where it has none */
  readonly endpoint?: string | undefined
}

export type EventHandler<Payload> = (payload: Payload, frame: Frame) => void

export interface Subscribe<P extends Protocol> {
  <T extends EventName<P>>(
    type: T,
    handler: EventHandler<EventPayload<P, T>>,
    options?: SubscribeOptions,
  ): () => void
  <Payload = unknown, T extends string = string>(
    type: Unlisted<T, EventName<P>>,
    handler: EventHandler<Payload>,
    options?: SubscribeOptions,
  ): () => void
}

/** A name the protocol does not list; a listed one has its types. */
type Unlisted<T extends string, Listed extends string> = T &
  (string extends Listed ? unknown : T extends Listed ? never : unknown)

export interface Send<P extends Protocol> {
  <T extends RequestName<P>>(type: T, data: RequestParams<P, T>, options?: SendOptions): Promise<void>
  <T extends string>(type: Unlisted<T, RequestName<P>>, data?: unknown, options?: SendOptions): Promise<void>
}

export interface Request<P extends Protocol> {
  <T extends RequestName<P>>(
    type: T,
    data: RequestParams<P, T>,
    options?: number | RequestOptions,
  ): Promise<RequestResult<P, T>>
  <Result = unknown, T extends string = string>(
    type: Unlisted<T, RequestName<P>>,
    data?: unknown,
    options?: number | RequestOptions,
  ): Promise<Result>
}

export interface WebSocketManager<P extends Protocol = UntypedProtocol> {
  /** The endpoint of everyone who names none. */
  readonly endpoint: string | undefined
  /** Whether there is anything to connect to. */
  readonly hasUrl: boolean
  /**
   * Opens a connection, or revives one that has failed, and keeps it open until `disconnect`. Trouble shows in `store`.
   * `hold: false`: only as long as somebody else holds it.
   */
  connect(endpoint?: string, options?: { readonly hold?: boolean }): void
  disconnect(endpoint?: string): void
  /** Holds a connection open, together with everyone else who does. The release is idempotent. */
  acquire(endpoint?: string): () => void
  /** Ends everything: queued frames are dropped, requests reject. For signing out. A closed manager can be used again. */
  close(): void
  /** For new credentials: open connections move to them without a gap, failed ones try again. */
  reauthenticate(): void
  /** Resolves when the frame was written, which for a queued one is later. */
  send: Send<P>
  /** Resolves with the payload of the reply. @throws LiveError */
  request: Request<P>
  /** Hears events; opens no connection by itself. */
  subscribe: Subscribe<P>
  readonly store: StoreApi<WebSocketState>
  inspect(listener: (event: InspectorEvent) => void): () => void
  /** What the query layer is built on. */
  readonly port: LivePort
  [Symbol.dispose](): void
}

interface Registry {
  readonly context: Context
  readonly connections: Map<string, Connection>
  readonly store: StoreApi<WebSocketState>
  readonly subscribers: Subscribers
  unsubscribe: (() => void) | undefined
}

/**
 * A manager of live connections. Creating one opens nothing and touches no global; the first `acquire`, `connect`,
 * `send`, `request` or channel does.
 *
 * @example
 * ```ts
 * const manager = createWebSocketManager({ url: 'wss://api.example.com', endpoint: '/ws/', tokenManager })
 * manager.connect()
 * manager.subscribe('notification', (payload) => console.log(payload))
 * ```
 */
export function createWebSocketManager<P extends Protocol = UntypedProtocol>(
  options: WebSocketManagerOptions<P> = {},
): WebSocketManager<P> {
  const context = createContext(options, options.environment ?? browserEnvironment())
  const { inspector } = context
  const debug = options.debug ?? isDebugDefault()
  if (debug) inspector.inspect(createDebugListener(debug === true ? consoleLogger : debug))
  const registry: Registry = {
    context,
    connections: new Map(),
    store: createStore<WebSocketState>(() => ({ ...IDLE_STATUS, connections: {} })),
    subscribers: createSubscribers(context),
    unsubscribe: undefined,
  }
  const close = () => closeAll(registry)
  return {
    endpoint: context.settings.endpoint,
    hasUrl: Boolean(context.settings.url),
    connect: (endpoint, { hold = true } = {}) => connectionFor(registry, endpoint).connect(hold),
    disconnect: (endpoint) => registry.connections.get(endpointOf(registry, endpoint))?.disconnect(),
    acquire: (endpoint) => connectionFor(registry, endpoint).hold(true),
    close,
    reauthenticate: () => {
      for (const connection of [...registry.connections.values()]) connection.renew()
    },
    send: (type: string, data: unknown = {}, { endpoint, delivery = 'reliable' }: SendOptions = {}) =>
      attempt(() => connectionFor(registry, endpoint).send(type, data, delivery)),
    request: (type: string, data: unknown = {}, given: number | RequestOptions = {}) => {
      const request = typeof given === 'number' ? { timeoutMs: given } : given
      return attempt(() =>
        connectionFor(registry, request.endpoint).request({ ...request, type, data }),
      ) as never
    },
    subscribe: (type: string, handler: EventHandler<never>, { endpoint }: SubscribeOptions = {}) =>
      registry.subscribers.add(type, handler as EventHandler<unknown>, endpoint ?? context.settings.endpoint),
    store: registry.store,
    inspect: inspector.inspect,
    port: createPort(registry),
    [Symbol.dispose]: close,
  }
}

function createPort(registry: Registry): LivePort {
  const { environment, inspector } = registry.context
  return {
    clock: environment,
    request: (type, data, options = {}) =>
      attempt(() =>
        connectionFor(registry, options.endpoint).request({ ...options, type, data, timeoutFrom: 'write' }),
      ),
    send: (type, data, { endpoint, delivery = 'reliable' } = {}) =>
      attempt(() => connectionFor(registry, endpoint).send(type, data, delivery)),
    open: (spec, listener) => connectionFor(registry, spec.endpoint).open(spec, listener),
    report: inspector.report,
  }
}

/** What goes wrong before there is a promise rejects all the same. */
async function attempt<T>(run: () => Promise<T>): Promise<T> {
  return run()
}

/** Without an endpoint anywhere, the only open connection is meant; if there is none, the URL itself. */
function endpointOf({ context, store }: Registry, endpoint: string | undefined): string {
  const named = endpoint ?? context.settings.endpoint
  if (named !== undefined) return named
  const open = activeOf(store.getState().connections)
  if (open.length <= 1 || open.includes('')) return open.includes('') ? '' : (open[0] ?? '')
  throw new LiveError(
    'misconfigured',
    `Which of ${open.length} connections is meant? Pass { endpoint } or give the manager a default one`,
  )
}

function activeOf(connections: WebSocketState['connections']): string[] {
  return Object.keys(connections).filter((endpoint) => connections[endpoint]?.state !== 'DISCONNECTED')
}

function connectionFor(registry: Registry, given: string | undefined): Connection {
  const { context, connections } = registry
  const endpoint = endpointOf(registry, given)
  const existing = connections.get(endpoint)
  if (existing) return existing
  const connection = createConnection(context, endpoint, {
    onStatus: (status) => publish(registry, endpoint, status),
    onEvents: (events: readonly ChannelEvent[]) => registry.subscribers.receive(endpoint, events),
    onIdle: () => {
      connections.delete(endpoint)
      publish(registry, endpoint, undefined)
    },
  })
  connections.set(endpoint, connection)
  return connection
}

function publish(registry: Registry, endpoint: string, status: ConnectionStatus | undefined): void {
  const { store, connections, context } = registry
  const { [endpoint]: before, ...others } = store.getState().connections
  if (before && status && isSame(before, status)) return
  const all = status && connections.has(endpoint) ? { ...others, [endpoint]: status } : others
  store.setState({ ...summarize(all, context.settings.endpoint), connections: all })
  listenToPage(registry, activeOf(all).length > 0)
}

/** Only while there is something to wake. */
function listenToPage(registry: Registry, isWanted: boolean): void {
  if (!isWanted) {
    registry.unsubscribe?.()
    registry.unsubscribe = undefined
    return
  }
  registry.unsubscribe ??= registry.context.environment.subscribe((signal) => {
    if (signal === 'hidden') return
    // `offline` is often wrong; asking the server is how to find out.
    for (const one of [...registry.connections.values()]) one.wake(signal === 'offline')
  })
}

function isSame(one: ConnectionStatus, other: ConnectionStatus): boolean {
  return (Object.keys(one) as (keyof ConnectionStatus)[]).every((field) => one[field] === other[field])
}

function closeAll(registry: Registry): void {
  const error = new LiveError('closed', 'The manager was closed')
  for (const connection of [...registry.connections.values()]) connection.close(error)
}
