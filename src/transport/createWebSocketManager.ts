/** The public face of the transport: one manager, one connection per endpoint, one store, one log, one port. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { openChannel } from './channels.ts'
import { ask, close, connect, createConnection, disconnect, renew, send } from './connection.ts'
import { type Context, createContext } from './context.ts'
import { createDebugListener } from './debugLog.ts'
import { LiveError } from './errors.ts'
import { hold } from './holders.ts'
import type { LivePort } from './port.ts'
import type { Protocol, UntypedProtocol } from './protocol.ts'
import type { RequestSpec } from './requests.ts'
import { fromEnv, type WebSocketManagerOptions } from './settings.ts'
import type { Shell } from './shell.ts'
import { type ConnectionStatus, IDLE_STATUS, summarize } from './summary.ts'
import type { EventHandler, RequestOptions, WebSocketManager, WebSocketState } from './webSocketManager.ts'

interface Registry {
  readonly context: Context
  readonly connections: Map<string, Shell>
  readonly store: StoreApi<WebSocketState>
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
  const registry: Registry = {
    context: createContext(options, (endpoint, status) => publish(registry, endpoint, status)),
    connections: new Map(),
    store: createStore(() => ({ ...IDLE_STATUS, connections: {} })),
  }
  const { context, store } = registry
  const { debug = fromEnv(() => process.env.NODE_ENV === 'development') } = options
  if (debug) context.inspect(createDebugListener(debug === true ? console.log : debug))
  const forAll = (act: (shell: Shell) => void) => () => [...registry.connections.values()].forEach(act)
  const port = createPort(registry)
  return {
    endpoint: context.endpoint,
    hasUrl: Boolean(context.url),
    connect: (endpoint, { hold: keep = true } = {}) => connect(connectionFor(registry, endpoint), keep),
    disconnect: (endpoint) => {
      const shell = registry.connections.get(endpointOf(registry, endpoint))
      if (shell) disconnect(shell)
    },
    acquire: (endpoint) => hold(connectionFor(registry, endpoint), true),
    close: forAll(close),
    reauthenticate: forAll(renew),
    identify: context.identify,
    send: port.send,
    request: (type: string, data: unknown, given: number | RequestOptions = {}) =>
      request(registry, {
        ...(typeof given === 'number' ? { timeoutMs: given } : given),
        type,
        data,
      }) as never,
    subscribe: (type: string, handler: EventHandler<never>, { endpoint = context.endpoint } = {}) =>
      context.subscribe(type, { handler: handler as EventHandler<unknown>, endpoint }),
    store,
    inspect: context.inspect,
    port,
    [Symbol.dispose]: forAll(close),
  }
}

function createPort(registry: Registry): LivePort {
  const { environment, report } = registry.context
  return {
    clock: environment,
    request: (type, data, options) => request(registry, { ...options, type, data, timeoutFrom: 'write' }),
    send: async (type, data = {}, { endpoint, delivery = 'reliable' } = {}) =>
      send(connectionFor(registry, endpoint), { type, data, delivery }),
    open: (spec, listener) => openChannel(connectionFor(registry, spec.endpoint), spec, listener),
    report,
  }
}

/** What goes wrong before there is a promise rejects all the same. */
async function request(
  registry: Registry,
  { endpoint, data = {}, ...spec }: RequestSpec & { readonly endpoint?: string | undefined },
): Promise<unknown> {
  return ask(connectionFor(registry, endpoint), { ...spec, data })
}

/** Without an endpoint anywhere, the only open connection is meant; if there is none, the URL itself. */
function endpointOf({ context, store }: Registry, endpoint = context.endpoint): string {
  if (endpoint !== undefined) return endpoint
  const { connections } = store.getState()
  const open = Object.keys(connections).filter((name) => connections[name]?.state !== 'DISCONNECTED')
  if (open.includes('')) return ''
  if (open.length <= 1) return open[0] ?? ''
  throw new LiveError(
    'misconfigured',
    `Which of ${open.length} connections is meant? Pass { endpoint } or give the manager a default one`,
  )
}

function connectionFor(registry: Registry, given: string | undefined): Shell {
  const { context, connections } = registry
  const endpoint = endpointOf(registry, given)
  const shell = connections.get(endpoint) ?? createConnection(context, endpoint)
  connections.set(endpoint, shell)
  return shell
}

function publish(registry: Registry, endpoint: string, status: ConnectionStatus | undefined): void {
  const { store, connections, context } = registry
  const { [endpoint]: before, ...others } = store.getState().connections
  if (!status) connections.delete(endpoint)
  else if (JSON.stringify(before) === JSON.stringify(status)) return
  const all = status && connections.has(endpoint) ? { ...others, [endpoint]: status } : others
  store.setState({ ...summarize(all, context.endpoint), connections: all })
}
