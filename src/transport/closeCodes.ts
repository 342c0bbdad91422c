/** One table: what the close of a socket means for the connection. Users extend it with the option `closeCodes`. */

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

/** `retry-twice`: our side and the server disagree about the protocol; a third try will not help. */
export type CloseAction = 'retry' | 'retry-twice' | 'reauthenticate' | 'fail'

export type CloseCodeTable = Readonly<Record<number, CloseAction>>

/**
 * 1000 says "retry" because a close we asked for never gets here: a server or proxy that restarts politely
 * closes with 1000, and clients that take it for the end stay dead (phoenix #3161, graphql-ws #446).
 */
const CLOSE_CODES = {
  [WebSocketCloseCode.NORMAL_CLOSURE]: 'retry',
  [WebSocketCloseCode.GOING_AWAY]: 'retry',
  [WebSocketCloseCode.PROTOCOL_ERROR]: 'retry-twice',
  1003: 'retry-twice',
  1007: 'retry-twice',
  1009: 'retry-twice',
  [WebSocketCloseCode.UNAUTHORIZED]: 'reauthenticate',
  [WebSocketCloseCode.FORBIDDEN]: 'fail',
  [WebSocketCloseCode.INVALID_TOKEN]: 'reauthenticate',
} as const satisfies CloseCodeTable & Record<WebSocketCloseCode, CloseAction>

/** What a server may put into a close reason (at most 123 bytes) or a `draining` frame. */
export interface CloseHint {
  readonly retryAfterMs?: number | undefined
  /** False: do not come back. */
  readonly reconnect?: boolean | undefined
  /** True: come back with a new token. */
  readonly reauth?: boolean | undefined
}

export function closeAction(code: number, hint: CloseHint, custom: CloseCodeTable): CloseAction {
  if (hint.reconnect === false) return 'fail'
  if (hint.reauth) return 'reauthenticate'
  return custom[code] ?? (CLOSE_CODES as CloseCodeTable)[code] ?? 'retry'
}

/** A close reason is free text unless it is a JSON object. */
export function parseCloseHint(reason: string): CloseHint {
  if (!reason.startsWith('{')) return {}
  try {
    return readHint(JSON.parse(reason))
  } catch {
    // Text that merely starts with a brace is a reason like any other.
    return {}
  }
}

export function readHint(value: unknown): CloseHint {
  const { retry_after_ms, reconnect, reauth } = (value ?? {}) as Record<string, unknown>
  return {
    retryAfterMs: typeof retry_after_ms === 'number' && retry_after_ms >= 0 ? retry_after_ms : undefined,
    reconnect: reconnect === false ? false : undefined,
    reauth: reauth === true,
  }
}
