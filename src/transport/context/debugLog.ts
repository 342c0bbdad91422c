/** Turns the inspector's log into lines for people. */
import type { InspectorEvent, OwnEntry } from './inspector.ts'

export type Logger = (message: string, ...details: readonly unknown[]) => void

type Line = readonly [message: string, ...details: readonly unknown[]]

/** Entries without a line are for machines. */
const LINES: { readonly [T in OwnEntry['type']]?: (entry: Extract<OwnEntry, { type: T }>) => Line } = {
  dial: ({ url }) => ['Connecting to WebSocket...', url],
  transition: ({ from, to, cause, problem }) =>
    to === 'CONNECTED'
      ? ['WebSocket connected successfully']
      : [`${from} → ${to} (${cause})`, ...(problem ? [problem] : [])],
  wait: ({ delayMs, attempt }) => [`Reconnecting in ${Math.round(delayMs)} ms (attempt ${attempt})`],
  sent: ({ frame }) => (frame.type === 'ping' ? ['Heartbeat ping sent'] : ['Message sent:', frame]),
  received: ({ frame }) =>
    frame.type === 'pong' ? ['Heartbeat pong received'] : ['Message received:', frame],
  quarantine: ({ error, frame }) => [`Bad frame dropped: ${error.message}`, frame],
  error: ({ error }) => [error.message, error],
}

export function createDebugListener(log: Logger): (event: InspectorEvent) => void {
  return (event) => {
    const [message, ...details] = LINES[event.type as OwnEntry['type']]?.(event as never) ?? []
    if (message) log(`[WebSocketManager] ${message}`, ...details)
  }
}
