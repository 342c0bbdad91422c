/** Notices a connection that is dead without having been closed, and measures the round trip on the way. */

import { askHeads } from '../channels/channelSync.ts'
import { takeHeads } from '../channels/channels.ts'
import { prove } from '../connection/outbox.ts'
import { publishStatus, type Shell, tell, writeBare } from '../connection/shell.ts'
import { askForSign, markRead } from '../connection/signs.ts'
import { textOf } from '../protocol.ts'
import { isBehind } from '../wire/arrivals.ts'
import type { Link } from '../wire/link.ts'
import { lose } from './sockets.ts'

export const PROBE_MS = 2_500
/** How often a server is asked for its heads that does not tell them; the half more is even spread. */
const ASK_HEADS_MS = 60_000

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
  const judge = () => {
    if (shell.heard > heard || !shell.current) return
    // What answers may be among what waits to be read.
    if (isBehind(shell)) return shell.timers.set('pong', deadlineMs, judge)
    lose(shell, shell.current.attempt, {
      cause: 'silent',
      code: 1006,
      reason: 'The server stopped answering',
    })
  }
  shell.timers.set('pong', deadlineMs, judge)
}

/** The last event of a channel leaves no gap behind when it is lost: somebody has to ask. */
export function watchHeads(shell: Shell): void {
  const { environment, timers, heartbeat } = shell
  timers.set('heads', ASK_HEADS_MS * (1 + environment.random() / 2), () => {
    const { heads, level } = shell.current?.greeting ?? {}
    const isTold = heads === true && heartbeat
    if (!isTold && !shell.isHidden && !(Number(textOf(level)) < 2)) askHeads(shell)
    watchHeads(shell)
  })
}

/** Where nobody says whether pings are answered, whatever comes has to do. */
export function takeAnything(shell: Shell, link: Link): void {
  if (!shell.heartbeat) markRead(shell, link)
}

export function takePong(shell: Shell, payload: Readonly<Record<string, unknown>>): void {
  const { ping, environment } = shell
  takeHeads(shell, payload.heads)
  // An answer to an older ping would report a round trip that is too short.
  if (!ping || (payload.timestamp !== undefined && payload.timestamp !== ping.timestamp)) return
  const latencyMs = environment.now() - ping.at
  const serverAt = toWallMs(payload.server_time)
  // Server clock minus ours, if the server tells its time.
  const clockOffsetMs = serverAt && serverAt - (environment.wallNow() - latencyMs / 2)
  Object.assign(shell, { ping: undefined, latencyMs })
  prove(shell, ping.order)
  if (markRead(shell, shell.current, ping.order)) askForSign(shell)
  tell(shell, { type: 'roundTrip', latencyMs, clockOffsetMs })
  publishStatus(shell)
}

function toWallMs(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time
  return typeof ms === 'number' && ms > 0 ? ms : undefined
}
