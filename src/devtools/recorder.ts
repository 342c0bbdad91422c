/** Keeps the last entries of the inspector's log. They hold no secret: the inspector has taken those out. */
import type { InspectorEvent, TransportEntry, WebSocketManager } from '../transport/index.ts'

/** An entry of the log with its place in it; numbers only grow. */
export interface LogEntry {
  readonly number: number
  readonly event: InspectorEvent
}

export interface Recorder {
  /** Oldest first. */
  entries(): readonly LogEntry[]
  /** How far the server's clock is ahead, by the last round trip that told. Milliseconds. */
  clockOffsetMs(endpoint: string): number | undefined
  clear(): void
  subscribe(listener: () => void): () => void
}

const LIMIT = 1_000

export function createRecorder(manager: Pick<WebSocketManager, 'inspect'>, limit = LIMIT): Recorder {
  const listeners = new Set<() => void>()
  const offsets = new Map<string, number>()
  let entries: LogEntry[] = []
  let count = 0
  const tell = () => {
    for (const listener of listeners) listener()
  }
  manager.inspect((event) => {
    // What the former user has said and heard is not for the next one.
    if (event.type === 'userChanged') entries = []
    entries.push({ number: ++count, event })
    // In slices: moving the whole log for every frame would cost more than the frame.
    if (entries.length >= 2 * limit) entries = entries.slice(-limit)
    const entry = event as TransportEntry
    if (entry.type === 'roundTrip' && entry.clockOffsetMs !== undefined) {
      offsets.set(entry.endpoint, entry.clockOffsetMs)
    }
    tell()
  })
  return {
    entries: () => entries.slice(-limit),
    clockOffsetMs: (endpoint) => offsets.get(endpoint),
    clear() {
      entries = []
      tell()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
