/** Runs the machine of one connection: stores its state, performs its effects in order, feeds back what happens. */
import type { ChannelEvent } from './channelEvents.ts'
import type { Channels } from './channels.ts'
import { closeAction, parseCloseHint } from './closeCodes.ts'
import {
  type Effect,
  type FailureCode,
  type LossCause,
  type MachineEvent,
  type MachineState,
  publicState,
  transition,
} from './connectionMachine.ts'
import type { Context } from './context.ts'
import { prepareDial, problemOf } from './dial.ts'
import { LiveError } from './errors.ts'
import { createHandOver, type HandOver } from './handOver.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { SentFrame } from './inspector.ts'
import { expiryOf, principalOf } from './jwt.ts'
import { type Link, openLink } from './link.ts'
import type { Outbox } from './outbox.ts'
import type { Timers } from './timers.ts'
import type { AuthFrame } from './tokens.ts'

export type TimerName = 'connect' | 'retry' | 'uptime' | 'renewal' | 'linger' | 'handOver'

/** One connection. The parts know each other only through this. */
export interface Shell {
  readonly context: Context
  readonly endpoint: string
  readonly timers: Timers<TimerName>
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
  onMessage(attempt: number, data: unknown): void
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
  const { context, endpoint, timers } = shell
  const { reconnect } = context.settings
  const before = shell.state
  const [state, effects] = transition(before, event, { reconnect, canRefresh: context.tokens.canRefresh })
  shell.state = state
  if (dialOf(state) === undefined) timers.clear('connect')
  if (state.phase !== 'waiting') timers.clear('retry')
  const from = publicState(before)
  const to = publicState(state)
  if (from !== to) {
    const { problem } = state
    context.inspector.report({ type: 'transition', endpoint, from, to, cause: event.type, problem })
  }
  for (const effect of effects) run(shell, effect)
}

/** The dial that is under way. */
function dialOf(state: MachineState): number | undefined {
  if (state.phase === 'dialing') return state.dials
  return state.phase === 'connected' ? (state.successor ?? undefined) : undefined
}

function run(shell: Shell, effect: Effect): void {
  switch (effect.type) {
    case 'dial':
      startDial(shell, effect.attempt, effect.refresh)
      break
    case 'drop':
      drop(shell, effect.attempt)
      break
    case 'up':
      goUp(shell, effect.attempt)
      break
    case 'down':
      goDown(shell, effect.error)
      break
    case 'wait':
      wait(shell, effect.delayMs)
      break
    case 'probe':
      shell.heartbeat.probe()
      break
    case 'handOver':
      startHandOver(shell, effect.from, effect.to)
      break
    case 'postponeRenewal':
      shell.timers.set('renewal', RENEWAL_RETRY_MS, () => raise(shell, { type: 'renew', refresh: true }))
  }
}

function drop({ links }: Shell, attempt: number): void {
  links.get(attempt)?.link.drop()
  links.delete(attempt)
}

function wait(shell: Shell, delayMs: number): void {
  const { endpoint, context, state } = shell
  context.inspector.report({ type: 'wait', endpoint, delayMs, attempt: state.trouble.losses })
  shell.timers.set('retry', delayMs, () => raise(shell, { type: 'retry' }))
}

function startDial(shell: Shell, attempt: number, refresh: boolean): void {
  const { context, timers } = shell
  const { connectTimeoutMs } = context.settings
  shell.dialedAt = context.environment.now()
  timers.setDeadline('connect', connectTimeoutMs, () =>
    lose(shell, attempt, {
      cause: 'timeout',
      code: 1006,
      reason: `No connection within ${connectTimeoutMs} ms`,
    }),
  )
  dial(shell, attempt, refresh).catch((error: unknown) => {
    if (dialOf(shell.state) !== attempt) return
    const { code, reason, isFinal } = problemOf(error)
    if (code === 4001) signOut(shell, attempt, 'The user signed out')
    if (isFinal) context.reportError(shell.endpoint, error)
    lose(shell, attempt, { cause: isFinal ? 'token' : 'closed', code, reason, isFinal })
  })
}

async function dial(shell: Shell, attempt: number, refresh: boolean): Promise<void> {
  const { context, endpoint, links } = shell
  const prepared = await prepareDial(context, endpoint, refresh)
  // Since then the dial may have timed out or been called off.
  if (dialOf(shell.state) !== attempt) return
  const { token, url } = prepared
  if (token !== undefined) changeUser(shell, attempt, principalOf(token))
  context.inspector.report({ type: 'dial', endpoint, attempt, url })
  const link = openLink(context.environment, prepared.dial, {
    onOpen: () => raise(shell, { type: 'opened', attempt }),
    onMessage: (data) => shell.onMessage(attempt, data),
    onClose: (code, reason) => lose(shell, attempt, { cause: 'closed', code, reason }),
  })
  links.set(attempt, { attempt, link, token, firstFrame: prepared.dial.firstFrame })
}

function changeUser(shell: Shell, attempt: number, principal: string | undefined): void {
  const before = shell.principal
  shell.principal = principal ?? before
  if (before === undefined || principal === undefined || before === principal) return
  signOut(shell, attempt, 'Another user has signed in')
}

/** What one user meant to send, no other one sends; what one was meant to hear, no other one hears. */
function signOut(shell: Shell, attempt: number, message: string): void {
  shell.outbox.drop(new LiveError('user_changed', message))
  raise(shell, { type: 'userChanged', attempt })
}

interface LossReport {
  readonly cause: LossCause
  readonly code: number
  readonly reason: string
  readonly isFinal?: boolean
}

export function lose(shell: Shell, attempt: number, report: LossReport): void {
  if (attempt === shell.handOver?.from) finishHandOver(shell, true)
  const { environment, settings, inspector } = shell.context
  const { cause, code, isFinal } = report
  const reason = inspector.clean(report.reason)
  const hint = parseCloseHint(reason)
  const action = isFinal ? 'fail' : closeAction(code, hint, settings.closeCodes)
  raise(shell, {
    type: 'lost',
    attempt,
    loss: {
      cause,
      code,
      reason,
      action,
      retryAfterMs: hint.retryAfterMs,
      online: environment.isOnline(),
      random: environment.random(),
    },
  })
}

function goUp(shell: Shell, attempt: number): void {
  const current = openCurrent(shell, attempt)
  if (!current) return
  // Subscriptions first: what the queue asks for may depend on them.
  shell.channels.up()
  shell.outbox.flush()
  shell.heartbeat.start()
}

/** From now on frames go out through this socket. */
function openCurrent(shell: Shell, attempt: number): OpenLink | undefined {
  const { context, timers, outbox, links } = shell
  const current = links.get(attempt)
  if (!current) return undefined
  const { link, token, firstFrame } = current
  shell.current = current
  shell.lastConnectedAt = context.environment.wallNow()
  outbox.open(link)
  if (firstFrame) writeBare(shell, link, context.createFrame(firstFrame.type, firstFrame.data))
  timers.set('uptime', UPTIME_MS, () => raise(shell, { type: 'settled', attempt, step: 'uptime' }))
  scheduleRenewal(shell, token)
  return current
}

/** Past the outbox: frames that are never queued, answered or sent again. */
export function writeBare(shell: Shell, link: Link, frame: SentFrame): void {
  link.write(shell.context.settings.codec.encode(frame))
  shell.context.inspector.report({ type: 'sent', endpoint: shell.endpoint, frame })
}

function startHandOver(shell: Shell, from: number, to: number): void {
  const { context, endpoint, links, timers, channels } = shell
  if (shell.handOver) finishHandOver(shell, false)
  const old = links.get(from)
  if (!openCurrent(shell, to) || !old) return
  context.inspector.report({ type: 'handOver', endpoint, from, to })
  const handOver = createHandOver(from)
  shell.handOver = handOver
  timers.set('handOver', HAND_OVER_MS, () => finishHandOver(shell, false))
  channels.move().then(
    () => {
      // Its pong comes behind everything that the old socket still had to deliver.
      if (shell.handOver === handOver)
        writeBare(shell, old.link, { type: 'ping', data: { timestamp: context.environment.wallNow() } })
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
  drop(shell, handOver.from)
  if (old) outbox.lost(old.link)
  if (!shell.current) return
  outbox.flush()
  shell.deliver(handOver.finish())
  if (!isComplete) channels.reset(undefined)
}

/** Ahead of the expiry by 30 s or a tenth of what is left, so that a refresh that fails can be tried again. */
function scheduleRenewal(shell: Shell, token: string | undefined): void {
  const expiresAt = token && expiryOf(token)
  shell.timers.clear('renewal')
  if (!expiresAt) return
  const leftMs = expiresAt - shell.context.environment.wallNow()
  const delayMs = leftMs - Math.max(RENEWAL_MARGIN_MS, leftMs / 10)
  // Too short-lived to be renewed: the server will say when it is over.
  if (delayMs <= 0) return
  shell.timers.set('renewal', Math.min(delayMs, MAX_TIMER_MS), () =>
    raise(shell, { type: 'renew', refresh: true }),
  )
}

function goDown(shell: Shell, code: FailureCode | null): void {
  const { outbox, timers, state } = shell
  shell.heartbeat.stop()
  if (shell.current) outbox.lost(shell.current.link)
  shell.current = undefined
  finishHandOver(shell, false)
  timers.clear('uptime')
  timers.clear('renewal')
  const error = failureOf(shell)
  shell.channels.down(error)
  if (error && code) outbox.drop(error)
  else if (state.phase === 'disconnected') outbox.dropRequests(disconnected())
}

export function failureOf({ state, endpoint }: Shell): LiveError | undefined {
  if (state.phase !== 'failed') return undefined
  const reason = state.problem?.reason || `close code ${state.problem?.code}`
  return new LiveError(state.error, `The connection to "${endpoint}" gave up: ${reason}`, {
    reason,
  })
}

export function disconnected(): LiveError {
  return new LiveError('disconnected', 'disconnect() was called; connect() brings the connection back')
}
