/** The one log of everything that happens. Debug output, devtools, metrics and tests read it; it holds no secret. */
import type { ConnectionState } from './connectionMachine.ts'
import type { Environment } from './environment.ts'
import type { LiveError } from './errors.ts'
import type { ConnectionProblem } from './lossPolicy.ts'
import { type Frame, isRecord, type OutgoingFrame } from './protocol.ts'

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
  /** `url` is without its query, where tokens travel. */
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

export interface Inspector {
  report(entry: TransportEntry | ForeignEntry): void
  inspect(listener: InspectorListener): () => void
  /** From now on this text appears in no entry. */
  keepSecret(secret: string): void
  /** For text from outside that is shown elsewhere too. */
  clean(text: string): string
}

const MAX_SECRETS = 8
/** Something shorter is a name that a test signs in with: taken out as a word, not out of the middle of others. */
const NO_WORD_LENGTH = 6
const SECRET_FIELD = /token|password|secret|authorization/i
const REDACTED = '[redacted]'

export function createInspector(environment: Environment): Inspector {
  const listeners = new Set<InspectorListener>()
  let secrets: readonly RegExp[] = []
  return {
    report: (entry) => {
      if (listeners.size === 0) return
      const event = { ...(redact(entry, secrets) as TransportEntry), at: environment.wallNow() }
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          // A broken observer must not break what it observes, and reporting it here would never end.
        }
      }
    },
    inspect: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    clean: (text) => redact(text, secrets) as string,
    keepSecret: (secret) => {
      const quoted = secret.replace(/\W/g, '\\$&')
      const source = secret.length < NO_WORD_LENGTH ? `\\b${quoted}\\b` : quoted
      const others = secrets.filter((one) => one.source !== source)
      secrets = [new RegExp(source, 'g'), ...others].slice(0, MAX_SECRETS)
    },
  }
}

function redact(value: unknown, secrets: readonly RegExp[]): unknown {
  if (typeof value === 'string')
    return secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), value)
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets))
  // Errors and other class instances are ours or the platform's, and are built without secrets.
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    SECRET_FIELD.test(name) && typeof field === 'string' ? REDACTED : redact(field, secrets),
  ])
  return Object.fromEntries(fields)
}
