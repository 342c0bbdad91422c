/** A frame that awaits a reply. It settles exactly once, whoever comes first: reply, error, timeout, abort, loss. */
import { LiveError } from '../errors.ts'
import { retryAfterOf } from '../machine/closeCodes.ts'
import { type Cursor, type Guard, positionOf } from '../port.ts'
import { entryOf, type Frame, fieldsOf, payloadOf, textOf, validate } from '../protocol.ts'
import { setDeadline } from '../wire/timers.ts'
import type { Connection } from './connection.ts'
import { askForSign } from './ping.ts'
import { sendFrame } from './sending.ts'

/** When a server that is `unavailable` is asked again, where it does not say. */
const UNAVAILABLE_MS = 2_000

export interface RequestSpec {
  readonly type: string
  readonly data: unknown
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly idempotent?: boolean | undefined
  readonly onRead?: (() => void) | undefined
  readonly guard?: Guard | undefined
  readonly onPosition?: ((position: Cursor) => void) | undefined
  /** `write`: waiting for a connection does not count. */
  readonly timeoutFrom?: 'call' | 'write'
  readonly control?: boolean
  /** As in `Outgoing`. */
  readonly name?: string
  /** However it ends, right before whoever asked hears of it. */
  readonly onEnd?: () => void
}

/** Who hears what becomes of it; the first word counts. */
interface Asker {
  readonly answered: (frame: Frame) => void
  readonly failed: (error: unknown) => void
}

/** One promise for all of it: each that waits for another one takes turns of its own. */
export function request(connection: Connection, spec: RequestSpec): Promise<unknown> {
  const { type, data, onEnd } = spec
  const schemas = entryOf(connection.protocol.requests, type)
  return new Promise((resolve, reject) => {
    let isOver = false
    let end: (() => void) | undefined
    const failed = (error: unknown) => {
      finish()
      reject(connection.clean(error))
    }
    const answered = (frame: Frame) => {
      try {
        if (frame.type === 'error') throw errorOf(frame, type)
        const payload = payloadOf(frame)
        const position = positionOf(frame) ?? positionOf(payload)
        if (position) spec.onPosition?.(position)
        const subject = { code: 'invalid_frame', name: `The reply to "${type}"` } as const
        resolve(validate(schemas?.result, payload, subject))
        finish()
      } catch (error) {
        failed(error)
      }
    }
    function finish(): void {
      end?.()
      if (!isOver) onEnd?.()
      isOver = true
    }
    try {
      validate(schemas?.params, data, { code: 'invalid_params', name: `The parameters of "${type}"` })
      end = exchange(connection, spec, { answered, failed })
      // It may have been dropped at once.
      if (isOver) end()
    } catch (error) {
      failed(error)
    }
  })
}

/** Returns what ends it. */
function exchange(connection: Connection, spec: RequestSpec, { answered, failed }: Asker): () => void {
  const { type, signal, timeoutFrom, timeoutMs = connection.requestTimeoutMs } = spec
  let endPatience: (() => void) | undefined
  const abort = () => failed(new LiveError('aborted', `"${type}" was aborted`, { cause: signal?.reason }))
  if (signal?.aborted) throw new LiveError('aborted', `"${type}" was aborted`, { cause: signal.reason })
  signal?.addEventListener('abort', abort)
  let maybeDelivered = false
  const expire = () => {
    const message = `"${type}" was not answered within ${timeoutMs} ms`
    failed(new LiveError('timeout', message, { maybeDelivered }))
  }
  const startPatience = () => {
    endPatience?.()
    endPatience = waitFor(connection, timeoutMs, expire)
  }
  if (timeoutFrom !== 'write') startPatience()
  const takeOut = sendFrame(connection, {
    type,
    data: spec.data,
    idempotent: spec.idempotent,
    name: spec.name,
    onRead: spec.onRead,
    guard: spec.guard,
    delivery: spec.control ? 'control' : 'reliable',
    onAnswer: answered,
    onWritten: () => {
      maybeDelivered = true
      if (timeoutFrom === 'write') startPatience()
      // One for all that this turn writes.
      if (spec.onRead) queueMicrotask(() => askForSign(connection))
    },
    onQueuedAgain: () => {
      if (timeoutFrom === 'write') endPatience?.()
    },
    onDropped: failed,
  })
  return () => {
    endPatience?.()
    takeOut()
    signal?.removeEventListener('abort', abort)
  }
}

/** It is over after so long; after half of it the connection is doubted. */
function waitFor(connection: Connection, timeoutMs: number, onExpired: () => void): () => void {
  const { patience, heard } = connection
  let cancel = patience.setTimer(() => {
    cancel = setDeadline(patience, timeoutMs / 2, onExpired)
    doubt(connection, heard)
  }, timeoutMs / 2)
  return () => cancel()
}

/** Nothing at all has come for half of the time: a dead connection is noticed early enough to ask through another. */
function doubt({ heartbeat, current, heard, raise }: Connection, heardBefore: number): void {
  if (heartbeat && current && heard === heardBefore) raise({ type: 'wake', sinceDialMs: 0 })
}

export function errorOf(frame: Frame, type: string): LiveError {
  const cause = fieldsOf(frame.error)
  const { retryable } = cause
  const code = textOf(cause.code)
  // A server that is overloaded or goes down cannot be expected to know for how long.
  const isUnavailable = code === 'unavailable'
  return new LiveError(
    'rejected',
    `The server rejected "${type}": ${textOf(cause.message) ?? code ?? 'no reason given'}`,
    {
      reason: code,
      retryable: (retryable ?? isUnavailable) === true,
      retryAfterMs: retryAfterOf(cause) ?? (isUnavailable ? UNAVAILABLE_MS : undefined),
      cause,
    },
  )
}
