/** What the parts of one connection share: the manager's settings, its environment, and where to report to. */
import type { Environment } from './environment.ts'
import { LiveError } from './errors.ts'
import { createInspector, type Inspector, type OwnEntry } from './inspector.ts'
import type { OutgoingFrame, Protocol } from './protocol.ts'
import { resolveSettings, type Settings, type WebSocketManagerOptions } from './settings.ts'
import { createTokens, type Tokens } from './tokens.ts'

/** One per manager. */
export interface ManagerContext extends Settings {
  readonly environment: Environment
  readonly inspector: Inspector
  readonly tokens: Tokens
  /** For errors that reject no call. */
  reportError(endpoint: string, error: unknown): void
}

/** One per connection. */
export interface Context extends ManagerContext {
  /** Which connection it is. */
  readonly name: string
  report(entry: OwnEntry): void
  createFrame(type: string, data: unknown): OutgoingFrame
}

export function createManagerContext(
  options: WebSocketManagerOptions<Protocol>,
  environment: Environment,
): ManagerContext {
  const inspector = createInspector(environment)
  return {
    ...resolveSettings(options),
    environment,
    inspector,
    tokens: createTokens(environment, options.tokenManager),
    reportError: (endpoint, cause) => {
      const error =
        cause instanceof LiveError ? cause : new LiveError('misconfigured', String(cause), { cause })
      inspector.report({ type: 'error', endpoint, error })
      options.onError?.(error)
    },
  }
}

export function createContext(manager: ManagerContext, endpoint: string): Context {
  const { environment, inspector } = manager
  return {
    ...manager,
    name: endpoint,
    report: (entry) => inspector.report({ ...entry, endpoint }),
    createFrame: (type, data) => ({
      type,
      data,
      timestamp: new Date(environment.wallNow()).toISOString(),
      id: environment.createId(),
    }),
  }
}
