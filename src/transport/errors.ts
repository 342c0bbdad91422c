/** The one error class of the library. Callers switch on `code`; `message` is for people. */

/** What to do about an error. `fix`: the program is wrong; `ignore`: it was asked for. */
export type Recovery = 'retry' | 'reconnect' | 'sign-in' | 'fix' | 'ignore'

/** Every code, and what helps. A new code does not compile without its row. */
export const RECOVERY = {
  /** The caller's `AbortSignal` fired. */
  aborted: 'ignore',
  /** The manager was closed. */
  closed: 'ignore',
  /** `disconnect()` was called; `connect()` brings it back. */
  disconnected: 'reconnect',
  /** The connection gave up; `error.reason` says why. */
  connection_failed: 'reconnect',
  /** The socket died while the reply was awaited. The server may have done the work. */
  connection_lost: 'retry',
  timeout: 'retry',
  /** Waited in the send queue for longer than `queue.maxAgeMs`. */
  expired: 'retry',
  /** The send queue is full; the newest frame is refused. */
  queue_full: 'retry',
  /** The server refused the token, or there is none. */
  unauthorized: 'sign-in',
  /** The user signed out or another one signed in while the frame was waiting. */
  user_changed: 'sign-in',
  forbidden: 'fix',
  /** The server answered with an error; `error.reason` is its code. */
  rejected: 'fix',
  /** A frame or reply that could not be decoded or did not fit its schema. */
  invalid_frame: 'fix',
  /** Parameters that do not fit the request's schema. Nothing was sent. */
  invalid_params: 'fix',
  /** Wrong use or missing configuration; the message says what to add. */
  misconfigured: 'fix',
  /** A file of a message did not get to where files are kept; `error.cause` is what `upload` threw. */
  upload_failed: 'retry',
  /** Reported only: a send is on its way as ever, and would not survive a reload; `error.reason` says why. */
  not_kept: 'ignore',
} as const satisfies Record<string, Recovery>

export type LiveErrorCode = keyof typeof RECOVERY

export interface LiveErrorDetails {
  readonly cause?: unknown
  /** The server's own error code, or the reason of a close. */
  readonly reason?: string | undefined
  /** What the server says about trying again; by default what the code's recovery implies. */
  readonly retryable?: boolean | undefined
  readonly retryAfterMs?: number | undefined
  /** True when the frame had been written, so the server may have acted on it. */
  readonly maybeDelivered?: boolean | undefined
}

/**
 * Everything that rejects or is reported.
 *
 * @example
 * ```ts
 * try {
 *   await manager.request('get_rooms', {})
 * } catch (error) {
 *   if (isLiveError(error) && error.code === 'timeout') retry()
 * }
 * ```
 */
export class LiveError extends Error {
  declare readonly code: LiveErrorCode
  declare readonly recovery: Recovery
  declare readonly reason: string | undefined
  declare readonly retryable: boolean
  declare readonly retryAfterMs: number | undefined
  declare readonly maybeDelivered: boolean

  constructor(code: LiveErrorCode, message: string, { cause, ...details }: LiveErrorDetails = {}) {
    super(message, { cause })
    const recovery = RECOVERY[code]
    const { retryable = recovery === 'retry' || recovery === 'reconnect' } = details
    Object.assign(this, { name: 'LiveError', code, recovery, maybeDelivered: false, ...details, retryable })
  }
}

/** Nobody tries again by himself: it was refused for good, or nobody dials until `connect()`. */
export function isFinal({ retryable, recovery }: LiveError): boolean {
  return !retryable || recovery === 'reconnect'
}

/** Of what code of the application threw, which need not be an error, nor have a text. */
export function inWords(read: () => unknown): string {
  try {
    return String(read())
  } catch {
    return 'unknown'
  }
}

/** What such code threw where there is nobody to hear it. */
export function mistakeOf(cause: unknown): LiveError {
  return cause instanceof LiveError
    ? cause
    : new LiveError(
        'misconfigured',
        inWords(() => cause),
        { cause },
      )
}

export function isLiveError(error: unknown): error is LiveError {
  return error instanceof LiveError
}
