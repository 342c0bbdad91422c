/** The public face of the transport: one manager, one connection per endpoint, one store, one log, one port. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { type Connection, type ConnectionStatus, createConnection } from './connection.ts'
import { createContext, createManagerContext, type ManagerContext } from './context.ts'
import { consoleLogger, createDebugListener, isDebugDefault } from './debugLog.ts'
import { browserEnvironment } from './environment.ts'
import { LiveError } from './errors.ts'
import type { LivePort } from './port.ts'
import type { Protocol, UntypedProtocol } from './protocol.ts'
import type { WebSocketManagerOptions } from './settings.ts'
import { createSubscribers, type Subscribers } from './subscribers.ts'
import { IDLE_STATUS, summarize } from './summary.ts'
import type {
  EventHandler,
  RequestOptions,
  SendOptions,
  SubscribeOptions,
  WebSocketManager,
  WebSocketState,
} from './webSocketManager.ts'

interface Registry {
  readonly context: ManagerContext
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
  const context = createManagerContext(options, options.environment ?? browserEnvironment())
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
    endpoint: context.endpoint,
    hasUrl: Boolean(context.url),
    connect: (endpoint, { hold = true } = {}) => connectionFor(registry, endpoint).connect(hold),
    disconnect: (endpoint) => registry.connections.get(endpointOf(registry, endpoint))?.disconnect(),
    acquire: (endpoint) => connectionFor(registry, endpoint).hold(true),
    close,
    reauthenticate: () => {
      for (const connection of [...registry.connections.values()]) connection.renew()
    },
    identify: context.tokens.identify,
    send: (type: string, data: unknown = {}, { endpoint, delivery = 'reliable' }: SendOptions = {}) =>
      attempt(() => connectionFor(registry, endpoint).send(type, data, delivery)),
    request: (type: string, data: unknown = {}, given: number | RequestOptions = {}) => {
      const request = typeof given === 'number' ? { timeoutMs: given } : given
      return attempt(() =>
        connectionFor(registry, request.endpoint).request({ ...request, type, data }),
      ) as never
    },
    subscribe: (type: string, handler: EventHandler<never>, { endpoint }: SubscribeOptions = {}) =>
      registry.subscribers.add(type, handler as EventHandler<unknown>, endpoint ?? context.endpoint),
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
  const named = endpoint ?? context.endpoint
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
  const connection = createConnection(createContext(context, endpoint), {
    onStatus: (status) => publish(registry, endpoint, status),
    onEvents: (events) => registry.subscribers.receive(endpoint, events),
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
  store.setState({ ...summarize(all, context.endpoint), connections: all })
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
