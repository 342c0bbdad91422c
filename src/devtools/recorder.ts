/** Keeps the last entries of the inspector's log. They hold no secret: the inspector has taken those out. */
import type { ForeignEntry, InspectorEvent, TransportEntry, WebSocketManager } from '../transport/index.ts'

/** An entry of the log with its place in it; numbers only grow. */
export interface LogEntry {
  readonly number: number
  readonly event: InspectorEvent
}

/** What this tab is among those of its user at one server. */
export interface TabsRow {
  readonly server: string
  readonly role: string
  readonly leader: string
}

export interface Recorder {
  /** Oldest first. */
  entries(): readonly LogEntry[]
  /** How far the server's clock is ahead, by the last round trip that told. Milliseconds. */
  clockOffsetMs(endpoint: string): number | undefined
  /** Which tab has the connection, where tabs share one. */
  tabs(): readonly TabsRow[]
  clear(): void
  subscribe(listener: () => void): () => void
}

const LIMIT = 1_000

export function createRecorder(manager: Pick<WebSocketManager, 'inspect'>, limit = LIMIT): Recorder {
  const listeners = new Set<() => void>()
  const offsets = new Map<string, number>()
  const tabs = new Map<string, TabsRow>()
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
    if (event.type === 'tabs') noteTabs(tabs, event as ForeignEntry)
    tell()
  })
  return {
    entries: () => entries.slice(-limit),
    clockOffsetMs: (endpoint) => offsets.get(endpoint),
    tabs: () => [...tabs.values()],
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

function noteTabs(tabs: Map<string, TabsRow>, { server, user, role, leader = '' }: ForeignEntry): void {
  const group = `${server} ${user}`
  if (role === 'out') tabs.delete(group)
  else tabs.set(group, { server: String(server), role: String(role), leader: String(leader) })
}
