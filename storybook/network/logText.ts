/** An entry of the inspector's log in one line. */
import type { InspectorEvent, TransportEntry } from '../../src/transport/index.ts'

const MAX_LENGTH = 240

export function logText(event: InspectorEvent): string {
  const text = textOf(event as TransportEntry)
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}

function textOf(entry: TransportEntry): string {
  switch (entry.type) {
    case 'transition':
      return `${entry.from} → ${entry.to} (${entry.cause})`
    case 'dial':
      return `attempt ${entry.attempt}: ${entry.url}`
    case 'wait':
      return `${Math.round(entry.delayMs)} ms, then attempt ${entry.attempt}`
    case 'sent':
    case 'received':
      return JSON.stringify(entry.frame)
    case 'roundTrip':
      return `${Math.round(entry.latencyMs)} ms`
    case 'queue':
      return `${entry.queued} waiting`
    case 'quarantine':
    case 'error':
      return entry.error.message
    default: {
      // Other layers add entries of their own.
      const { type: _type, at: _at, endpoint: _endpoint, ...fields } = entry as unknown as InspectorEvent
      return JSON.stringify(fields)
    }
  }
}
