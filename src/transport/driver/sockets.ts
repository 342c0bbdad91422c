/** The sockets of one connection: which one carries it, how the next one takes over, and what losing one means. */

import { deliver, downChannels, moveChannels, resetChannels, upChannels } from '../channels/channels.ts'
import { askForGreeting, endGreeting } from '../connection/greeting.ts'
import { drop, flush, requeue } from '../connection/outbox.ts'
import { createFrame, failureOf, inSlices, linkOf, type Shell, tell, writeBare } from '../connection/shell.ts'
import { accuse } from '../connection/suspicion.ts'
import { LiveError } from '../errors.ts'
import { closeAction, hintOf, isSuspicious, retryAfterOf } from '../machine/closeCodes.ts'
import { attemptOf, dialOf } from '../machine/connectionMachine.ts'
import type { Loss } from '../machine/lossPolicy.ts'
import { forgetArrivals } from '../wire/arrivals.ts'
import { createHandOver } from '../wire/handOver.ts'

/** Only now is the connection trusted again; accept-then-close servers never get that far. */
const UPTIME_MS = 10_000
/** How long two sockets may be open at once. */
const HAND_OVER_MS = 2_500
const RENEWAL_MARGIN_MS = 30_000
/** Between one renewal and the next, and how much more with every one; a minute without any, and it starts anew. */
const RENEWAL_REST_MS = 10_000
const MAX_RENEWAL_REST_MS = 30_000

/** No socket outlives its use. */
export function sweep(shell: Shell): void {
  const { state, links, handOver } = shell
  for (const [attempt, link] of links) {
    if (attempt === attemptOf(state) || attempt === dialOf(state) || attempt === handOver?.from) continue
    link.drop()
    links.delete(attempt)
  }
  forgetArrivals(shell, (attempt) => !links.has(attempt))
}

/** From now on frames go out through this socket. */
export function carry(shell: Shell, attempt: number): void {
  const { environment, timers, outbox, links } = shell
  const current = links.get(attempt)
  if (!current) return
  const { token, firstFrame } = current
  Object.assign(shell, { current, ping: undefined, lastConnectedAt: environment.wallNow() })
  outbox.isPaused = false
  if (firstFrame) writeBare(shell, current, createFrame(shell, firstFrame.type, firstFrame.data))
  timers.set('uptime', UPTIME_MS, () => shell.raise({ type: 'settled', attempt, step: 'uptime' }))
  timers.clear('renewal')
  shell.renewAt = Number.POSITIVE_INFINITY
  if (shell.greetingWaiters.size > 0) askForGreeting(shell)
  // Ahead of the expiry by 30 s or a tenth of what is left, so that a refresh that fails can be tried again.
  const leftMs = (token && shell.lifeLeft(token)) || 0
  const delayMs = leftMs - Math.max(RENEWAL_MARGIN_MS, leftMs / 10)
  // Too short-lived to be renewed: the server will say when it is over.
  if (delayMs > 0) renewIn(shell, delayMs, true)
}

/** Not as often as a server may ask for it, or as a clock that is wrong makes it look; and no later than it is due already. */
export function renewIn(shell: Shell, delayMs: number, refresh: boolean): void {
  const { environment, timers, raise } = shell
  const sinceMs = environment.now() - shell.renewedAt
  if (sinceMs > 2 * MAX_RENEWAL_REST_MS) shell.renewals = 0
  const restMs = Math.min(shell.renewals * RENEWAL_REST_MS, MAX_RENEWAL_REST_MS) - sinceMs
  const renewAt = environment.now() + Math.max(delayMs, restMs)
  if (renewAt >= shell.renewAt) return
  shell.renewAt = renewAt
  timers.set('renewal', renewAt - environment.now(), () => {
    shell.renewals++
    shell.renewedAt = environment.now()
    shell.renewAt = Number.POSITIVE_INFINITY
    raise({ type: 'renew', refresh })
  })
}

export function startHandOver(shell: Shell, from: number, to: number): void {
  finishHandOver(shell, false)
  const handOver = createHandOver(from, shell.overlap)
  shell.handOver = handOver
  shell.overlap = []
  carry(shell, to)
  tell(shell, { type: 'handOver', from, to })
  const breakOff = () => finishHandOver(shell, false)
  shell.timers.set('handOver', HAND_OVER_MS, breakOff)
  moveChannels(shell).then(() => {
    if (shell.handOver !== handOver) return
    // Its pong comes behind everything that the old socket still had to deliver.
    const timestamp = shell.environment.wallNow()
    writeBare(shell, shell.links.get(from), { type: 'ping', data: { timestamp } })
  }, breakOff)
}

/** `isComplete: false`: nobody can tell whether something was missed in between. */
export function finishHandOver(shell: Shell, isComplete: boolean): void {
  const { handOver, links, timers } = shell
  if (!handOver) return
  const old = links.get(handOver.from)
  shell.handOver = undefined
  timers.clear('handOver')
  sweep(shell)
  if (old) requeue(shell, old)
  if (!shell.current) return
  const { attempt } = shell.current
  flush(shell)
  inSlices(shell, handOver.finish(), {
    isOver: () => !linkOf(shell, attempt),
    take: (events) => deliver(shell, events),
    end() {
      if (!isComplete) resetChannels(shell)
    },
  })
}

type LossReport = Pick<Loss, 'cause' | 'code' | 'reason'> & { readonly isFinal?: boolean }

export function lose(shell: Shell, attempt: number, { cause, code, isFinal, ...given }: LossReport): void {
  const { environment, clean, closeCodes, outbox, current } = shell
  if (attempt === shell.handOver?.from) finishHandOver(shell, true)
  const reason = clean(given.reason)
  const hint = hintOf(given.reason)
  const action = isFinal ? 'fail' : closeAction(code, hint, closeCodes)
  const online = environment.isOnline()
  const retryAfterMs = retryAfterOf(hint)
  const isCarrying = attempt === current?.attempt
  const isUnexplained = cause === 'closed' && online && retryAfterMs === undefined
  const isTelling = isCarrying && isUnexplained && isSuspicious(code, action)
  shell.raise({
    type: 'lost',
    attempt,
    loss: {
      cause,
      code,
      reason,
      action,
      retryAfterMs,
      online,
      deaths: isTelling ? accuse(outbox, { link: current, now: environment.now(), code }) : undefined,
      random: environment.random(),
    },
  })
}

/** No socket carries the connection any more, or nobody hopes for one. */
export function goDown(shell: Shell): void {
  const { timers, state, current } = shell
  timers.clear('heads', 'ping', 'pong', 'uptime', 'renewal', 'greeting')
  Object.assign(shell, { current: undefined, ping: undefined })
  if (current) requeue(shell, current)
  finishHandOver(shell, false)
  const failure = failureOf(shell)
  downChannels(shell, failure)
  if (failure) {
    endGreeting(shell, failure)
    drop(shell, failure)
  } else if (state.phase === 'disconnected') {
    endGreeting(shell, disconnected())
    drop(shell, disconnected(), ({ onAnswer }) => onAnswer !== undefined)
  }
}

/**
 * For what belonged to somebody who is gone: all of it, or what is from before an era. Whoever asks from now on waits for
 * the next socket as ever.
 */
export function giveUp(shell: Shell, error: LiveError, before = Number.POSITIVE_INFINITY): void {
  drop(shell, error, ({ era }) => era < before)
  downChannels(shell, error)
  downChannels(shell, undefined)
}

/** What one user meant to send, no other one sends; what one was meant to hear, no other one hears. */
export function changeUser(shell: Shell): void {
  const { identity, state, current } = shell
  const error = userChanged('Another user has signed in')
  giveUp(shell, error, identity.era)
  const loss = { cause: 'user', code: 1000, reason: error.message } as const
  const isFormer = current !== undefined && current.era < identity.era
  // First the socket: a dial that belongs to the new user takes its place.
  if (isFormer) lose(shell, current.attempt, loss)
  const dial = dialOf(state)
  if (dial !== null && shell.era < identity.era) lose(shell, dial, loss)
  // Where the former one was not let in, the next one may be.
  if (state.phase === 'failed') shell.raise({ type: shell.holders.size > 0 ? 'connect' : 'release' })
  if (!current || isFormer) return
  if (shell.handOver) abandonHandOver(shell)
  upChannels(shell)
}

/** The former user's socket may have had more to say; nobody is to hear it. */
function abandonHandOver(shell: Shell): void {
  shell.handOver = undefined
  shell.timers.clear('handOver')
  sweep(shell)
}

/** The same one is still here: the sockets that name him are good. */
export function confirmUser(shell: Shell): void {
  const { identity, links, current } = shell
  if (!identity.isSure) return
  for (const link of links.values())
    if (link.principal !== undefined && link.principal === identity.who.token) link.era = identity.era
  if (current) flush(shell)
}

export function userChanged(message: string): LiveError {
  return new LiveError('user_changed', message)
}

export function disconnected(): LiveError {
  return new LiveError('disconnected', 'disconnect() was called; connect() brings the connection back')
}
