/** The sockets of one connection: which one carries it, how the next one takes over, and what is left without any. */
import { deliverEvents, downChannels, moveChannels, resetChannels } from '../channels/channels.ts'
import { createFrame, inSlices, obstacleOf, socketOf, tell, writeBare } from '../connection/connection.ts'
import { askForGreeting, endGreeting } from '../connection/greeting.ts'
import { type LossReport, reportLoss } from '../connection/loss.ts'
import { writePing } from '../connection/ping.ts'
import { dropFrames, flushQueue } from '../connection/sending.ts'
import { requeueUnanswered } from '../connection/unanswered.ts'
import { attemptOf, dialOf } from '../machine/connectionMachine.ts'
import { forgetArrivals } from '../wire/arrivals.ts'
import { createHandOver } from '../wire/handOver.ts'
import type { DrivenConnection } from './drivenConnection.ts'

/** Only now is the connection trusted again; accept-then-close servers never get that far. */
const UPTIME_MS = 10_000
/** How long two sockets may be open at once. */
const HAND_OVER_MS = 2_500
const RENEWAL_MARGIN_MS = 30_000
/** Between one renewal and the next, and how much more with every one; a minute without any, and it starts anew. */
const RENEWAL_REST_MS = 10_000
/** As many restarts of servers, one after the other, are followed without a rest. */
const FREE_RENEWALS = 2
const MAX_RENEWAL_REST_MS = 30_000

/** No socket outlives its use. */
export function sweepSockets(connection: DrivenConnection): void {
  const { state, sockets, handOver } = connection
  for (const [attempt, socket] of sockets) {
    if (attempt === attemptOf(state) || attempt === dialOf(state) || attempt === handOver?.from) continue
    socket.close()
    sockets.delete(attempt)
  }
  forgetArrivals(connection, (attempt) => !sockets.has(attempt))
}

/** From now on frames go out through this socket. */
export function adoptSocket(connection: DrivenConnection, attempt: number): void {
  const { environment, timers, sendQueue, sockets } = connection
  const current = sockets.get(attempt)
  if (!current) return
  const { token, firstFrame } = current
  Object.assign(connection, { current, ping: undefined, lastConnectedAt: environment.wallNow() })
  sendQueue.isPaused = false
  if (firstFrame) writeBare(connection, current, createFrame(connection, firstFrame.type, firstFrame.data))
  timers.set('uptime', UPTIME_MS, () => connection.raise({ type: 'settled', attempt, step: 'uptime' }))
  timers.clear('renewal')
  connection.renewAt = Number.POSITIVE_INFINITY
  if (connection.greetingWaiters.size > 0) askForGreeting(connection)
  // Ahead of the expiry by 30 s or a tenth of what is left, so that a refresh that fails can be tried again.
  const leftMs = (token && connection.lifeLeft(token)) || 0
  const delayMs = leftMs - Math.max(RENEWAL_MARGIN_MS, leftMs / 10)
  // Too short-lived to be renewed: the server will say when it is over.
  if (delayMs > 0) renewIn(connection, delayMs, true)
}

/** Not as often as a server may ask for it, or as a clock that is wrong makes it look; and no later than it is due already. */
export function renewIn(connection: DrivenConnection, delayMs: number, refresh: boolean): void {
  const { environment, timers, raise } = connection
  const sinceMs = environment.now() - connection.renewedAt
  if (sinceMs > 2 * MAX_RENEWAL_REST_MS) connection.renewals = 0
  const rests = refresh ? connection.renewals : Math.max(connection.renewals - FREE_RENEWALS, 0)
  const restMs = Math.min(rests * RENEWAL_REST_MS, MAX_RENEWAL_REST_MS) - sinceMs
  const renewAt = environment.now() + Math.max(delayMs, restMs)
  if (renewAt >= connection.renewAt) return
  connection.renewAt = renewAt
  timers.set('renewal', renewAt - environment.now(), () => {
    connection.renewals++
    connection.renewedAt = environment.now()
    connection.renewsToken = refresh
    connection.renewAt = Number.POSITIVE_INFINITY
    raise({ type: 'renew', refresh })
  })
}

export function startHandOver(connection: DrivenConnection, from: number, to: number): void {
  finishHandOver(connection, false)
  const handOver = createHandOver(from, connection.overlap)
  connection.handOver = handOver
  connection.overlap = []
  adoptSocket(connection, to)
  tell(connection, { type: 'handOver', from, to })
  const breakOff = () => finishHandOver(connection, false)
  connection.timers.set('handOver', HAND_OVER_MS, breakOff)
  moveChannels(connection).then(() => {
    if (connection.handOver !== handOver) return
    // Its pong comes behind everything that the old socket still had to deliver.
    handOver.isMarked = true
    writePing(connection, connection.sockets.get(from), connection.environment.wallNow())
  }, breakOff)
}

/** `isComplete: false`: nobody can tell whether something was missed in between. */
export function finishHandOver(connection: DrivenConnection, isComplete: boolean): void {
  const { handOver, sockets } = connection
  if (!handOver) return
  const old = sockets.get(handOver.from)
  endHandOver(connection)
  if (old) requeueUnanswered(connection, old)
  if (!connection.current) return
  const { attempt } = connection.current
  flushQueue(connection)
  inSlices(connection, handOver.finish(), {
    isOver: () => !socketOf(connection, attempt),
    onSlice: (events) => deliverEvents(connection, events),
    onEnd() {
      if (!isComplete) resetChannels(connection)
    },
  })
}

/** The old socket is heard no more. */
export function endHandOver(connection: DrivenConnection): void {
  connection.handOver = undefined
  connection.timers.clear('handOver')
  sweepSockets(connection)
}

export function loseSocket(connection: DrivenConnection, attempt: number, report: LossReport): void {
  if (attempt === connection.handOver?.from) finishHandOver(connection, true)
  reportLoss(connection, attempt, report)
}

/** No socket carries the connection any more, or nobody hopes for one. */
export function goDown(connection: DrivenConnection): void {
  const { timers, state, current } = connection
  timers.clear('heads', 'ping', 'pong', 'uptime', 'renewal', 'greeting')
  Object.assign(connection, { current: undefined, ping: undefined })
  if (current) requeueUnanswered(connection, current)
  finishHandOver(connection, false)
  const obstacle = obstacleOf(connection)
  const hasFailed = state.phase === 'failed'
  downChannels(connection, hasFailed ? obstacle : undefined)
  if (!obstacle) return
  endGreeting(connection, obstacle)
  // What was sent waits for `connect()`; whoever asked has no answer to wait for.
  dropFrames(connection, obstacle, ({ onAnswer }) => hasFailed || onAnswer !== undefined)
}
