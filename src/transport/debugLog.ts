/** Turns the inspector's log into lines for people. */
import type { InspectorEvent, OwnEntry } from './inspector.ts'

export type Logger = (message: string, details?: unknown) => void

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

type Line = readonly [message: string, details?: unknown]

/** Entries without a line are for machines. */
const LINES: { readonly [T in OwnEntry['type']]?: (entry: Extract<OwnEntry, { type: T }>) => Line } = {
  dial: ({ url }) => ['Connecting to WebSocket...', url],
  transition: ({ from, to, cause, problem }) =>
    to === 'CONNECTED'
      ? ['WebSocket connected successfully']
      : [`${from} → ${to} (${cause})`, problem ?? undefined],
  wait: ({ delayMs, attempt }) => [`Reconnecting in ${Math.round(delayMs)} ms (attempt ${attempt})`],
  sent: ({ frame }) => (frame.type === 'ping' ? ['Heartbeat ping sent'] : ['Message sent:', frame]),
  received: ({ frame }) =>
    frame.type === 'pong' ? ['Heartbeat pong received'] : ['Message received:', frame],
  quarantine: ({ error, frame }) => [`Bad frame dropped: ${error.message}`, frame],
  error: ({ error }) => [error.message, error],
}

export function createDebugListener(log: Logger): (event: InspectorEvent) => void {
  return (event) => {
    const [message, details] = LINES[event.type as OwnEntry['type']]?.(event as never) ?? []
    if (message) log(`[WebSocketManager] ${message}`, details)
  }
}
