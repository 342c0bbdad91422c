/**
 * Every decision about one connection: `transition(state, event) → [state, effects]`. It knows no socket, no timer and no
 * token; `createConnection.ts` runs the effects and feeds back what happens, each socket event under the number of its dial.
 */
import { backoffMs, type ReconnectOptions } from './backoff.ts'
import type { CloseAction } from './closeCodes.ts'
import type { LiveErrorCode } from './errors.ts'

/** What the application sees. */
export type ConnectionState = 'IDLE' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTED' | 'FAILED'

/** Why the connection is not what it should be, as `useWebSocketStatus().error` shows it. */
export interface ConnectionProblem {
  /** A close code; 1006 where there was no close frame. */
  readonly code: number
  readonly reason: string
}

/** What went wrong since the connection last settled. It only settles after it has stayed up and caught up. */
export interface Trouble {
  readonly losses: number
  /** Closes before `open` in a row. A browser shows a refused upgrade (HTTP 401) as nothing else. */
  readonly unopened: number
  /** Closes that say that the two sides disagree about the protocol. */
  readonly mismatches: number
  readonly refreshed: boolean
}

export type SettleStep = 'uptime' | 'sync'

interface Common {
  /** Number of the newest dial; never reused. */
  readonly dials: number
  readonly trouble: Trouble
  readonly problem: ConnectionProblem | null
}

export type MachineState = Common &
  (
    | { readonly phase: 'idle' }
    | { readonly phase: 'disconnected' }
    | { readonly phase: 'dialing' }
    | {
        readonly phase: 'connected'
        readonly attempt: number
        /** A dial under way that is to replace this socket without a gap. */
        readonly successor: number | null
        readonly unsettled: readonly SettleStep[]
      }
    /** `hinted`: the server named the delay; nothing local shortens it. */
    | { readonly phase: 'waiting'; readonly refresh: boolean; readonly hinted: boolean }
    | { readonly phase: 'failed'; readonly error: FailureCode }
  )

export type FailureCode = Extract<LiveErrorCode, 'unauthorized' | 'forbidden' | 'connection_failed'>

/** `closed`: by the other side. `silent`: a ping went unanswered. `timeout`: never opened. */
export type LossCause = 'closed' | 'silent' | 'timeout' | 'token'

export interface Loss extends ConnectionProblem {
  readonly cause: LossCause
  readonly action: CloseAction
  readonly retryAfterMs: number | undefined
  readonly online: boolean
  /** Uniform in [0, 1), for the delay. */
  readonly random: number
}

export type MachineEvent =
  /** The user asks; revives everything. */
  | { readonly type: 'connect' }
  /** Somebody holds the connection now, or nobody does any more. */
  | { readonly type: 'hold' }
  | { readonly type: 'release' }
  | { readonly type: 'disconnect' }
  | { readonly type: 'opened'; readonly attempt: number }
  | { readonly type: 'settled'; readonly attempt: number; readonly step: SettleStep }
  | { readonly type: 'lost'; readonly attempt: number; readonly loss: Loss }
  | { readonly type: 'retry' }
  /** The page or the network came back, or a timer was late. */
  | { readonly type: 'wake'; readonly sinceDialMs: number }
  /** A new socket is wanted before this one ends: the token expires, or the server drains. */
  | { readonly type: 'renew'; readonly refresh: boolean }
  /** The dial found that somebody else is signed in. */
  | { readonly type: 'userChanged'; readonly attempt: number }

export type Effect =
  | { readonly type: 'dial'; readonly attempt: number; readonly refresh: boolean }
  /** Detach and close this socket or abandon this dial. */
  | { readonly type: 'drop'; readonly attempt: number }
  | { readonly type: 'up'; readonly attempt: number }
  | { readonly type: 'down'; readonly error: FailureCode | null }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'probe' }
  | { readonly type: 'handOver'; readonly from: number; readonly to: number }
  | { readonly type: 'postponeRenewal' }

export interface MachineConfig {
  readonly reconnect: ReconnectOptions | false
  /** There is a token source that can be asked for a fresh token. */
  readonly canRefresh: boolean
}

type Transition = readonly [MachineState, readonly Effect[]]

const NONE: readonly Effect[] = []
const CALM: Trouble = { losses: 0, unopened: 0, mismatches: 0, refreshed: false }
const MAX_MISMATCHES = 2

export const INITIAL_STATE: MachineState = { phase: 'idle', dials: 0, trouble: CALM, problem: null }

export function publicState(state: MachineState): ConnectionState {
  switch (state.phase) {
    case 'idle':
      return 'IDLE'
    case 'dialing':
      return state.trouble.losses > 0 ? 'RECONNECTING' : 'CONNECTING'
    case 'connected':
      return 'CONNECTED'
    case 'waiting':
      return 'RECONNECTING'
    case 'disconnected':
      return 'DISCONNECTED'
    case 'failed':
      return 'FAILED'
  }
}

export function transition(state: MachineState, event: MachineEvent, config: MachineConfig): Transition {
  switch (event.type) {
    case 'connect':
      return connect(state)
    case 'hold':
      return state.phase === 'idle' || state.phase === 'disconnected' ? connect(state) : [state, NONE]
    case 'release':
      return stop(state, 'idle')
    case 'disconnect':
      return stop(state, 'disconnected')
    case 'opened':
      return opened(state, event.attempt)
    case 'settled':
      return settled(state, event.attempt, event.step)
    case 'lost':
      return lost(state, event, config)
    case 'retry':
      return state.phase === 'waiting' ? dial(state, state.refresh) : [state, NONE]
    case 'wake':
      return wake(state, event.sinceDialMs, config)
    case 'renew':
      return renew(state, event.refresh)
    case 'userChanged':
      return userChanged(state, event.attempt)
  }
}

function common({ dials, trouble, problem }: Common): Common {
  return { dials, trouble, problem }
}

function dial(state: MachineState, refresh = false): Transition {
  const attempt = state.dials + 1
  return [{ ...common(state), phase: 'dialing', dials: attempt }, [{ type: 'dial', attempt, refresh }]]
}

function connect(state: MachineState): Transition {
  if (state.phase === 'dialing' || state.phase === 'connected') return [state, NONE]
  // From `waiting` the trouble stays counted: a user who hammers "Reconnect" must not reset the schedule.
  return dial(state.phase === 'waiting' ? state : { ...state, trouble: CALM, problem: null })
}

/** Ends it because that was asked for. */
function stop(state: MachineState, phase: 'idle' | 'disconnected'): Transition {
  const next: MachineState = { phase, dials: state.dials, trouble: CALM, problem: null }
  const drops = openAttempts(state).map((attempt): Effect => ({ type: 'drop', attempt }))
  return [
    next,
    drops.length > 0 || state.phase === 'waiting' ? [...drops, { type: 'down', error: null }] : NONE,
  ]
}

function openAttempts(state: MachineState): readonly number[] {
  if (state.phase === 'dialing') return [state.dials]
  if (state.phase !== 'connected') return []
  return state.successor === null ? [state.attempt] : [state.attempt, state.successor]
}

function opened(state: MachineState, attempt: number): Transition {
  if (state.phase === 'dialing' && attempt === state.dials) {
    const trouble = { ...state.trouble, unopened: 0 }
    const unsettled: readonly SettleStep[] = ['uptime', 'sync']
    return [
      { phase: 'connected', dials: state.dials, trouble, problem: null, attempt, successor: null, unsettled },
      [{ type: 'up', attempt }],
    ]
  }
  if (state.phase === 'connected' && attempt === state.successor) {
    return [{ ...state, attempt, successor: null }, [{ type: 'handOver', from: state.attempt, to: attempt }]]
  }
  // A dial that was given up has opened after all.
  return [state, [{ type: 'drop', attempt }]]
}

function settled(state: MachineState, attempt: number, step: SettleStep): Transition {
  if (state.phase !== 'connected' || attempt !== state.attempt) return [state, NONE]
  const unsettled = state.unsettled.filter((open) => open !== step)
  return [{ ...state, unsettled, trouble: unsettled.length === 0 ? CALM : state.trouble }, NONE]
}

function lost(
  state: MachineState,
  { attempt, loss }: { readonly attempt: number; readonly loss: Loss },
  config: MachineConfig,
): Transition {
  const drop: Effect = { type: 'drop', attempt }
  if (state.phase === 'dialing' && attempt === state.dials) return afterLoss(state, loss, config)
  if (state.phase !== 'connected') return [state, NONE]
  // The token that the successor would have brought is refused later, when it counts; this socket still works.
  if (attempt === state.successor) return [{ ...state, successor: null }, [drop, { type: 'postponeRenewal' }]]
  if (attempt !== state.attempt) return [state, NONE]
  if (state.successor === null) return afterLoss(state, loss, config)
  const { code, reason } = loss
  const trouble = { ...state.trouble, losses: state.trouble.losses + 1 }
  return [
    { phase: 'dialing', dials: state.successor, trouble, problem: { code, reason } },
    [drop, { type: 'down', error: null }],
  ]
}

function afterLoss(state: MachineState, loss: Loss, config: MachineConfig): Transition {
  const attempt = state.phase === 'connected' ? state.attempt : state.dials
  const gone: readonly Effect[] = [
    { type: 'drop', attempt },
    { type: 'down', error: null },
  ]
  const { code, reason, action } = loss
  const trouble = countLoss(state, loss)
  const next: MachineState = { phase: 'idle', dials: state.dials, trouble, problem: { code, reason } }
  const fail = (error: FailureCode): Transition => [
    { ...next, phase: 'failed', error },
    [
      { type: 'drop', attempt },
      { type: 'down', error },
    ],
  ]
  const then = ([after, effects]: Transition): Transition => [after, [...gone, ...effects]]

  if (action === 'fail') return fail(loss.cause === 'token' ? 'unauthorized' : failureOf(code))
  if (action === 'reauthenticate') {
    if (state.trouble.refreshed || !config.canRefresh) return fail('unauthorized')
    return then(dial({ ...next, trouble: { ...trouble, refreshed: true } }, true))
  }
  if (trouble.mismatches > MAX_MISMATCHES) return fail('connection_failed')
  if (!config.reconnect) return [{ ...next, phase: 'disconnected' }, gone]
  if (trouble.losses > config.reconnect.maxAttempts) return fail('connection_failed')
  // Found out by ourselves, so at no time that others share, and already late: the first redial need not wait.
  if (loss.cause === 'silent' && state.trouble.losses === 0) return then(dial(next))
  return then(wait(next, loss, config.reconnect))
}

function failureOf(code: number): FailureCode {
  return code === 4003 ? 'forbidden' : 'connection_failed'
}

function countLoss(state: MachineState, loss: Loss): Trouble {
  const { losses, unopened, mismatches, refreshed } = state.trouble
  const refused = state.phase === 'dialing' && loss.cause === 'closed' && loss.online
  return {
    // Without a network nothing is learned about the server, and the attempts are kept for when there is one.
    losses: loss.online ? losses + 1 : Math.max(losses, 1),
    unopened: refused ? unopened + 1 : 0,
    mismatches: loss.action === 'retry-twice' ? mismatches + 1 : mismatches,
    refreshed,
  }
}

function wait(state: MachineState, loss: Loss, reconnect: ReconnectOptions): Transition {
  const refresh = state.trouble.unopened >= 2 && !state.trouble.refreshed
  const trouble = refresh ? { ...state.trouble, refreshed: true } : state.trouble
  const backoff = loss.online
    ? backoffMs(reconnect, trouble.losses - 1, loss.random)
    : reconnect.maxIntervalMs
  const hinted = loss.retryAfterMs !== undefined
  // Never earlier than the hint; the spread comes on top, or everybody would come back at the same hinted moment.
  const delayMs = hinted ? (loss.retryAfterMs ?? 0) + loss.random * reconnect.intervalMs : backoff
  return [{ ...common(state), trouble, phase: 'waiting', refresh, hinted }, [{ type: 'wait', delayMs }]]
}

function wake(state: MachineState, sinceDialMs: number, { reconnect }: MachineConfig): Transition {
  if (state.phase === 'connected') return [state, [{ type: 'probe' }]]
  if (!reconnect) return [state, NONE]
  const restMs = reconnect.intervalMs - sinceDialMs
  if (state.phase === 'waiting' && !state.hinted) {
    return restMs > 0 ? [state, [{ type: 'wait', delayMs: restMs }]] : dial(state, state.refresh)
  }
  // Somebody may have signed in meanwhile, in another tab; being forbidden is not cured by waking up.
  if (state.phase === 'failed' && state.error !== 'forbidden' && restMs <= 0) return connect(state)
  return [state, NONE]
}

function renew(state: MachineState, refresh: boolean): Transition {
  if (state.phase !== 'connected' || state.successor !== null) return [state, NONE]
  const attempt = state.dials + 1
  return [{ ...state, dials: attempt, successor: attempt }, [{ type: 'dial', attempt, refresh }]]
}

function userChanged(state: MachineState, attempt: number): Transition {
  if (state.phase !== 'connected' || attempt !== state.successor) return [state, NONE]
  return [
    { ...common(state), phase: 'dialing' },
    [
      { type: 'drop', attempt: state.attempt },
      { type: 'down', error: null },
    ],
  ]
}
