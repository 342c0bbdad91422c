/**
 * Every decision about one connection: `transition(state, event) → [state, effects]`. It knows no socket, no timer and no
 * token; the driver keeps the sockets that the state names, runs the effects and feeds back what happens.
 */
import {
  CALM,
  countLoss,
  type FailureCode,
  judgeLoss,
  type Loss,
  type LossConfig,
  TELLING_DIALS,
  type Trouble,
  unexplained,
} from './lossPolicy.ts'
import type { ConnectionProblem, ConnectionState } from './status.ts'

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
  /** There are new credentials; a dial that is under way began with the old ones. */
  | { readonly type: 'reauthenticate' }

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

type Handler<T> = (
  state: MachineState,
  event: Extract<MachineEvent, { type: T }>,
  config: LossConfig,
) => Transition

const HANDLERS: { readonly [T in MachineEvent['type']]: Handler<T> } = {
  connect,
  hold: (state) =>
    state.phase === 'idle' || state.phase === 'disconnected' ? connect(state) : [state, NONE],
  release: ({ dials }) => [{ ...INITIAL_STATE, dials }, NONE],
  disconnect: ({ dials }) => [{ ...INITIAL_STATE, dials, phase: 'disconnected' }, NONE],
  opened(state, { attempt }) {
    if (attempt !== dialOf(state)) return [state, NONE]
    if (state.phase === 'connected') return [{ ...state, attempt, successor: null }, NONE]
    const trouble = { ...state.trouble, unopened: 0 }
    const unsettled = ['uptime', 'sync'] as const
    return [{ ...calm(state, trouble), phase: 'connected', attempt, successor: null, unsettled }, NONE]
  },
  settled(state, { attempt, step }) {
    if (state.phase !== 'connected' || attempt !== state.attempt) return [state, NONE]
    const unsettled = state.unsettled.filter((open) => open !== step)
    return [{ ...state, unsettled, trouble: unsettled.length === 0 ? CALM : state.trouble }, NONE]
  },
  lost,
  retry: (state) => (state.phase === 'waiting' ? dial(state, state.refresh) : [state, NONE]),
  /** Somebody may have signed in meanwhile, in another tab; being forbidden is not cured by waking up. */
  wake(state, { sinceDialMs }, { reconnect }) {
    if (state.phase === 'connected') return [state, [{ type: 'probe' }]]
    if (!reconnect) return [state, NONE]
    const delayMs = reconnect.intervalMs - sinceDialMs
    if (state.phase === 'waiting' && !state.hinted)
      return delayMs > 0 ? [state, [{ type: 'wait', delayMs }]] : dial(state, state.refresh)
    const isRevived = state.phase === 'failed' && state.error !== 'forbidden' && delayMs <= 0
    return isRevived ? connect(state) : [state, NONE]
  },
  renew(state, { refresh }) {
    return state.phase === 'connected' && state.successor === null ? renew(state, refresh) : [state, NONE]
  },
  reauthenticate(state) {
    if (state.phase === 'connected') return renew(state, false)
    return state.phase === 'dialing' ? dial(state) : connect(state)
  },
}

export function transition(state: MachineState, event: MachineEvent, config: LossConfig): Transition {
  return (HANDLERS[event.type] as Handler<MachineEvent['type']>)(state, event, config)
}

function common({ dials, trouble, problem }: Common): Common {
  return { dials, trouble, problem }
}

function calm({ dials }: Common, trouble: Trouble): Common {
  return { dials, trouble, problem: null }
}

function dial(state: Common, refresh = false): Transition {
  return [{ ...common(state), phase: 'dialing', dials: state.dials + 1 }, [{ type: 'dial', refresh }]]
}

function renew(state: Extract<MachineState, { phase: 'connected' }>, refresh: boolean): Transition {
  const dials = state.dials + 1
  return [{ ...state, dials, successor: dials }, [{ type: 'dial', refresh }]]
}

function connect(state: MachineState): Transition {
  if (state.phase === 'dialing' || state.phase === 'connected') return [state, NONE]
  // From `waiting` the trouble stays counted: a user who hammers "Reconnect" must not reset the schedule.
  return dial(state.phase === 'waiting' ? state : calm(state, CALM))
}

function lost(
  state: MachineState,
  { attempt, loss }: Extract<MachineEvent, { type: 'lost' }>,
  config: LossConfig,
): Transition {
  // The old socket still works; whether the token is bad will show when it counts.
  if (state.phase === 'connected' && attempt === state.successor) {
    return [{ ...state, successor: null }, [{ type: 'postponeRenewal' }]]
  }
  const carrying = attemptOf(state)
  if (attempt !== (carrying ?? dialOf(state))) return [state, NONE]
  const { code, reason } = loss
  const trouble = countLoss(state.trouble, loss, carrying === null)
  const told = reason || trouble.unopened < TELLING_DIALS ? reason : unexplained(code, trouble)
  const after: Common = { dials: state.dials, trouble, problem: { code, reason: told } }
  // The successor's dial goes on, as an ordinary one.
  if (carrying !== null && dialOf(state) !== null) return [{ ...after, phase: 'dialing' }, NONE]
  return afterLoss(after, loss, config)
}

function afterLoss(after: Common, loss: Loss, config: LossConfig): Transition {
  const verdict = judgeLoss(after.trouble, loss, config)
  if (typeof verdict === 'string') return [{ ...after, phase: 'failed', error: verdict }, NONE]
  if (!verdict) return [{ ...after, phase: 'disconnected' }, NONE]
  const { delayMs, refresh, hinted } = verdict
  // One refresh until the connection settles.
  const trouble = { ...after.trouble, refreshed: after.trouble.refreshed || refresh }
  if (delayMs === 0) return dial({ ...after, trouble }, refresh)
  return [{ ...after, trouble, phase: 'waiting', refresh, hinted }, [{ type: 'wait', delayMs }]]
}
