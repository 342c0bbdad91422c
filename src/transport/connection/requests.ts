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
}

export async function request(connection: Connection, spec: RequestSpec): Promise<unknown> {
  try {
    return await exchange(connection, spec)
  } catch (error) {
    throw connection.clean(error)
  }
}

async function exchange(connection: Connection, spec: RequestSpec): Promise<unknown> {
  const { type, data } = spec
  const schemas = entryOf(connection.protocol.requests, type)
  validate(schemas?.params, data, { code: 'invalid_params', name: `The parameters of "${type}"` })
  const reply = await replyTo(connection, spec)
  const payload = payloadOf(reply)
  const position = positionOf(reply) ?? positionOf(payload)
  if (position) spec.onPosition?.(position)
  return validate(schemas?.result, payload, { code: 'invalid_frame', name: `The reply to "${type}"` })
}

function replyTo(connection: Connection, spec: RequestSpec): Promise<Frame> {
  const { type, signal, timeoutFrom, timeoutMs = connection.requestTimeoutMs } = spec
  let endPatience = () => {}
  let end = () => {}
  return new Promise<Frame>((resolve, reject) => {
    const abort = () => reject(new LiveError('aborted', `"${type}" was aborted`, { cause: signal?.reason }))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    const expire = () => reject(new LiveError('timeout', `"${type}" was not answered within ${timeoutMs} ms`))
    const startPatience = () => {
      endPatience()
      endPatience = waitFor(connection, timeoutMs, expire)
    }
    if (timeoutFrom !== 'write') startPatience()
    const takeOut = sendFrame(connection, {
      ...spec,
      delivery: spec.control ? 'control' : 'reliable',
      onAnswer: (frame) => (frame.type === 'error' ? reject(errorOf(frame, type)) : resolve(frame)),
      onWritten: () => {
        if (timeoutFrom === 'write') startPatience()
        // One for all that this turn writes.
        if (spec.onRead) queueMicrotask(() => askForSign(connection))
      },
      onQueuedAgain: () => {
        if (timeoutFrom === 'write') endPatience()
      },
      onDropped: reject,
    })
    end = () => {
      takeOut()
      signal?.removeEventListener('abort', abort)
    }
  }).finally(() => {
    endPatience()
    end()
  })
}

/** It is over after so long; after half of it the connection is doubted. */
function waitFor(connection: Connection, timeoutMs: number, onExpired: () => void): () => void {
  const { environment, heard } = connection
  let cancel = environment.setTimer(() => {
    cancel = setDeadline(environment, timeoutMs / 2, onExpired)
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
