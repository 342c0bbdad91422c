/** Why a request is refused. Handlers throw it; the dispatcher turns it into an `error` frame. */

/** Every code of the reference server, and whether asking again without change can help. */
const REQUEST_ERRORS = {
  /** The frame lacks a field or has one of the wrong kind. */
  invalid: false,
  empty: false,
  too_long: false,
  not_member: false,
  not_found: false,
  forbidden: false,
  unauthorized: false,
  /** No such frame type at this level. */
  unsupported: false,
  too_large: false,
  too_many: false,
  rate_limited: true,
  unavailable: true,
  internal: true,
} as const satisfies Record<string, boolean>

export type RequestErrorCode = keyof typeof REQUEST_ERRORS

export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly retry_after_ms?: number
}

export class RequestError extends Error {
  readonly body: ErrorBody

  constructor(code: RequestErrorCode | (string & {}), message: string, details: Partial<ErrorBody> = {}) {
    super(message)
    this.name = 'RequestError'
    const retryable = Object.hasOwn(REQUEST_ERRORS, code) && REQUEST_ERRORS[code as RequestErrorCode]
    this.body = { code, message, retryable, ...details }
  }
}
