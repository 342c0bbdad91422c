/** Frames that await a reply. Each settles exactly once, whoever comes first: reply, error, timeout, abort, loss. */
import type { Context } from './context.ts'
import { setDeadline } from './deadline.ts'
import { LiveError } from './errors.ts'
import type { Outbox } from './outbox.ts'
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
  readonly onWritten?: () => void
}

export interface Requests {
  request(spec: RequestSpec): Promise<unknown>
  /** Takes the frame if it answers a request. */
  take(frame: Frame): boolean
}

interface Pending {
  readonly type: string
  resolve(frame: Frame): void
  reject(error: LiveError): void
}

export function createRequests(context: Context, outbox: Outbox): Requests {
  const pending = new Map<string, Pending>()
  return {
    request: (spec) =>
      new Promise((resolve, reject) => {
        start({ context, outbox, pending }, spec, { resolve, reject })
      }),
    take: (frame) => {
      const entry = pending.get(String(frame.reply_to ?? frame.id))
      if (!entry) return false
      if (frame.type === 'error') entry.reject(errorOf(frame, entry.type))
      else entry.resolve(frame)
      return true
    },
  }
}

interface Registry {
  readonly context: Context
  readonly outbox: Outbox
  readonly pending: Map<string, Pending>
}

interface Settle {
  resolve(result: unknown): void
  reject(error: unknown): void
}

function start(registry: Registry, spec: RequestSpec, settle: Settle): void {
  const { context, outbox, pending } = registry
  const { type, signal } = spec
  const { environment, settings } = context
  const schemas = settings.protocol.requests[type]
  if (signal?.aborted) return void settle.reject(abortedError(type, signal))
  try {
    validate(schemas?.params, spec.data, { code: 'invalid_params', name: `The parameters of "${type}"` })
  } catch (error) {
    return void settle.reject(error)
  }

  const id = environment.createId()
  let cancelTimer = () => {}
  const finish = (run: () => void) => {
    if (!pending.delete(id)) return
    cancelTimer()
    signal?.removeEventListener('abort', onAbort)
    outbox.forget(id)
    run()
  }
  const reject = (error: unknown) => finish(() => settle.reject(error))
  const onAbort = () => signal && reject(abortedError(type, signal))
  const timeoutMs = spec.timeoutMs ?? settings.requestTimeoutMs
  const armTimer = () => {
    cancelTimer()
    cancelTimer = setDeadline(environment, timeoutMs, () =>
      reject(new LiveError('timeout', `"${type}" was not answered within ${timeoutMs} ms`)),
    )
  }
  pending.set(id, {
    type,
    reject,
    resolve: (frame) =>
      finish(() => {
        try {
          const subject = { code: 'invalid_frame', name: `The reply to "${type}"` } as const
          settle.resolve(validate(schemas?.result, payloadOf(frame), subject))
        } catch (error) {
          settle.reject(error)
        }
      }),
  })
  signal?.addEventListener('abort', onAbort)
  if (spec.timeoutFrom !== 'write') armTimer()
  outbox.push({
    frame: context.createFrame(type, spec.data, id),
    delivery: spec.control ? 'control' : 'reliable',
    request: true,
    idempotent: spec.idempotent ?? false,
    onWritten: () => {
      if (spec.timeoutFrom === 'write') armTimer()
      spec.onWritten?.()
    },
    onDropped: (error) => reject(error),
  })
}

function abortedError(type: string, signal: AbortSignal): LiveError {
  return new LiveError('aborted', `"${type}" was aborted`, { cause: signal.reason })
}

export function errorOf(frame: Frame, type: string): LiveError {
  const error = isRecord(frame.error) ? frame.error : {}
  const { code, message, retryable, retry_after_ms } = error
  return new LiveError('rejected', `The server rejected "${type}": ${message ?? code ?? 'no reason given'}`, {
    reason: code === undefined ? undefined : String(code),
    retryable: retryable === true,
    retryAfterMs: typeof retry_after_ms === 'number' ? retry_after_ms : undefined,
    cause: error,
  })
}
