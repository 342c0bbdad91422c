/** The public face of the transport: connections, one store, one log, one port. */
import { openChannel, renewChannel } from './channels.ts'
import { ask, close, connect, disconnect, reauthenticate, send } from './connection.ts'
import { dialOf } from './connectionMachine.ts'
import { type Connections, createConnections } from './connections.ts'
import { createDebugListener } from './debugLog.ts'
import { greetingOf } from './greeting.ts'
import { hold } from './holders.ts'
import type { LivePort } from './port.ts'
import type { Protocol, UntypedProtocol } from './protocol.ts'
import type { RequestSpec } from './requests.ts'
import { fromEnv, type WebSocketManagerOptions } from './settings.ts'
import type { EventHandler, RequestOptions, SubscribeOptions, WebSocketManager } from './webSocketManager.ts'

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
  const connections = createConnections(options)
  const { context, store, at, find, all } = connections
  const { debug = fromEnv(() => process.env.NODE_ENV === 'development') } = options
  if (debug) context.inspect(createDebugListener(debug === true ? console.log : debug))
  const port = createPort(connections)
  const closeAll = () => all().forEach(close)
  return {
    endpoint: context.endpoint,
    hasUrl: Boolean(context.url),
    connect: (endpoint, { hold: keep = true } = {}) => connect(at(endpoint), keep),
    disconnect: (endpoint) => {
      const shell = find(endpoint)
      if (shell) disconnect(shell)
    },
    acquire: (endpoint) => {
      const release = hold(at(endpoint), true)
      return () => release()
    },
    close: closeAll,
    signOut() {
      closeAll()
      // A token that is still on its way says nothing any more.
      context.identity.doubt()
      context.identity.learn('token', null)
    },
    reauthenticate() {
      context.identity.doubt()
      // Its dials ask for the token; without one it is asked for here, to know who is here.
      all().forEach(reauthenticate)
      if (all().every(({ state }) => dialOf(state) === null)) context.getToken(false).catch(() => undefined)
    },
    identify: context.identify,
    send: port.send,
    request: (type: string, data: unknown, given: number | RequestOptions = {}) =>
      request(connections, {
        ...(typeof given === 'number' ? { timeoutMs: given } : given),
        type,
        data,
      }) as never,
    subscribe: (
      type: string,
      handler: EventHandler<never>,
      { endpoint = context.endpoint }: SubscribeOptions = {},
    ) => context.subscribe(type, { handler: handler as EventHandler<unknown>, endpoint }),
    store,
    inspect: context.inspect,
    port,
    [Symbol.dispose]: closeAll,
  }
}

function createPort(connections: Connections): LivePort {
  const { context, at, find } = connections
  return {
    clock: context.environment,
    identity: context.identity,
    request: (type, data, options) => request(connections, { ...options, type, data, timeoutFrom: 'write' }),
    send: async (type, data = {}, { endpoint, delivery = 'reliable', guard } = {}) =>
      send(at(endpoint), { type, data, delivery, guard }),
    greeting: async (endpoint) => greetingOf(at(endpoint)),
    open: (spec, listener) => openChannel(at(spec.endpoint), spec, listener),
    renew: (spec, onlyDown) => {
      const shell = find(spec.endpoint)
      if (shell) renewChannel(shell, spec, onlyDown)
    },
    clean: context.clean,
    report: (entry) => {
      context.report(entry)
      if (entry.error) context.reportError(String(entry.endpoint ?? context.endpoint ?? ''), entry.error)
    },
  }
}

/** What goes wrong before there is a promise rejects all the same. */
async function request(
  { at }: Connections,
  { endpoint, data = {}, ...spec }: RequestSpec & { readonly endpoint?: string | undefined },
): Promise<unknown> {
  return ask(at(endpoint), { ...spec, data })
}
