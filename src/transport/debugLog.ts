/** Turns the inspector's log into lines for people. */
import type { InspectorEvent, TransportEntry } from './inspector.ts'

export type Logger = (message: string, details?: unknown) => void

const PREFIX = '[WebSocketManager] '

export function consoleLogger(message: string, details?: unknown): void {
  if (details === undefined) console.log(message)
  else console.log(message, details)
}

export function isDebugDefault(): boolean {
  try {
    return process.env.NODE_ENV === 'development'
  } catch {
    // No `process` in a plain browser, and no bundler that would have replaced it.
    return false
  }
}

export function createDebugListener(log: Logger): (event: InspectorEvent) => void {
  return (event) => {
    const [message, details] = describe(event as TransportEntry)
    if (message) log(PREFIX + message, details)
  }
}

function describe(entry: TransportEntry): readonly [string?, unknown?] {
  switch (entry.type) {
    case 'dial':
      return ['Connecting to WebSocket...', entry.url]
    case 'transition':
      if (entry.to === 'CONNECTED') return ['WebSocket connected successfully']
      return [`${entry.from} → ${entry.to} (${entry.cause})`, entry.problem ?? undefined]
    case 'wait':
      return [`Reconnecting in ${Math.round(entry.delayMs)} ms (attempt ${entry.attempt})`]
    case 'sent':
      return entry.frame.type === 'ping' ? ['Heartbeat ping sent'] : ['Message sent:', entry.frame]
    case 'received':
      return entry.frame.type === 'pong' ? ['Heartbeat pong received'] : ['Message received:', entry.frame]
    case 'quarantine':
      return [`Bad frame dropped: ${entry.error.message}`, entry.frame]
    case 'error':
      return [entry.error.message, entry.error]
    default:
      return []
  }
}
