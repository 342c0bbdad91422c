/** The ping: it notices a connection that is dead without having been closed, and asks for a sign of what has been read. */
import { isBehind } from '../wire/arrivals.ts'
import type { WireSocket } from '../wire/socket.ts'
import { type Connection, type DialedSocket, writeBare } from './connection.ts'
import { reportLoss } from './loss.ts'

/**
 * Any inbound byte is a sign of life: a busy server may well starve its pongs (rails #42336). Without a deadline nothing
 * happens where it is not answered.
 */
export function sendPing(connection: Connection, deadlineMs = Number.POSITIVE_INFINITY): void {
  const { environment, current, heard, sendQueue, ping, timers } = connection
  const at = environment.now()
  const dueAt = at + deadlineMs
  // One is out already, and its time is over sooner.
  if (ping?.heard === heard && ping.dueAt <= dueAt) return
  const timestamp = environment.wallNow()
  connection.ping = { timestamp, at, dueAt, heard, order: sendQueue.order }
  writePing(connection, current, timestamp)
  if (dueAt === Number.POSITIVE_INFINITY) return
  const judge = () => {
    if (connection.heard > heard || !connection.current) return
    // What answers may be among what waits to be read.
    if (isBehind(connection)) return timers.set('pong', deadlineMs, judge)
    reportLoss(connection, connection.current.attempt, {
      cause: 'silent',
      code: 1006,
      reason: 'The server stopped answering',
    })
  }
  timers.set('pong', deadlineMs, judge)
}

/** Of those without an answer; a busy server may leave out many. */
const MAX_PINGS = 8

/** Pongs come in the order of the pings. */
export function writePing(connection: Connection, to: DialedSocket | undefined, timestamp: number): void {
  if (to && to.pings.push(timestamp) > MAX_PINGS) to.pings.shift()
  writeBare(connection, to, { type: 'ping', data: { timestamp } })
}

/** Which ping it answers; where it does not say, the oldest. Those before it will not be answered any more. */
export function countPong({ pings }: DialedSocket, timestamp: unknown): void {
  pings.splice(0, Math.max(pings.indexOf(timestamp as number), 0) + 1)
}

/** A ping whose silence counts where pings are known to be answered: not with heartbeats switched off. */
export function sendHeartbeat(connection: Connection): void {
  const { heartbeat } = connection
  sendPing(connection, heartbeat ? heartbeat.timeoutMs : undefined)
}

/** One at a time: a ping that replaced another would put off the moment at which silence is noticed. */
export function askForSign(connection: Connection): void {
  if (connection.current?.isOpen() && !connection.ping) sendHeartbeat(connection)
}

/** The server has read what was written to this socket up to here. Tells whether there is more that wants to know. */
export function markRead(
  { sendQueue }: Connection,
  socket: WireSocket | undefined,
  order = Number.POSITIVE_INFINITY,
): boolean {
  const open = [...sendQueue.unanswered.values()].filter(
    (queued) => queued.onRead && queued.socket === socket,
  )
  for (const queued of open) if (queued.order <= order) queued.onRead?.()
  return open.some((queued) => queued.order > order)
}
