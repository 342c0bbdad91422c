/**
 * The story's side of the network panel: does to the servers what the panel asks for, and tells it what the clients'
 * inspectors say. In a story without a panel it only keeps a short log.
 */
import { addons } from 'storybook/preview-api'
import type { Chat } from '../../src/chat/index.ts'
import { jsonOf, type LogLine, lineOf } from '../../src/devtools/logLine.ts'
import type { ConnectionRow } from '../../src/devtools/useLiveReport.ts'
import type { ChatServer } from '../../src/testing/index.ts'
import type { TransportEntry } from '../../src/transport/index.ts'
import { type Accident, ASK, HAPPEN, type Knobs, type NetworkReport, REPORT, SET } from './messages.ts'

const LOG_LINES = 500
const REPORT_EVERY_MS = 200
const DOWN_MS = 8_000

const servers = new Set<ChatServer>()
const clients = new Map<Chat, Client>()
let log: readonly LogLine[] = []
let count = 0
/** The first line that no panel has been told of. */
let untold = 0
let isReportDue = false

interface Client {
  readonly user: string
  clockOffsetMs: number | null
}

/** Puts a server under the panel's control. Returns what ends that. */
export function controlServer(server: ChatServer): () => void {
  servers.add(server)
  reportSoon()
  return () => {
    servers.delete(server)
    reportSoon()
  }
}

/** Shows in the panel what this client does. Returns what ends that. */
export function watchClient(user: string, chat: Chat): () => void {
  const client: Client = { user, clockOffsetMs: null }
  clients.set(chat, client)
  const stopState = chat.manager.store.subscribe(reportSoon)
  const stopLog = chat.manager.inspect((event) => {
    count += 1
    // Plain data: the panel lives in another window.
    const line = { ...lineOf(count, event, user), details: JSON.parse(jsonOf(event)) as unknown }
    log = [...log, line].slice(-LOG_LINES)
    const entry = event as TransportEntry
    if (entry.type === 'roundTrip') client.clockOffsetMs = entry.clockOffsetMs ?? null
    reportSoon()
  })
  return () => {
    stopState()
    stopLog()
    clients.delete(chat)
    if (clients.size === 0) forgetLog()
    reportSoon()
  }
}

/** The next report replaces whatever a panel shows. */
function forgetLog(): void {
  log = []
  untold = 0
}

const ACCIDENTS = {
  'half-open': ({ faults }) => faults.halfOpen(),
  disconnect: ({ faults }) => faults.disconnectAll(),
  restart: ({ faults }) => faults.restart({ downMs: DOWN_MS }),
  refuse: ({ faults }) =>
    faults.rejectNext('chat_message', { code: 'forbidden', message: 'Refused', retryable: false }),
} as const satisfies Record<Accident, (server: ChatServer) => void>

function listen(): void {
  const channel = addons.getChannel()
  channel.on(ASK, () => {
    untold = 0
    report()
  })
  channel.on(SET, (knobs: Partial<Knobs>) => {
    for (const { faults } of servers) Object.assign(faults, knobs)
    reportSoon()
  })
  channel.on(HAPPEN, (accident: Accident) => {
    for (const server of servers) ACCIDENTS[accident](server)
  })
}

/** At most five times a second, however much happens. */
function reportSoon(): void {
  if (isReportDue) return
  isReportDue = true
  setTimeout(() => {
    isReportDue = false
    report()
  }, REPORT_EVERY_MS)
}

function report(): void {
  const lines = log.filter(({ number }) => number >= untold)
  const now: NetworkReport = { knobs: knobs(), clients: clientRows(), lines, from: untold }
  untold = count + 1
  addons.getChannel().emit(REPORT, now)
}

function knobs(): Knobs | undefined {
  const [server] = servers
  if (!server) return undefined
  const { latencyMs, drop, duplicate, reorder, skewClockMs } = server.faults
  return { latencyMs, drop, duplicate, reorder, skewClockMs }
}

const clientRows = (): ConnectionRow[] =>
  [...clients].map(([chat, { user, clockOffsetMs }]) => {
    const { state, reconnectAttempts, latencyMs, queued, error } = chat.manager.store.getState()
    return { name: user, state, attempts: reconnectAttempts, latencyMs, clockOffsetMs, queued, error }
  })

void addons.ready().then(listen)
