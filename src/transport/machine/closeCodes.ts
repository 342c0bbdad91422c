/** One table: what the close of a socket means for the connection. Users extend it with the option `closeCodes`. */
import { fieldsOf } from '../protocol.ts'

/** The codes an application meets by name. */
export const WebSocketCloseCode = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNAUTHORIZED: 4001,
  FORBIDDEN: 4003,
  INVALID_TOKEN: 4004,
} as const

export type WebSocketCloseCode = (typeof WebSocketCloseCode)[keyof typeof WebSocketCloseCode]

/** `retry-twice`: our side and the server disagree about the protocol, and it is no frame's fault; a third try will not help. */
export type CloseAction = 'retry' | 'retry-twice' | 'reauthenticate' | 'fail'

export type CloseCodeTable = Readonly<Record<number, CloseAction>>

/**
 * 1000 says "retry" because a close we asked for never gets here: a server or proxy that restarts politely
 * closes with 1000, and clients that take it for the end stay dead (phoenix #3161, graphql-ws #446).
 */
const CLOSE_CODES = {
  1000: 'retry',
  1001: 'retry',
  1002: 'retry-twice',
  1003: 'retry-twice',
  1007: 'retry-twice',
  1009: 'retry-twice',
  4001: 'reauthenticate',
  4003: 'fail',
  4004: 'reauthenticate',
} as const satisfies CloseCodeTable & Record<WebSocketCloseCode, CloseAction>

/** It says that it goes, or is busy: the cause is no frame of ours. */
const DELIBERATE: ReadonlySet<number> = new Set([1001, 1012, 1013, 1014, 4029])

/** Whether what was written last may be why. */
export function isSuspicious(code: number, action: CloseAction): boolean {
  return action.startsWith('retry') && !DELIBERATE.has(code)
}

/** What a server may put into a close reason (at most 123 bytes), an error or a `draining` frame. */
export interface Hint {
  readonly retry_after_ms?: unknown
  /** False: do not come back. */
  readonly reconnect?: unknown
  /** True: come back with a new token. */
  readonly reauth?: unknown
}

export function closeAction(code: number, { reconnect, reauth }: Hint, custom: CloseCodeTable): CloseAction {
  if (reconnect === false) return 'fail'
  if (reauth === true) return 'reauthenticate'
  return custom[code] ?? (CLOSE_CODES as CloseCodeTable)[code] ?? 'retry'
}

/** A close reason is free text unless it is a JSON object. */
export function hintOf(reason: string): Hint {
  try {
    return fieldsOf(JSON.parse(reason))
  } catch {
    return {}
  }
}

/** A longer delay is a slip, and nobody waits for its end. Milliseconds. */
const MAX_HINT_MS = 86_400_000

/** What is no delay is not given. */
export function retryAfterOf({ retry_after_ms: ms }: Hint): number | undefined {
  return typeof ms === 'number' && ms >= 0 ? Math.min(ms, MAX_HINT_MS) : undefined
}
