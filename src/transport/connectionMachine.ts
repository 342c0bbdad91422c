/**
 * Every decision about one connection: `transition(state, event) → [state, effects]`. It knows no socket, no timer and no
 * token; `connection.ts` keeps the sockets that the state names, runs the effects and feeds back what happens.
 */
import {
  CALM,
  type ConnectionProblem,
  countLoss,
  type FailureCode,
  judgeLoss,
  type Loss,
  type LossConfig,
  type Trouble,
} from './lossPolicy.ts'

/** What the application sees. */
export type ConnectionState = 'IDLE' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTED' | 'FAILED'

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
  /** The page or the network came back. */
  | { readonly type: 'wake'; readonly sinceDialMs: number }
  /** A new socket is wanted before this one ends: the token expires, or the server drains. */
  | { readonly type: 'renew'; readonly refresh: boolean }
  /** The dial found that somebody else is signed in, or nobody. */
  | { readonly type: 'userChanged'; readonly attempt: number }

export type Effect =
  /** Start dial number `state.dials`. */
  | { readonly type: 'dial'; readonly refresh: boolean }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'probe' }
  | { readonly type: 'postponeRenewal' }

type Transition = readonly [MachineState, readonly Effect[]]

const NONE: readonly Effect[] = []

export const INITIAL_STATE: MachineState = { phase: 'idle', dials: 0, trouble: CALM, problem: null }

const SHOWN = {
  idle: 'IDLE',
  dialing: 'CONNECTING',
  connected: 'CONNECTED',
  waiting: 'RECONNECTING',
  disconnected: 'DISCONNECTED',
  failed: 'FAILED',
} as const satisfies Record<MachineState['phase'], ConnectionState>

export function publicState({ phase, trouble }: MachineState): ConnectionState {
  return phase === 'dialing' && trouble.losses > 0 ? 'RECONNECTING' : SHOWN[phase]
}

/** The dial that is under way. */
export function dialOf(state: MachineState): number | null {
  if (state.phase === 'connected') return state.successor
  return state.phase === 'dialing' ? state.dials : null
}

/** The socket that carries the connection. */
export function attemptOf(state: MachineState): number | null {
  return state.phase === 'connected' ? state.attempt : null
}

export function transition(state: MachineState, event: MachineEvent, config: LossConfig): Transition {
  switch (event.type) {
    case 'connect':
      return connect(state)
    case 'hold':
      return state.phase === 'idle' || state.phase === 'disconnected' ? connect(state) : [state, NONE]
    case 'release':
      return [{ ...INITIAL_STATE, dials: state.dials }, NONE]
    case 'disconnect':
      return [{ ...INITIAL_STATE, dials: state.dials, phase: 'disconnected' }, NONE]
    case 'opened':
      return [opened(state, event.attempt), NONE]
    case 'settled':
      return [settled(state, event.attempt, event.step), NONE]
    case 'lost':
      return lost(state, event, config)
    case 'retry':
      return state.phase === 'waiting' ? dial(state, state.refresh) : [state, NONE]
    case 'wake':
      return wake(state, event.sinceDialMs, config)
    case 'renew':
      return renew(state, event.refresh)
    case 'userChanged':
      return [userChanged(state, event.attempt), NONE]
  }
}

function common({ dials, trouble, problem }: Common): Common {
  return { dials, trouble, problem }
}

function dial(state: MachineState, refresh = false): Transition {
  return [{ ...common(state), phase: 'dialing', dials: state.dials + 1 }, [{ type: 'dial', refresh }]]
}

function connect(state: MachineState): Transition {
  if (state.phase === 'dialing' || state.phase === 'connected') return [state, NONE]
  // From `waiting` the trouble stays counted: a user who hammers "Reconnect" must not reset the schedule.
  return dial(state.phase === 'waiting' ? state : { ...state, trouble: CALM, problem: null })
}

function opened(state: MachineState, attempt: number): MachineState {
  if (attempt !== dialOf(state)) return state
  if (state.phase === 'connected') return { ...state, attempt, successor: null }
  const { dials, trouble } = state
  return {
    phase: 'connected',
    dials,
    trouble: { ...trouble, unopened: 0 },
    problem: null,
    attempt,
    successor: null,
    unsettled: ['uptime', 'sync'],
  }
}

function settled(state: MachineState, attempt: number, step: SettleStep): MachineState {
  if (state.phase !== 'connected' || attempt !== state.attempt) return state
  const unsettled = state.unsettled.filter((open) => open !== step)
  return { ...state, unsettled, trouble: unsettled.length === 0 ? CALM : state.trouble }
}

type Lost = Extract<MachineEvent, { type: 'lost' }>

function lost(state: MachineState, { attempt, loss }: Lost, config: LossConfig): Transition {
  // The old socket still works; whether the token is bad will show when it counts.
  if (state.phase === 'connected' && attempt === state.successor) {
    return [{ ...state, successor: null }, [{ type: 'postponeRenewal' }]]
  }
  const carrying = attemptOf(state)
  if (attempt !== (carrying ?? dialOf(state))) return [state, NONE]
  const { dials } = state
  const trouble = countLoss(state.trouble, loss, carrying === null)
  const after: Common = { dials, trouble, problem: { code: loss.code, reason: loss.reason } }
  // The successor's dial goes on, as an ordinary one.
  if (carrying !== null && dialOf(state) !== null) return [{ ...after, phase: 'dialing' }, NONE]
  return afterLoss(after, loss, config)
}

function afterLoss(after: Common, loss: Loss, config: LossConfig): Transition {
  const verdict = judgeLoss(after.trouble, loss, config)
  switch (verdict.type) {
    case 'fail':
      return [{ ...after, phase: 'failed', error: verdict.error }, NONE]
    case 'stop':
      return [{ ...after, phase: 'disconnected' }, NONE]
    case 'dial':
      return dial({ ...refreshing(after, verdict.refresh), phase: 'idle' }, verdict.refresh)
    case 'wait': {
      const { type, delayMs, refresh, hinted } = verdict
      return [{ ...refreshing(after, refresh), phase: 'waiting', refresh, hinted }, [{ type, delayMs }]]
    }
  }
}

/** One refresh until the connection settles. */
function refreshing(after: Common, refresh: boolean): Common {
  return { ...after, trouble: { ...after.trouble, refreshed: after.trouble.refreshed || refresh } }
}

function wake(state: MachineState, sinceDialMs: number, { reconnect }: LossConfig): Transition {
  if (state.phase === 'connected') return [state, [{ type: 'probe' }]]
  if (!reconnect) return [state, NONE]
  const delayMs = reconnect.intervalMs - sinceDialMs
  if (state.phase === 'waiting' && !state.hinted) {
    return delayMs > 0 ? [state, [{ type: 'wait', delayMs }]] : dial(state, state.refresh)
  }
  // Somebody may have signed in meanwhile, in another tab; being forbidden is not cured by waking up.
  if (state.phase === 'failed' && state.error !== 'forbidden' && delayMs <= 0) return connect(state)
  return [state, NONE]
}

function renew(state: MachineState, refresh: boolean): Transition {
  if (state.phase !== 'connected' || state.successor !== null) return [state, NONE]
  const attempt = state.dials + 1
  return [{ ...state, dials: attempt, successor: attempt }, [{ type: 'dial', refresh }]]
}

function userChanged(state: MachineState, attempt: number): MachineState {
  if (state.phase !== 'connected' || attempt !== state.successor) return state
  return { ...common(state), phase: 'dialing' }
}
