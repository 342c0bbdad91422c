/** The public face of the transport: endpoints, one store, one log, one port. */
import { openChannel, renewChannel } from '../channels/openChannel.ts'
import { greetingOf } from '../connection/greeting.ts'
import { takeLease } from '../connection/leases.ts'
import type { RequestSpec } from '../connection/requests.ts'
import { createDebugListener } from '../context/debugLog.ts'
import { fromEnv, type WebSocketManagerOptions } from '../context/settings.ts'
import { ask, close, connect, disconnect, reauthenticate, send } from '../driver/commands.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import type { LivePort } from '../port.ts'
import type { Protocol, UntypedProtocol } from '../protocol.ts'
import { createEndpoints, type Endpoints } from './endpoints.ts'
import type { EventHandler, RequestOptions, WebSocketManager } from './managerTypes.ts'

/**
 * A manager of live endpoints. Creating one opens nothing and touches no global; the first `acquire`, `connect`,
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
  const endpoints = createEndpoints(options)
  const { context, store, at, find, all } = endpoints
  const { debug = fromEnv(() => process.env.NODE_ENV === 'development') } = options
  if (debug) context.inspect(createDebugListener(debug === true ? console.log : debug))
  const port = createPort(endpoints)
  const closeAll = () => all().forEach(close)
  return {
    endpoint: context.endpoint,
    hasUrl: Boolean(context.url),
    connect: (endpoint, { hold: keep = true } = {}) => connect(at(endpoint), keep),
    disconnect: (endpoint) => {
      const connection = find(endpoint)
      if (connection) disconnect(connection)
    },
    acquire: (endpoint) => {
      const release = takeLease(at(endpoint), true)
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
      request(endpoints, {
        ...(typeof given === 'number' ? { timeoutMs: given } : given),
        type,
        data,
      }) as never,
    subscribe: (type: string, handler: EventHandler<never>, { endpoint = context.endpoint } = {}) =>
      context.subscribe(type, { handler: handler as EventHandler<unknown>, endpoint }),
    store,
    inspect: context.inspect,
    port,
    [Symbol.dispose]: closeAll,
  }
}

function createPort(endpoints: Endpoints): LivePort {
  const { context, at, find } = endpoints
  return {
    clock: context.environment,
    identity: context.identity,
    request: (type, data, options) => request(endpoints, { ...options, type, data, timeoutFrom: 'write' }),
    send: async (type, data = {}, { endpoint, delivery = 'reliable', guard } = {}) =>
      send(at(endpoint), { type, data, delivery, guard }),
    greeting: async (endpoint) => greetingOf(at(endpoint)),
    open: (spec, listener) => openChannel(at(spec.endpoint), spec, listener),
    renew: (spec, onlyDown) => {
      const connection = find(spec.endpoint)
      if (connection) renewChannel(connection, spec, onlyDown)
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
  { at }: Endpoints,
  { endpoint, data = {}, ...spec }: RequestSpec & { readonly endpoint?: string | undefined },
): Promise<unknown> {
  return ask(at(endpoint), { ...spec, data })
}
