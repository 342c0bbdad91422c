/** Why a request is refused. Handlers throw it; anything else they throw is `internal`. */

/** Every code of the kit, and whether asking again without change can help. */
const REQUEST_ERRORS = {
  /** A field is missing or of the wrong kind, or the message is no frame. */
  invalid: false,
  /** Refused by `channels`. */
  not_member: false,
  not_found: false,
  forbidden: false,
  unauthorized: false,
  /** No such request. */
  unsupported: false,
  too_large: false,
  too_many: false,
  rate_limited: true,
  /** Overloaded, going down, or the store does not answer. */
  unavailable: true,
  internal: true,
} as const satisfies Record<string, boolean>

export type RequestErrorCode = keyof typeof REQUEST_ERRORS

export interface ErrorBody {
  readonly code: string
  readonly message: string
  /** Whether the same frame may do later. */
  readonly retryable: boolean
  readonly retry_after_ms?: number
}

/**
 * The client gets `code`, `message` and the rest: put nothing into them that it may not know.
 *
 * @example
 * ```ts
 * if (!card) throw new RequestError('not_found', 'No such card')
 * ```
 */
export class RequestError extends Error {
  declare readonly body: ErrorBody

  constructor(
    code: RequestErrorCode | (string & {}),
    message: string,
    { cause, ...details }: Partial<ErrorBody> & ErrorOptions = {},
  ) {
    super(message, { cause })
    const retryable = Object.hasOwn(REQUEST_ERRORS, code) && REQUEST_ERRORS[code as RequestErrorCode]
    const body: ErrorBody = { code, message, retryable, ...details }
    Object.assign(this, { name: 'RequestError', body })
  }
}

export const unavailable = (message: string, cause?: unknown): RequestError =>
  new RequestError('unavailable', message, { retry_after_ms: 1_000, cause })
