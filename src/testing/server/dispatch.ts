/** From a text to handlers and back to replies. Every refusal has a code; nothing a client sends can break the server. */

import { type ErrorBody, RequestError } from '../../server/requestError.ts'
import { HANDLERS } from './handlers/handlers.ts'
import type { Hub } from './hub.ts'
import { serves } from './levels.ts'
import { isReady, type Session } from './session.ts'
import type { ClientFrame, Id } from './wire.ts'

export function dispatch(hub: Hub, session: Session, frame: ClientFrame): void {
  const mark = hub.mark()
  try {
    hub.atomically(() => {
      const result = serve(hub, session, frame)
      if (isThenable(result)) void answerLater(hub, session, { frame, result })
      else if (result !== undefined) answer(hub, session, { mark, frame, result })
    })
  } catch (error) {
    refuse(hub, session, { mark, id: frame.id, error })
  }
}

function serve(hub: Hub, session: Session, frame: ClientFrame): unknown {
  const { type, data } = frame
  if (!isReady(session)) throw new RequestError('unauthorized', 'Authenticate first')
  const custom = own(hub.customHandlers, type)
  if (custom) return custom(data, { user: session.user }) ?? null
  const handler = serves(hub.capabilities, type) ? own(HANDLERS, type) : undefined
  if (!handler) throw new RequestError('unsupported', `This server does not know "${type}"`)
  return handler(hub, { data, user: session.user, session })
}

export const isThenable = <Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> =>
  value instanceof Object && 'then' in value && typeof value.then === 'function'

/** Without this, a frame of type "toString" would find a function. */
export function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

async function answerLater(
  hub: Hub,
  session: Session,
  { frame, result }: { frame: ClientFrame; result: PromiseLike<unknown> },
): Promise<void> {
  const fail = (error: unknown) => refuse(hub, session, { mark: hub.mark(), id: frame.id, error })
  try {
    const value = await result
    hub.turn(() => answer(hub, session, { mark: hub.mark(), frame, result: value }))
  } catch (error) {
    hub.turn(() => fail(error))
  }
}

function answer(
  hub: Hub,
  session: Session,
  { mark, frame, result }: { mark: number; frame: ClientFrame; result: unknown },
): void {
  if (!hub.capabilities.replies || frame.id === undefined) return
  hub.sendAt(mark, session, { type: 'response', reply_to: frame.id, data: result })
}

const TRY_AGAIN_LATER = 1013
const OWN_FAULTS = ['unavailable', 'internal']

/**
 * Without an id to answer, the error is about the connection. Level 0 says nothing; what is the server's own fault ends the
 * connection there, or the client would take the frame for done.
 */
export function refuse(
  hub: Hub,
  session: Session,
  { mark, id, error }: { mark: number; id?: Id | undefined; error: unknown },
): void {
  const body = error instanceof RequestError ? error.body : internalError(hub, error)
  if (!hub.capabilities.replies) {
    if (OWN_FAULTS.includes(body.code)) hub.close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
    return
  }
  hub.sendAt(mark, session, {
    type: 'error',
    ...(id === undefined ? {} : { reply_to: id }),
    error: body,
  })
}

function internalError(hub: Hub, error: unknown): ErrorBody {
  hub.emit({ type: 'failed', error })
  return { code: 'internal', message: 'The server failed', retryable: true }
}
