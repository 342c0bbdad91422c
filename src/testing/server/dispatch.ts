/** From a text to handlers and back to replies. Every refusal has a code; nothing a client sends can break the server. */
import { HANDLERS } from './handlers/handlers.ts'
import type { Hub } from './hub.ts'
import { serves } from './levels.ts'
import { type ErrorBody, RequestError } from './requestError.ts'
import { isReady, type Session } from './session.ts'
import { type ClientFrame, type Id, isFields, isId } from './wire.ts'

/** The frames of one message. @throws RequestError when it is none, or holds something that is no frame */
export function parseFrames(text: string): ClientFrame[] {
  const value = parseJson(text)
  return (Array.isArray(value) ? value : [value]).map(toFrame)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RequestError('invalid', `Not JSON: ${cause instanceof Error ? cause.message : text}`)
  }
}

function toFrame(value: unknown): ClientFrame {
  if (!isFields(value) || typeof value.type !== 'string') {
    throw new RequestError('invalid', 'A frame is an object with a "type"')
  }
  const data = isFields(value.data) ? value.data : {}
  return { type: value.type, data, ...(isId(value.id) ? { id: value.id } : {}) }
}

export function dispatch(hub: Hub, session: Session, frame: ClientFrame): void {
  const mark = hub.mark()
  try {
    const result = serve(hub, session, frame)
    if (result instanceof Promise) void answerLater(hub, session, { frame, result })
    else if (result !== undefined) answer(hub, session, { mark, frame, result })
  } catch (error) {
    refuse(hub, session, { mark, id: frame.id, error })
  }
}

function serve(hub: Hub, session: Session, frame: ClientFrame): unknown {
  const { type, data } = frame
  if (!isReady(session)) throw new RequestError('unauthorized', 'Authenticate first')
  const rejection = hub.faults.takeRejection(type)
  if (rejection) throw new RequestError(rejection.code, rejection.message, rejection)
  const custom = own(hub.customHandlers, type)
  if (custom) return custom(data, { user: session.user }) ?? null
  const handler = serves(hub.capabilities, type) ? own(HANDLERS, type) : undefined
  if (!handler) throw new RequestError('unsupported', `This server does not know "${type}"`)
  return handler(hub, { data, user: session.user, session })
}

/** Without this, a frame of type "toString" would find a function. */
function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

async function answerLater(
  hub: Hub,
  session: Session,
  { frame, result }: { frame: ClientFrame; result: Promise<unknown> },
): Promise<void> {
  const settled = await result.then(
    (value) => () => answer(hub, session, { mark: hub.mark(), frame, result: value }),
    (error: unknown) => () => refuse(hub, session, { mark: hub.mark(), id: frame.id, error }),
  )
  hub.turn(settled)
}

function answer(
  hub: Hub,
  session: Session,
  { mark, frame, result }: { mark: number; frame: ClientFrame; result: unknown },
): void {
  if (!hub.capabilities.replies || frame.id === undefined) return
  hub.sendAt(mark, session, { type: 'response', reply_to: frame.id, data: result })
}

/** Without an id to answer, the error is about the connection. Level 0 says nothing. */
export function refuse(
  hub: Hub,
  session: Session,
  { mark, id, error }: { mark: number; id?: Id | undefined; error: unknown },
): void {
  const body = error instanceof RequestError ? error.body : internalError(hub, error)
  if (!hub.capabilities.replies) return
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
