/** Turns the inspector's log into lines for people: one for every entry, whoever made it and whatever it lacks. */
import type { InspectorEvent, OwnEntry } from './inspector.ts'

export type Logger = (message: string, ...details: readonly unknown[]) => void

type Line = readonly [message: string, ...details: readonly unknown[]]

const LINES: { readonly [T in OwnEntry['type']]: (entry: Extract<OwnEntry, { type: T }>) => Line } = {
  dial: ({ url }) => ['Connecting to WebSocket...', url],
  transition: ({ from, to, cause, problem }) =>
    to === 'CONNECTED'
      ? ['WebSocket connected successfully']
      : [`${from} → ${to} (${cause})`, ...(problem ? [problem] : [])],
  wait: ({ delayMs, attempt }) => [`Reconnecting in ${Math.round(delayMs)} ms (attempt ${attempt})`],
  sent: ({ frame }) => (frame.type === 'ping' ? ['Heartbeat ping sent'] : ['Message sent:', frame]),
  received: ({ frame }) =>
    frame.type === 'pong' ? ['Heartbeat pong received'] : ['Message received:', frame],
  roundTrip: ({ latencyMs }) => [`Round trip took ${Math.round(latencyMs)} ms`],
  queue: ({ queued }) => [`Waiting to be sent: ${queued}`],
  handOver: ({ from, to }) => [`Socket ${to} takes over from ${from}`],
  quarantine: ({ error, frame }) => [`Bad frame dropped: ${error.message}`, frame],
  error: ({ error }) => [error.message, error],
}

export function createDebugListener(log: Logger): (event: InspectorEvent) => void {
  let last: Entry | undefined
  return (event) => {
    const { at, ...entry } = event as InspectorEvent & Entry
    const isTold = last !== undefined && isSaidBy(last, entry)
    last = entry
    if (isTold) return
    const [message, ...details] = lineOf(entry)
    log(`[WebSocketManager] ${message}`, ...details)
  }
}

interface Entry {
  readonly type: string
  readonly error?: unknown
  readonly frame?: unknown
}

/** What something is an error of comes before it, as does the pong before the round trip that it ends. */
function isSaidBy({ error, frame }: Entry, next: Entry): boolean {
  if (next.type === 'error') return error !== undefined && next.error === error
  return next.type === 'roundTrip' && (frame as { readonly type?: unknown })?.type === 'pong'
}

function lineOf({ type, ...entry }: Entry): Line {
  const line = Object.hasOwn(LINES, type) ? LINES[type as OwnEntry['type']] : undefined
  try {
    // Not of a connection: the layers above have kinds of their own, and may use these names.
    if (line && (type !== 'quarantine' || entry.frame !== undefined)) return line(entry as never)
  } catch {
    // It lacks what such an entry has; then it is told as it is.
  }
  const { error, ...fields } = entry as { readonly error?: Partial<Error> }
  return [error?.message ? `${type}: ${error.message}` : type, fields]
}
