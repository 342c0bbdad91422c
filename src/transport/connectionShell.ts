/** Runs the machine of one connection: stores its state, keeps the sockets it wants, performs its effects in order. */
import type { ChannelEvent } from './channelEvents.ts'
import type { Channels } from './channels.ts'
import { closeAction, parseCloseHint } from './closeCodes.ts'
import {
  attemptOf,
  dialOf,
  type Effect,
  type MachineEvent,
  type MachineState,
  publicState,
  transition,
} from './connectionMachine.ts'
import type { Context } from './context.ts'
import { LiveError } from './errors.ts'
import { createHandOver, type HandOver } from './handOver.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { SentFrame } from './inspector.ts'
import { expiryOf } from './jwt.ts'
import type { Link } from './link.ts'
import type { Loss } from './lossPolicy.ts'
import type { Outbox } from './outgoing.ts'
import type { Timers } from './timers.ts'
import type { AuthFrame } from './tokens.ts'

/** One connection. The parts know each other only through this. */
export interface Shell {
  readonly context: Context
  readonly timers: Timers<'connect' | 'retry' | 'uptime' | 'renewal' | 'linger' | 'handOver'>
  readonly outbox: Outbox
  readonly heartbeat: Heartbeat
  readonly channels: Channels
  /** Sockets by the number of their dial. */
  readonly links: Map<number, OpenLink>
  readonly events: MachineEvent[]
  state: MachineState
  isRunning: boolean
  /** Where frames go. */
  current: OpenLink | undefined
  handOver: HandOver | undefined
  principal: string | undefined
  dialedAt: number
  lastConnectedAt: number | null
  latencyMs: number | null
  dial(attempt: number, refresh: boolean): void
  deliver(events: readonly ChannelEvent[]): void
  publish(): void
}

export interface OpenLink {
  readonly attempt: number
  readonly link: Link
  readonly token: string | undefined
  readonly firstFrame: AuthFrame | undefined
}

/** Only now is the connection trusted again; accept-then-close servers never get that far. */
const UPTIME_MS = 10_000
/** How long two sockets may be open at once. */
const HAND_OVER_MS = 2_500
const RENEWAL_RETRY_MS = 10_000
const RENEWAL_MARGIN_MS = 30_000
/** Beyond this, timers overflow. */
const MAX_TIMER_MS = 2_147_483_647

export function raise(shell: Shell, event: MachineEvent): void {
  shell.events.push(event)
  if (shell.isRunning) return
  shell.isRunning = true
  for (let next = shell.events.shift(); next; next = shell.events.shift()) step(shell, next)
  shell.isRunning = false
  shell.publish()
}

function step(shell: Shell, event: MachineEvent): void {
  const { context, timers, state: before } = shell
  const { reconnect, tokens } = context
  const [state, effects] = transition(before, event, { reconnect, canRefresh: tokens.canRefresh })
  shell.state = state
  const from = publicState(before)
  const to = publicState(state)
  if (from !== to) context.report({ type: 'transition', from, to, cause: event.type, problem: state.problem })
  if (dialOf(state) === null) timers.clear('connect')
  if (state.phase !== 'waiting') timers.clear('retry')
  follow(shell, before)
  sweep(shell)
  for (const effect of effects) run(shell, effect)
}

/** What a change of socket or of hope means to everyone else. */
function follow(shell: Shell, before: MachineState): void {
  const { state } = shell
  const from = attemptOf(before)
  const to = attemptOf(state)
  if (to === null) {
    const hasEnded = state.phase !== before.phase && state.phase !== 'dialing' && state.phase !== 'waiting'
    if (from !== null || hasEnded) goDown(shell)
  } else if (from === null) {
    openCurrent(shell, to)
    // Subscriptions first: what the queue asks for may depend on them.
    shell.channels.up()
    shell.outbox.flush()
    shell.heartbeat.start()
  } else if (from !== to) {
    startHandOver(shell, from, to)
  }
}

/** No socket outlives its use. */
function sweep({ state, links, handOver }: Shell): void {
  for (const [attempt, { link }] of links) {
    if (attempt === attemptOf(state) || attempt === dialOf(state) || attempt === handOver?.from) continue
    link.drop()
    links.delete(attempt)
  }
}

function run(shell: Shell, effect: Effect): void {
  const { context, timers, state } = shell
  switch (effect.type) {
    case 'dial':
      shell.dial(state.dials, effect.refresh)
      break
    case 'wait':
      context.report({ type: 'wait', delayMs: effect.delayMs, attempt: state.trouble.losses })
      timers.set('retry', effect.delayMs, () => raise(shell, { type: 'retry' }))
      break
    case 'probe':
      shell.heartbeat.probe()
      break
    case 'postponeRenewal':
      renewIn(shell, RENEWAL_RETRY_MS, true)
  }
}

export function renewIn(shell: Shell, delayMs: number, refresh: boolean): void {
  shell.timers.set('renewal', delayMs, () => raise(shell, { type: 'renew', refresh }))
}

type LossReport = Pick<Loss, 'cause' | 'code' | 'reason'> & { readonly isFinal?: boolean }

export function lose(shell: Shell, attempt: number, report: LossReport): void {
  const { environment, inspector, closeCodes } = shell.context
  if (attempt === shell.handOver?.from) finishHandOver(shell, true)
  const { cause, code, isFinal } = report
  const reason = inspector.clean(report.reason)
  const hint = parseCloseHint(reason)
  raise(shell, {
    type: 'lost',
    attempt,
    loss: {
      cause,
      code,
      reason,
      action: isFinal ? 'fail' : closeAction(code, hint, closeCodes),
      retryAfterMs: hint.retryAfterMs,
      online: environment.isOnline(),
      random: environment.random(),
    },
  })
}

/** From now on frames go out through this socket. */
function openCurrent(shell: Shell, attempt: number): void {
  const { context, timers, outbox, links } = shell
  const current = links.get(attempt)
  if (!current) return
  shell.current = current
  shell.lastConnectedAt = context.environment.wallNow()
  outbox.open(current.link, shell.handOver !== undefined)
  const { firstFrame } = current
  if (firstFrame) writeBare(shell, current, context.createFrame(firstFrame.type, firstFrame.data))
  timers.set('uptime', UPTIME_MS, () => raise(shell, { type: 'settled', attempt, step: 'uptime' }))
  scheduleRenewal(shell, current.token)
}

/** Past the outbox: frames that are never queued or repeated. */
export function writeBare({ context }: Shell, to: OpenLink | undefined, frame: SentFrame): void {
  to?.link.write(context.codec.encode(frame))
  context.report({ type: 'sent', frame })
}

/** Ahead of the expiry by 30 s or a tenth of what is left, so that a refresh that fails can be tried again. */
function scheduleRenewal(shell: Shell, token: string | undefined): void {
  shell.timers.clear('renewal')
  const leftMs = ((token && expiryOf(token)) || 0) - shell.context.environment.wallNow()
  const delayMs = leftMs - Math.max(RENEWAL_MARGIN_MS, leftMs / 10)
  // Too short-lived to be renewed: the server will say when it is over.
  if (delayMs > 0) renewIn(shell, Math.min(delayMs, MAX_TIMER_MS), true)
}

function startHandOver(shell: Shell, from: number, to: number): void {
  const { context, links, timers, channels } = shell
  finishHandOver(shell, false)
  const handOver = createHandOver(from)
  shell.handOver = handOver
  openCurrent(shell, to)
  context.report({ type: 'handOver', from, to })
  timers.set('handOver', HAND_OVER_MS, () => finishHandOver(shell, false))
  channels.move().then(
    () => {
      // Its pong comes behind everything that the old socket still had to deliver.
      const timestamp = context.environment.wallNow()
      if (shell.handOver === handOver)
        writeBare(shell, links.get(from), { type: 'ping', data: { timestamp } })
    },
    () => finishHandOver(shell, false),
  )
}

/** `isComplete: false`: nobody can tell whether something was missed in between. */
export function finishHandOver(shell: Shell, isComplete: boolean): void {
  const { handOver, links, timers, outbox, channels } = shell
  if (!handOver) return
  shell.handOver = undefined
  timers.clear('handOver')
  const old = links.get(handOver.from)
  sweep(shell)
  if (old) outbox.lost(old.link)
  if (!shell.current) return
  outbox.open(shell.current.link, false)
  outbox.flush()
  shell.deliver(handOver.finish())
  if (!isComplete) channels.reset(undefined)
}

function goDown(shell: Shell): void {
  const { outbox, timers, state, current, heartbeat } = shell
  heartbeat.stop()
  shell.current = undefined
  if (current) outbox.lost(current.link)
  finishHandOver(shell, false)
  timers.clear('uptime')
  timers.clear('renewal')
  const failure = failureOf(shell)
  shell.channels.down(failure)
  if (failure) outbox.drop(failure)
  else if (state.phase === 'disconnected') outbox.drop(disconnected(), true)
}

export function failureOf({ state, context }: Shell): LiveError | undefined {
  if (state.phase !== 'failed') return undefined
  const reason = state.problem?.reason || `close code ${state.problem?.code}`
  return new LiveError(state.error, `The connection to "${context.name}" gave up: ${reason}`, { reason })
}

export function disconnected(): LiveError {
  return new LiveError('disconnected', 'disconnect() was called; connect() brings the connection back')
}
