/** Everything the panel shows, read again at most five times a second, however much happens. */
import type { QueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { inspectQueries, type LiveReport } from '../query/live/inspection.ts'
import type { ConnectionState, WebSocketManager } from '../transport/index.ts'
import { type LogLine, lineOf } from './logLine.ts'
import type { LogEntry, Recorder, TabsRow } from './recorder.ts'

export interface ConnectionRow {
  readonly name: string
  readonly state: ConnectionState
  readonly attempts: number
  readonly latencyMs: number | null
  /** How far the server's clock is ahead. */
  readonly clockOffsetMs: number | null
  readonly queued: number
  readonly error: { readonly reason: string } | null
}

export interface Sources {
  readonly manager: Pick<WebSocketManager, 'store'>
  readonly recorder: Recorder
  readonly queryClient: QueryClient | undefined
}

export interface Report {
  readonly connections: readonly ConnectionRow[]
  /** `undefined` without a QueryClient. */
  readonly live: LiveReport | undefined
  readonly tabs: readonly TabsRow[]
  /** Oldest first. */
  readonly lines: readonly LogLine[]
}

const READ_EVERY_MS = 200

export function useLiveReport({ manager, recorder, queryClient }: Sources): Report {
  const sources = useMemo(() => ({ manager, recorder, queryClient }), [manager, recorder, queryClient])
  const [report, setReport] = useState(() => read(sources))
  useEffect(() => follow(sources, () => setReport(read(sources))), [sources])
  return report
}

function follow({ manager, recorder, queryClient }: Sources, tell: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tellSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      tell()
    }, READ_EVERY_MS)
  }
  // Something may have happened between the first rendering and this.
  tellSoon()
  const stops = [
    recorder.subscribe(tellSoon),
    manager.store.subscribe(tellSoon),
    queryClient?.getQueryCache().subscribe(tellSoon),
    queryClient?.getMutationCache().subscribe(tellSoon),
  ]
  return () => {
    for (const stop of stops) stop?.()
    clearTimeout(timer)
  }
}

function read({ manager, recorder, queryClient }: Sources): Report {
  const connections = Object.entries(manager.store.getState().connections)
  return {
    connections: connections.map(([name, status]) => ({
      ...status,
      name,
      attempts: status.reconnectAttempts,
      clockOffsetMs: recorder.clockOffsetMs(name) ?? null,
    })),
    live: queryClient && inspectQueries(queryClient),
    tabs: recorder.tabs(),
    lines: recorder.entries().map(lineFor),
  }
}

const lines = new WeakMap<LogEntry, LogLine>()

/** Made once per entry: an unchanged row of the log renders nothing. */
function lineFor(entry: LogEntry): LogLine {
  const line = lines.get(entry) ?? lineOf(entry.number, entry.event)
  lines.set(entry, line)
  return line
}
