/** The one log of everything that happens. Debug output, devtools, metrics and tests read it; it holds no secret. */
import type { Environment } from '../environment.ts'
import type { LiveError } from '../errors.ts'
import type { ConnectionProblem, ConnectionState } from '../machine/status.ts'
import type { Frame, OutgoingFrame } from '../protocol.ts'
import { createSecrets, type Secrets } from './secrets.ts'

/** Pings have neither id nor timestamp. */
export type SentFrame = Pick<OutgoingFrame, 'type' | 'data'>

/** What a connection tells of itself. */
export type OwnEntry =
  | {
      readonly type: 'transition'
      readonly from: ConnectionState
      readonly to: ConnectionState
      readonly cause: string
      readonly problem: ConnectionProblem | null
    }
  /** `url` is without user and query, where secrets travel. */
  | { readonly type: 'dial'; readonly attempt: number; readonly url: string }
  | { readonly type: 'wait'; readonly delayMs: number; readonly attempt: number }
  | { readonly type: 'sent'; readonly frame: SentFrame }
  | { readonly type: 'received'; readonly frame: Frame }
  | { readonly type: 'roundTrip'; readonly latencyMs: number; readonly clockOffsetMs: number | undefined }
  | { readonly type: 'queue'; readonly queued: number }
  | { readonly type: 'quarantine'; readonly error: LiveError; readonly frame: unknown }
  | { readonly type: 'handOver'; readonly from: number; readonly to: number }
  | { readonly type: 'error'; readonly error: LiveError }

export type TransportEntry = { readonly endpoint: string } & OwnEntry

/** Layers above add their own types of entries. */
export interface ForeignEntry {
  readonly type: string
  readonly [field: string]: unknown
}

/** `at`: wall-clock milliseconds. */
export type InspectorEvent = (TransportEntry | ForeignEntry) & { readonly at: number }

export type InspectorListener = (event: InspectorEvent) => void

export interface Inspector extends Secrets {
  /** Somebody listens: for nobody nothing is put together. */
  isInspected(): boolean
  report(entry: TransportEntry | ForeignEntry): void
  inspect(listener: InspectorListener): () => void
}

export function createInspector(environment: Environment): Inspector {
  const listeners = new Set<InspectorListener>()
  const secrets = createSecrets()
  return {
    ...secrets,
    isInspected: () => listeners.size > 0,
    report: (entry) => {
      if (listeners.size === 0) return
      const { type } = entry
      const event = { ...(secrets.clean(entry) as TransportEntry), type, at: environment.wallNow() }
      for (const listener of listeners) {
        try {
          listener(event as InspectorEvent)
        } catch {
          // A broken observer must not break what it observes, and reporting it here would never end.
        }
      }
    },
    inspect: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
