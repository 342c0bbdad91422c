/** An entry of the inspector's log as people read it. */
import { inWords } from '../transport/errors.ts'
import type { InspectorEvent, TransportEntry } from '../transport/index.ts'

export type LogKind = 'frame' | 'connection' | 'problem' | 'other'

export interface LogLine {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** Whose it is: an endpoint, or a client where there are several. */
  readonly source: string
  readonly kind: LogKind
  /** The type of the frame, or of the entry. */
  readonly title: string
  readonly text: string
  /** `sent` and `received` have a direction. */
  readonly direction: 'up' | 'down' | undefined
  /** All that is known, for whoever looks closer. JSON. */
  readonly details: unknown
}

const MAX_LENGTH = 400

const KINDS: Readonly<Record<string, LogKind>> = {
  sent: 'frame',
  received: 'frame',
  transition: 'connection',
  dial: 'connection',
  wait: 'connection',
  roundTrip: 'connection',
  queue: 'connection',
  handOver: 'connection',
  quarantine: 'problem',
  error: 'problem',
  gap: 'problem',
  'channel-reset': 'problem',
  'reducer-error': 'problem',
}

export function lineOf(number: number, event: InspectorEvent, source?: string): LogLine {
  const entry = event as TransportEntry & { readonly at: number }
  const { title, text } = wordsOf(entry)
  return {
    number,
    at: event.at,
    source: source ?? entry.endpoint ?? '',
    kind: KINDS[event.type] ?? 'other',
    title,
    text: text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text,
    direction: event.type === 'sent' ? 'up' : event.type === 'received' ? 'down' : undefined,
    details: event,
  }
}

interface Words {
  readonly title: string
  readonly text: string
}

function wordsOf(entry: TransportEntry): Words {
  if (entry.type === 'sent' || entry.type === 'received') {
    const { type, ...fields } = entry.frame
    return { title: String(type), text: jsonOf(fields) }
  }
  return { title: entry.type, text: textOf(entry) }
}

function textOf(entry: Exclude<TransportEntry, { readonly type: 'sent' | 'received' }>): string {
  switch (entry.type) {
    case 'transition':
      return `${entry.from} → ${entry.to} (${entry.cause})`
    case 'dial':
      return `attempt ${entry.attempt}: ${entry.url}`
    case 'wait':
      return `${Math.round(entry.delayMs)} ms, then attempt ${entry.attempt}`
    case 'roundTrip':
      return `${Math.round(entry.latencyMs)} ms`
    case 'queue':
      return `${entry.queued} waiting`
    case 'handOver':
      return `socket ${entry.from} → ${entry.to}`
    case 'quarantine':
    case 'error':
      return entry.error.message
    default: {
      // Other layers add entries of their own.
      const { type: _type, at: _at, ...fields } = entry as unknown as InspectorEvent
      return jsonOf(fields)
    }
  }
}

/** Errors have nothing that JSON takes by itself. */
const errorFields = (_name: string, value: unknown) =>
  value instanceof Error ? { ...value, message: value.message } : value

export function jsonOf(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, errorFields, indent) ?? String(value)
  } catch (error) {
    // A custom codec may decode to anything, circles and big integers included.
    return `[${inWords(() => error)}]`
  }
}
