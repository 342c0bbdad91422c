/** What the connections of one manager share: its settings, its environment, and where to tell what happens. */
import { browserEnvironment, type Environment } from '../environment.ts'
import { LiveError, type LiveErrorCode, mistakeOf } from '../errors.ts'
import type { ConnectionStatus } from '../machine/status.ts'
import type { Protocol } from '../protocol.ts'
import { type Patience, withSharedTimers } from '../wire/timers.ts'
import { tellDeveloper } from './development.ts'
import { createIdentityBook, type IdentityBook } from './identity.ts'
import { createInspector, type Inspector } from './inspector.ts'
import { resolveSettings, type Settings, type WebSocketManagerOptions } from './settings.ts'
import { createSubscribers, type Subscribers } from './subscribers.ts'
import { createTokens, type Tokens } from './tokens.ts'

/** `undefined`: nobody holds the connection, and it has ended. */
export type Publish = (endpoint: string, status: ConnectionStatus | undefined) => void

export interface Context extends Settings, Inspector, Tokens, Subscribers {
  readonly environment: Environment
  /** Whose sockets these are: the page's, or those of a test. */
  readonly world: object
  /** The same, for what waits by the hundred: it shares its timers. */
  readonly patience: Patience
  readonly identity: IdentityBook
  readonly publish: Publish
  /** For errors that reject no call. */
  reportError(endpoint: string, error: unknown): void
  /** The first of its code; the others say nothing new. */
  reportOnce(endpoint: string, code: LiveErrorCode, message: string): void
}

/** The one that this module runs in. */
const PAGE = {}

export function createContext(options: WebSocketManagerOptions<Protocol>, publish: Publish): Context {
  const { environment = browserEnvironment(), tokenManager, onError } = options
  const inspector = createInspector(environment)
  const identity = createIdentityBook()
  const told = new Set<LiveErrorCode>()
  const toldDeveloper = new Set<string>()
  const reportError = (endpoint: string, cause: unknown) => {
    const error = mistakeOf(cause)
    inspector.report({ type: 'error', endpoint, error })
    const shown = inspector.clean(error)
    tellDeveloper(toldDeveloper, shown)
    try {
      onError?.(shown)
    } catch (thrown) {
      // Not to whoever reports: he has more to do.
      environment.setTimer(() => {
        throw thrown
      }, 0)
    }
  }
  const settings = resolveSettings(options)
  const shared = settings.shareTabs?.({ ...settings, environment, report: inspector.report })
  return {
    ...settings,
    ...inspector,
    ...createTokens({ ...inspector, environment, identity, manager: tokenManager }),
    ...createSubscribers(reportError),
    environment,
    world: options.environment ?? PAGE,
    patience: withSharedTimers(environment),
    identity,
    publish,
    ...shared,
    reportError,
    reportOnce(endpoint, code, message) {
      if (told.has(code)) return
      told.add(code)
      reportError(endpoint, new LiveError(code, message))
    },
  }
}
