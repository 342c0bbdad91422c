/** One answer for each frame that has an id. */

import { type ErrorBody, RequestError, unavailable } from '../requestError.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import { inTime } from '../session/inTime.ts'
import type { Session } from '../session/session.ts'
import { ConflictError, type Head } from '../store.ts'
import { releaseHeld } from './createHub.ts'
import type { Hub } from './hub.ts'

export interface Answer {
  /** JSON. */
  readonly data: string
  /** Where its channel stood in the very read that it comes from. */
  readonly position?: Head | undefined
}

/**
 * Resolves with what makes the answer in the moment in which it is written: a right may have gone while it was on its way.
 * @throws RequestError
 */
export type Handler = (hub: Hub, session: Session, frame: ClientFrame) => Promise<() => Answer | undefined>

/** Runs the handler and answers with what it returns or throws. Does not reject. */
export async function serve(
  hub: Hub,
  { session, frame }: { readonly session: Session; readonly frame: ClientFrame },
  handler: Handler,
): Promise<void> {
  const startedAt = hub.environment.now()
  let error: ErrorBody | undefined
  try {
    if (session.phase === 'closed') return
    const what = `The handler of "${frame.type}"`
    const make = await inTime(hub.environment, { waitMs: hub.limits.handlerMs, what }, async () => {
      await hub.migration.wait()
      return handler(hub, session, frame)
    })
    const made = make()
    if (made) answer(hub, session, { frame, ...made })
  } catch (thrown) {
    error = bodyOf(hub, thrown)
    refuse(hub, session, { id: frame.id, error })
  } finally {
    session.unanswered--
    const durationMs = hub.environment.now() - startedAt
    const code = error && { code: error.code }
    hub.emit({ type: 'answered', connectionId: session.id, request: frame.type, ...code, durationMs })
  }
}

/**
 * The same for what commits: from `onCommit` on, events of this connection wait until the answer is out. What commits after
 * its answer, because it took too long, holds nothing up.
 */
export async function serveCommitting(
  hub: Hub,
  of: { readonly session: Session; readonly frame: ClientFrame },
  handler: (onCommit: () => void) => ReturnType<Handler>,
): Promise<void> {
  const { session } = of
  let isHolding = false
  let isOver = false
  const onCommit = () => {
    if (isHolding || isOver) return
    isHolding = true
    session.committed++
  }
  await serve(hub, of, () => handler(onCommit))
  isOver = true
  if (isHolding) releaseHeld(hub, session)
}

export function answer(
  hub: Hub,
  session: Session,
  { frame: { id }, data, position }: Answer & { readonly frame: ClientFrame },
): void {
  if (id === undefined) return
  const at = position ? `"as_of":${position.seq},"epoch":${JSON.stringify(position.epoch)},` : ''
  hub.write(session, `{"type":"response","reply_to":${JSON.stringify(id)},${at}"data":${data}}`)
}

/** Without an id to answer, the error is about the connection. */
export function refuse(
  hub: Hub,
  session: Session,
  { id, error }: { readonly id?: ClientFrame['id']; readonly error: ErrorBody },
): void {
  hub.write(session, JSON.stringify({ type: 'error', ...(id === undefined ? {} : { reply_to: id }), error }))
}

function bodyOf(hub: Hub, error: unknown): ErrorBody {
  if (error instanceof RequestError) {
    if (error.cause !== undefined) hub.fail(error.cause)
    return error.body
  }
  hub.fail(error)
  if (error instanceof ConflictError) return unavailable('Too many are writing').body
  return { code: 'internal', message: 'The server failed', retryable: true }
}
