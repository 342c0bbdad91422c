/** Pings at an interval, and what their pongs tell: the round trip, what has arrived, where the channels stand. */
import { askHeads } from '../channels/channelSync.ts'
import { takeHeads } from '../channels/channels.ts'
import { publishStatus, tell } from '../connection/connection.ts'
import { askForSign, markRead, sendPing } from '../connection/ping.ts'
import { proveArrival } from '../connection/unanswered.ts'
import { textOf } from '../protocol.ts'
import type { DrivenConnection } from './drivenConnection.ts'

/** How often a server is asked for its heads that does not tell them; the half more is even spread. */
const ASK_HEADS_MS = 60_000

export function startHeartbeat(connection: DrivenConnection): void {
  const { heartbeat } = connection
  if (!heartbeat) return
  connection.timers.set('ping', heartbeat.intervalMs, () => {
    sendPing(connection, heartbeat.timeoutMs)
    startHeartbeat(connection)
  })
}

/** The last event of a channel leaves no gap behind when it is lost: somebody has to ask. */
export function watchHeads(connection: DrivenConnection): void {
  const { environment, timers, heartbeat } = connection
  timers.set('heads', ASK_HEADS_MS * (1 + environment.random() / 2), () => {
    const { heads, level } = connection.current?.greeting ?? {}
    const isTold = heads === true && heartbeat
    if (!isTold && !connection.isHidden && !(Number(textOf(level)) < 2)) askHeads(connection)
    watchHeads(connection)
  })
}

export function takePong(connection: DrivenConnection, payload: Readonly<Record<string, unknown>>): void {
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
