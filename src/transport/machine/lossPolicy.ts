/** What the loss of a socket means: try again, when, with a new token, or not at all. Pure; knows no state machine. */
import type { LiveErrorCode } from '../errors.ts'
import { backoffMs, type ReconnectOptions } from './backoff.ts'
import type { CloseAction } from './closeCodes.ts'
import type { ConnectionProblem } from './status.ts'

/** What went wrong since the connection last settled. It only settles after it has stayed up and caught up. */
export interface Trouble {
  readonly losses: number
  /** Those in a row without a network, as far as the device knows. */
  readonly offline: number
  /** Closes before `open` in a row. A browser shows a refused upgrade (HTTP 401) as nothing else. */
  readonly unopened: number
  /** Closes that say that the two sides disagree about the protocol. */
  readonly mismatches: number
  readonly refreshed: boolean
}

export const CALM: Trouble = { losses: 0, offline: 0, unopened: 0, mismatches: 0, refreshed: false }

export type FailureCode = Extract<LiveErrorCode, 'unauthorized' | 'forbidden' | 'connection_failed'>

/**
 * `closed`: by the other side. `silent`: a ping went unanswered. `timeout`: never opened. `token`: nobody is signed in.
 * `user`: it belongs to somebody who is gone.
 */
export type LossCause = 'closed' | 'silent' | 'timeout' | 'token' | 'user'

export interface Loss extends ConnectionProblem {
  readonly cause: LossCause
  readonly action: CloseAction
  readonly retryAfterMs: number | undefined
  readonly online: boolean
  /** How many connections have ended of the frame that was on its way alone; 0: several were; `undefined`: none. */
  readonly deaths?: number | undefined
  /** Uniform in [0, 1), for the delay. */
  readonly random: number
}

export interface LossConfig {
  readonly reconnect: ReconnectOptions | false
  /** There is a token source that can be asked for a fresh token. */
  readonly canRefresh: boolean
}

/** Why it is over; or that the user does not want reconnects; or when to dial again, 0 being now. */
export type Verdict =
  | FailureCode
  | false
  /** `hinted`: the server named the delay. */
  | { readonly delayMs: number; readonly refresh: boolean; readonly hinted: boolean }

const MAX_MISMATCHES = 2
/** Any network loses a dial or two. */
export const TELLING_DIALS = 3
/** After so many connections a frame is given up. */
export const MAX_DEATHS = 3
const FOUND_OUT: ReadonlySet<LossCause> = new Set(['silent', 'user'])

/** Where nobody has said why: all that a browser tells of a wrong address, a refused upgrade and a server that is not there. */
export function unexplained(code: number | undefined, { unopened }: Trouble): string {
  const question = 'is there a WebSocket server at this address, and does it take the token?'
  return `close code ${code}${unopened > 0 ? `, never opened: ${question}` : ''}`
}

export function countLoss(
  trouble: Trouble,
  { cause, action, online, deaths }: Loss,
  isDialing: boolean,
): Trouble {
  const { losses, offline, unopened, mismatches, refreshed } = trouble
  // What a frame has done that is now given up, nobody else answers for.
  const counted = losses + 1 - ((deaths ?? 0) < MAX_DEATHS ? 0 : MAX_DEATHS)
  return {
    // Without a network nothing is learned about the server, and the attempts are kept for when there is one.
    losses: Math.max(online ? counted : losses, 1),
    offline: online ? 0 : offline + 1,
    unopened: isDialing && cause === 'closed' && online ? unopened + 1 : 0,
    mismatches: action === 'retry-twice' && deaths === undefined ? mismatches + 1 : mismatches,
    refreshed,
  }
}

/** `trouble` counts this loss already. */
export function judgeLoss(trouble: Trouble, loss: Loss, { reconnect, canRefresh }: LossConfig): Verdict {
  const { action, cause, code, online, random, retryAfterMs } = loss
  const { losses, offline, unopened, mismatches, refreshed } = trouble
  if (action === 'reauthenticate' && canRefresh && !refreshed)
    return { delayMs: 0, refresh: true, hinted: false }
  if (action === 'reauthenticate' || cause === 'token') return 'unauthorized'
  if (action === 'fail') return code === 4003 ? 'forbidden' : 'connection_failed'
  if (mismatches > MAX_MISMATCHES) return 'connection_failed'
  if (!reconnect) return false
  if (losses > reconnect.maxAttempts) return 'connection_failed'
  // Found out by ourselves, so at no time that others share, and already late: the first redial need not wait.
  if (FOUND_OUT.has(cause) && losses === 1 && online) return { delayMs: 0, refresh: false, hinted: false }
  const refresh = unopened >= 2 && !refreshed
  // What the device knows of its network is often wrong: the schedule goes on as ever.
  const delayMs = backoffMs(reconnect, losses + Math.max(offline, 1) - 2, random)
  if (retryAfterMs === undefined) return { delayMs, refresh, hinted: false }
  // Never earlier than the hint; the spread comes on top, or everybody would come back at the same hinted moment.
  const hintMs = retryAfterMs + random * reconnect.intervalMs
  // Nor earlier than without it: a server that says "at once" whenever it is asked would be asked all the time.
  return { delayMs: Math.max(hintMs, delayMs), refresh, hinted: true }
}
