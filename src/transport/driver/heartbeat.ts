/** Notices a connection that is dead without having been closed, and measures the round trip on the way. */

import { askHeads } from '../channels/channelSync.ts'
import { takeHeads } from '../channels/channels.ts'
import { type Connection, publishStatus, tell, writeBare } from '../connection/connection.ts'
import { askForSign, markRead } from '../connection/ping.ts'
import { proveArrival } from '../connection/sending.ts'
import { textOf } from '../protocol.ts'
import { isBehind } from '../wire/arrivals.ts'
import type { WireSocket } from '../wire/socket.ts'
import { loseSocket } from './sockets.ts'

export const PROBE_MS = 2_500
/** How often a server is asked for its heads that does not tell them; the half more is even spread. */
const ASK_HEADS_MS = 60_000

export function startHeartbeat(connection: Connection): void {
  const { heartbeat } = connection
  if (!heartbeat) return
  connection.timers.set('ping', heartbeat.intervalMs, () => {
    sendPing(connection, heartbeat.timeoutMs)
    startHeartbeat(connection)
  })
}

/** Any inbound byte is a sign of life: a busy server may well starve its pongs (rails #42336). */
export function sendPing(connection: Connection, deadlineMs = Number.POSITIVE_INFINITY): void {
  const { environment, current, heard, sendQueue, ping } = connection
  const at = environment.now()
  const dueAt = at + deadlineMs
  // One is out already, and its time is over sooner.
  if (ping?.heard === heard && ping.dueAt <= dueAt) return
  const timestamp = environment.wallNow()
  connection.ping = { timestamp, at, dueAt, heard, order: sendQueue.order }
  writeBare(connection, current, { type: 'ping', data: { timestamp } })
  if (dueAt === Number.POSITIVE_INFINITY) return
  const judge = () => {
    if (connection.heard > heard || !connection.current) return
    // What answers may be among what waits to be read.
    if (isBehind(connection)) return connection.timers.set('pong', deadlineMs, judge)
    loseSocket(connection, connection.current.attempt, {
      cause: 'silent',
      code: 1006,
      reason: 'The server stopped answering',
    })
  }
  connection.timers.set('pong', deadlineMs, judge)
}

/** The last event of a channel leaves no gap behind when it is lost: somebody has to ask. */
export function watchHeads(connection: Connection): void {
  const { environment, timers, heartbeat } = connection
  timers.set('heads', ASK_HEADS_MS * (1 + environment.random() / 2), () => {
    const { heads, level } = connection.current?.greeting ?? {}
    const isTold = heads === true && heartbeat
    if (!isTold && !connection.isHidden && !(Number(textOf(level)) < 2)) askHeads(connection)
    watchHeads(connection)
  })
}

/** Where nobody says whether pings are answered, whatever comes has to do. */
export function takeAnything(connection: Connection, socket: WireSocket): void {
  if (!connection.heartbeat) markRead(connection, socket)
}

export function takePong(connection: Connection, payload: Readonly<Record<string, unknown>>): void {
  const { ping, environment } = connection
  takeHeads(connection, payload.heads)
  // An answer to an older ping would report a round trip that is too short.
  if (!ping || (payload.timestamp !== undefined && payload.timestamp !== ping.timestamp)) return
  const latencyMs = environment.now() - ping.at
  const serverAt = toWallMs(payload.server_time)
  // Server clock minus ours, if the server tells its time.
  const clockOffsetMs = serverAt && serverAt - (environment.wallNow() - latencyMs / 2)
  Object.assign(connection, { ping: undefined, latencyMs })
  proveArrival(connection, ping.order)
  if (markRead(connection, connection.current, ping.order)) askForSign(connection)
  tell(connection, { type: 'roundTrip', latencyMs, clockOffsetMs })
  publishStatus(connection)
}

function toWallMs(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time
  return typeof ms === 'number' && ms > 0 ? ms : undefined
}
