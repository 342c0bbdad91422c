/** The connections of one manager, one per endpoint, and the store that tells of them. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { type Context, createContext, type Publish } from '../context/context.ts'
import type { WebSocketManagerOptions } from '../context/settings.ts'
import { createConnection } from '../driver/createConnection.ts'
import type { DrivenConnection } from '../driver/drivenConnection.ts'
import { changeUser, confirmUser } from '../driver/user.ts'
import { LiveError } from '../errors.ts'
import { IDLE_STATUS, summarize, type WebSocketState } from '../machine/status.ts'
import type { Protocol } from '../protocol.ts'

export interface Endpoints {
  readonly context: Context
  readonly store: StoreApi<WebSocketState>
  /** Without an endpoint anywhere, the only open connection is meant; if there is none, the URL itself. */
  at(endpoint: string | undefined): DrivenConnection
  /** The one that is there. */
  find(endpoint: string | undefined): DrivenConnection | undefined
  all(): readonly DrivenConnection[]
}

export function createEndpoints(options: WebSocketManagerOptions<Protocol>): Endpoints {
  const byName = new Map<string, DrivenConnection>()
  const store = createStore<WebSocketState>(() => ({ ...IDLE_STATUS, connections: {} }))
  const publish: Publish = (name, status) => {
    const { [name]: before, ...others } = store.getState().connections
    if (!status) byName.delete(name)
    if (JSON.stringify(before) === JSON.stringify(status)) return
    const connections = status && byName.has(name) ? { ...others, [name]: status } : others
    store.setState({ ...summarize(connections, context.endpoint), connections })
  }
  const context = createContext(options, publish)
  context.identity.subscribe((isOther) => {
    // Doubt confirms nobody.
    if (!context.identity.isSure) return
    for (const connection of [...byName.values()]) isOther ? changeUser(connection) : confirmUser(connection)
    if (isOther) context.report({ type: 'userChanged' })
  })
  const nameOf = (endpoint = context.endpoint): string => {
    if (endpoint !== undefined) return endpoint
    const { connections } = store.getState()
    const open = Object.keys(connections).filter((name) => connections[name]?.state !== 'DISCONNECTED')
    if (open.length <= 1 || open.includes('')) return open.includes('') ? '' : (open[0] ?? '')
    throw new LiveError(
      'misconfigured',
      `Which of ${open.length} connections is meant? Pass { endpoint } or give the manager a default one`,
    )
  }
  return {
    context,
    store,
    at: (endpoint) => {
      const name = nameOf(endpoint)
      const known = byName.get(name)
      if (known) return known
      check(name)
      context.keepSecretsOf(name)
      const connection = createConnection(context, name)
      byName.set(name, connection)
      return connection
    },
    find: (endpoint) => byName.get(nameOf(endpoint)),
    all: () => [...byName.values()],
  }
}

/** What a URL drops, replaces, or takes for a step up or down: it would be the address of something else. */
const UNFIT = /[#\t\n\r\p{Cs}]|\s$|^[^?]*\\|^(?:[^?]*\/)?(?:\.|%2e){1,2}(?:[/?]|$)/iu

function check(endpoint: string): void {
  if (!UNFIT.test(endpoint)) return
  const advice = 'use encodeURIComponent for ids, and a query for one that is "", "." or ".."'
  throw new LiveError('misconfigured', `No URL has the endpoint ${JSON.stringify(endpoint)}: ${advice}`)
}
