/** Notices a connection that is dead without having been closed, and measures the round trip on the way. */
import { prove } from './outbox.ts'
import { publishStatus, type Shell, tell, writeBare } from './shell.ts'
import { lose } from './sockets.ts'

export const PROBE_MS = 2_500

export function startHeartbeat(shell: Shell): void {
  const { heartbeat } = shell
  if (!heartbeat) return
  shell.timers.set('ping', heartbeat.intervalMs, () => {
    sendPing(shell, heartbeat.timeoutMs)
    startHeartbeat(shell)
  })
}

/** Any inbound byte is a sign of life: a busy server may well starve its pongs (rails #42336). */
export function sendPing(shell: Shell, deadlineMs = Number.POSITIVE_INFINITY): void {
  const { environment, current, heard, outbox, ping } = shell
  const at = environment.now()
  const dueAt = at + deadlineMs
  // One is out already, and its time is over sooner.
  if (ping?.heard === heard && ping.dueAt <= dueAt) return
  const timestamp = environment.wallNow()
  shell.ping = { timestamp, at, dueAt, heard, order: outbox.order }
  writeBare(shell, current, { type: 'ping', data: { timestamp } })
  if (dueAt === Number.POSITIVE_INFINITY) return
  shell.timers.set('pong', deadlineMs, () => {
    if (shell.heard > heard || !shell.current) return
    lose(shell, shell.current.attempt, {
      cause: 'silent',
      code: 1006,
      reason: 'The server stopped answering',
    })
  })
}

export function takePong(shell: Shell, payload: Readonly<Record<string, unknown>>): void {
  const { ping, environment } = shell
  // An answer to an older ping would report a round trip that is too short.
  if (!ping || (payload.timestamp !== undefined && payload.timestamp !== ping.timestamp)) return
  const latencyMs = environment.now() - ping.at
  const serverAt = toWallMs(payload.server_time)
  // Server clock minus ours, if the server tells its time.
  const clockOffsetMs = serverAt && serverAt - (environment.wallNow() - latencyMs / 2)
  Object.assign(shell, { ping: undefined, latencyMs })
  prove(shell, ping.order)
  tell(shell, { type: 'roundTrip', latencyMs, clockOffsetMs })
  publishStatus(shell)
}

function toWallMs(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time
  return typeof ms === 'number' && ms > 0 ? ms : undefined
}
