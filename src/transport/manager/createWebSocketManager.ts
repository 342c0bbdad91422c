/** The public face of the transport: connections, one store, one log, one port. */
import { takeLease } from '../connection/leases.ts'
import { createDebugListener } from '../context/debugLog.ts'
import type { WebSocketManagerOptions } from '../context/settings.ts'
import { close, connect, disconnect, reauthenticate } from '../driver/commands.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import type { Protocol, UntypedProtocol } from '../protocol.ts'
import { createLivePort, requestAt } from './createLivePort.ts'
import { createEndpoints } from './endpoints.ts'
import type { EventHandler, RequestOptions, SubscribeOptions, WebSocketManager } from './managerTypes.ts'

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
  const endpoints = createEndpoints(options)
  const { context, store, at, find, all } = endpoints
  const { debug } = options
  if (debug) context.inspect(createDebugListener(debug === true ? console.log : debug))
  const port = createLivePort(endpoints)
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
      requestAt(endpoints, {
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
