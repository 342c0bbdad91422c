/** The port, over the connections of one manager. */
import { openChannel, renewChannel } from '../channels/openChannel.ts'
import { greetingOf } from '../connection/greeting.ts'
import type { RequestSpec } from '../connection/requests.ts'
import { ask, send } from '../driver/commands.ts'
import type { LivePort } from '../port.ts'
import type { Endpoints } from './endpoints.ts'

export function createLivePort(endpoints: Endpoints): LivePort {
  const { context, at, find } = endpoints
  return {
    clock: context.environment,
    identity: context.identity,
    request: (type, data, options) => requestAt(endpoints, { ...options, type, data, timeoutFrom: 'write' }),
    send: async (type, data = {}, { endpoint, delivery = 'reliable', guard } = {}) =>
      send(at(endpoint), { type, data, delivery, guard }),
    greeting: async (endpoint) => greetingOf(at(endpoint)),
    open: (spec, listener) => openChannel(at(spec.endpoint), spec, listener),
    renew: (spec, onlyDown) => {
      const connection = find(spec.endpoint)
      if (connection) renewChannel(connection, spec, onlyDown)
    },
    hears: (type) => Object.hasOwn(context.protocol.events, type) || context.hears(type),
    clean: context.clean,
    report: (entry) => {
      // What is nothing but an error is reported as one.
      if (entry.type !== 'error' || !entry.error) context.report(entry)
      if (entry.error) context.reportError(String(entry.endpoint ?? context.endpoint ?? ''), entry.error)
    },
  }
}

/** What goes wrong before there is a promise rejects all the same. */
export function requestAt(
  { at }: Endpoints,
  { endpoint, data = {}, ...spec }: RequestSpec & { readonly endpoint?: string | undefined },
): Promise<unknown> {
  try {
    return ask(at(endpoint), { ...spec, data })
  } catch (error) {
    return Promise.reject(error)
  }
}
