/**
 * The story's side of the network panel: does to the servers what the panel asks for, and tells it what the clients'
 * inspectors say. In a story without a panel it only keeps a short log.
 */
import { addons } from 'storybook/preview-api'
import type { Chat } from '../../src/chat/index.ts'
import type { ChatServer } from '../../src/testing/index.ts'
import { logText } from './logText.ts'
import {
  type Accident,
  ASK,
  type ClientReport,
  HAPPEN,
  type Knobs,
  type LogLine,
  type NetworkReport,
  REPORT,
  SET,
} from './messages.ts'

const LOG_LINES = 200
const REPORT_EVERY_MS = 200
const DOWN_MS = 8_000

const servers = new Set<ChatServer>()
const clients = new Map<Chat, string>()
let log: readonly LogLine[] = []
let count = 0
let isReportDue = false

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
  clients.set(chat, user)
  const stopState = chat.manager.store.subscribe(reportSoon)
  const stopLog = chat.manager.inspect((event) => {
    count += 1
    const line = { number: count, at: event.at, user, type: event.type, text: logText(event) }
    log = [...log, line].slice(-LOG_LINES)
    reportSoon()
  })
  return () => {
    stopState()
    stopLog()
    clients.delete(chat)
    if (clients.size === 0) log = []
    reportSoon()
  }
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
  channel.on(ASK, report)
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
  const now: NetworkReport = { knobs: knobs(), clients: clientReports(), log }
  addons.getChannel().emit(REPORT, now)
}

function knobs(): Knobs | undefined {
  const [server] = servers
  if (!server) return undefined
  const { latencyMs, drop, duplicate, reorder, skewClockMs } = server.faults
  return { latencyMs, drop, duplicate, reorder, skewClockMs }
}

const clientReports = (): ClientReport[] =>
  [...clients].map(([chat, user]) => {
    const { state, reconnectAttempts, latencyMs, queued } = chat.manager.store.getState()
    return { user, state, attempts: reconnectAttempts, latencyMs, queued }
  })

void addons.ready().then(listen)
