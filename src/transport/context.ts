/** What all connections of a manager share. */
import type { Environment } from './environment.ts'
import { LiveError } from './errors.ts'
import { createInspector, type Inspector } from './inspector.ts'
import type { OutgoingFrame, Protocol } from './protocol.ts'
import { resolveSettings, type Settings, type WebSocketManagerOptions } from './settings.ts'
import { createTokens, type Tokens } from './tokens.ts'

export interface Context {
  readonly environment: Environment
  readonly settings: Settings
  readonly inspector: Inspector
  readonly tokens: Tokens
  createFrame(type: string, data: unknown, id?: string): OutgoingFrame
  /** For errors that reject no call. */
  reportError(endpoint: string, error: unknown): void
}

export function createContext(options: WebSocketManagerOptions<Protocol>, environment: Environment): Context {
  const inspector = createInspector(environment)
  return {
    environment,
    settings: resolveSettings(options),
    inspector,
    tokens: createTokens(environment, options.tokenManager),
    createFrame: (type, data, id = environment.createId()) => ({
      type,
      data,
      timestamp: new Date(environment.wallNow()).toISOString(),
      id,
    }),
    reportError: (endpoint, cause) => {
      const error =
        cause instanceof LiveError ? cause : new LiveError('misconfigured', String(cause), { cause })
      inspector.report({ type: 'error', endpoint, error })
      options.onError?.(error)
    },
  }
}
