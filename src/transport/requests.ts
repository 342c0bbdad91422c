/** A frame that awaits a reply. It settles exactly once, whoever comes first: reply, error, timeout, abort, loss. */
import type { Context } from './context.ts'
import { setDeadline } from './deadline.ts'
import { LiveError } from './errors.ts'
import type { Outbox } from './outgoing.ts'
import { type Frame, isRecord, payloadOf, validate } from './protocol.ts'

export interface RequestSpec {
  readonly type: string
  readonly data: unknown
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly idempotent?: boolean | undefined
  /** `write`: waiting for a connection does not count. */
  readonly timeoutFrom?: 'call' | 'write'
  readonly control?: boolean
}

const NOTHING = () => {}

export async function request(context: Context, outbox: Outbox, spec: RequestSpec): Promise<unknown> {
  const { type, data, signal, timeoutMs = context.requestTimeoutMs } = spec
  const schemas = context.protocol.requests[type]
  validate(schemas?.params, data, { code: 'invalid_params', name: `The parameters of "${type}"` })
  let cancelTimer = NOTHING
  let takeOut = NOTHING
  let abort = NOTHING
  try {
    const reply = await new Promise<Frame>((resolve, reject) => {
      abort = () => reject(new LiveError('aborted', `"${type}" was aborted`, { cause: signal?.reason }))
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      const armTimer = () => {
        cancelTimer()
        cancelTimer = setDeadline(context.environment, timeoutMs, () =>
          reject(new LiveError('timeout', `"${type}" was not answered within ${timeoutMs} ms`)),
        )
      }
      if (spec.timeoutFrom !== 'write') armTimer()
      takeOut = outbox.push({
        frame: context.createFrame(type, data),
        delivery: spec.control ? 'control' : 'reliable',
        idempotent: spec.idempotent,
        onAnswer: (frame) => (frame.type === 'error' ? reject(errorOf(frame, type)) : resolve(frame)),
        onWritten: () => {
          if (spec.timeoutFrom === 'write') armTimer()
        },
        onDropped: reject,
      })
    })
    return validate(schemas?.result, payloadOf(reply), {
      code: 'invalid_frame',
      name: `The reply to "${type}"`,
    })
  } finally {
    cancelTimer()
    takeOut()
    signal?.removeEventListener('abort', abort)
  }
}

export function errorOf(frame: Frame, type: string): LiveError {
  const cause = isRecord(frame.error) ? frame.error : {}
  const { code, message, retryable, retry_after_ms } = cause
  return new LiveError('rejected', `The server rejected "${type}": ${message ?? code ?? 'no reason given'}`, {
    reason: code === undefined ? undefined : String(code),
    retryable: retryable === true,
    retryAfterMs: typeof retry_after_ms === 'number' ? retry_after_ms : undefined,
    cause,
  })
}
