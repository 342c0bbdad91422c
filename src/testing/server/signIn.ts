/** From a token to a user: in the address, or in a frame; at once, or later. */

import { RequestError } from '../../server/requestError.ts'
import { admit } from './admission.ts'
import { type Authenticate, type AuthResult, type Grant, judge, type Refusal } from './authentication.ts'
import type { ServerClock } from './clock.ts'
import { isThenable, refuse } from './dispatch.ts'
import { readString } from './fields.ts'
import type { Hub } from './hub.ts'
import { keyOf } from './records.ts'
import type { Session } from './session.ts'
import { viewUser } from './views.ts'
import type { ClientFrame } from './wire.ts'

const UNAUTHORIZED = 4001
const FORBIDDEN = 4003
const TRY_AGAIN_LATER = 1013
/** Node and browsers clamp longer timers to 1 ms, which would end the session at once. */
const MAX_TIMER_MS = 2_147_483_647

export interface ConnectionOptions {
  readonly hub: Hub
  readonly clock: ServerClock
  readonly sessions: Set<Session>
  readonly authenticate: Authenticate
  /** How long a connection may stay without a valid token. */
  readonly authTimeoutMs: number
  /** Path of an endpoint per room; its first group is the room id. */
  readonly roomEndpoint: RegExp
}

export interface Listening {
  readonly session: Session
  readonly options: ConnectionOptions
  /** Frames that came while a token was being checked. */
  waiting: ClientFrame[] | undefined
  /** Serves one of them. */
  handle(frame: ClientFrame): void
}

export const isOver = ({ phase }: Session) => phase === 'closing' || phase === 'closed'

export function closeAfter(
  listening: Listening,
  { delayMs, reason }: { delayMs: number; reason: string },
): void {
  const { session, options } = listening
  session.cancelDeadline()
  session.cancelDeadline = options.clock.setTimer(
    () => options.hub.turn(() => options.hub.close(session, UNAUTHORIZED, reason)),
    Math.min(Math.max(delayMs, 0), MAX_TIMER_MS),
  )
}

export function authenticateByFrame(listening: Listening, frame: ClientFrame): void {
  try {
    checkToken(listening, readString(frame.data, 'token'), frame)
  } catch (error) {
    const { hub } = listening.options
    refuse(hub, listening.session, { mark: hub.mark(), id: frame.id, error })
  }
}

/** An authenticator that answers at once keeps everything in one turn; for another one, messages wait in line. */
export function checkToken(listening: Listening, token: string, frame?: ClientFrame): void {
  let result: AuthResult | Promise<AuthResult>
  try {
    result = listening.options.authenticate(token)
  } catch (error) {
    settleToken(listening, { result: { error }, frame })
    return
  }
  if (isThenable(result)) {
    listening.waiting = []
    void settleLater(listening, { result, frame })
  } else settleToken(listening, { result: { value: result }, frame })
}

async function settleLater(
  listening: Listening,
  { result, frame }: { result: PromiseLike<AuthResult>; frame: ClientFrame | undefined },
): Promise<void> {
  const settled: Settled['result'] = await result.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  listening.options.hub.turn(() => {
    const { waiting = [] } = listening
    listening.waiting = undefined
    settleToken(listening, { result: settled, frame })
    for (const held of waiting) {
      listening.handle(held)
      listening.options.hub.relieve()
    }
  })
}

interface Settled {
  readonly result: { readonly value: AuthResult } | { readonly error: unknown }
  readonly frame: ClientFrame | undefined
}

function settleToken(listening: Listening, { result, frame }: Settled): void {
  const { session, options } = listening
  const { hub } = options
  if (isOver(session)) return
  try {
    if ('error' in result) throw result.error
    const verdict = judge(result.value)
    if ('code' in verdict) refuseToken(hub, session, { frame, verdict })
    else if (session.user && keyOf(session.user.id) !== keyOf(verdict.user.id)) {
      hub.close(session, FORBIDDEN, 'the token is for somebody else')
    } else hub.atomically(() => acceptToken(listening, { grant: verdict, frame }))
  } catch (error) {
    failToken(hub, session, { frame, error })
  }
}

function refuseToken(
  hub: Hub,
  session: Session,
  { frame, verdict }: { frame: ClientFrame | undefined; verdict: Refusal },
): void {
  const error = new RequestError('unauthorized', verdict.reason)
  if (frame) refuse(hub, session, { mark: hub.mark(), id: frame.id, error })
  hub.close(session, verdict.code, verdict.reason)
}

/** The server's own fault: the token may be good, so the client is not told to get another one. */
function failToken(
  hub: Hub,
  session: Session,
  { frame, error }: { frame: ClientFrame | undefined; error: unknown },
): void {
  if (!(error instanceof RequestError)) hub.emit({ type: 'failed', error })
  const unavailable = new RequestError('unavailable', 'Tokens cannot be checked now', {
    retry_after_ms: 1000,
  })
  if (frame) refuse(hub, session, { mark: hub.mark(), id: frame.id, error: unavailable })
  hub.close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
}

function acceptToken(
  listening: Listening,
  { grant, frame }: { grant: Grant; frame: ClientFrame | undefined },
): void {
  const { session, options } = listening
  const { hub } = options
  const mark = hub.mark()
  if (session.phase === 'waiting') admit(hub, session, grant.user)
  session.cancelDeadline()
  if (isOver(session)) return
  if (grant.expiresAt !== undefined) {
    closeAfter(listening, { delayMs: grant.expiresAt - hub.now(), reason: 'token expired' })
  }
  if (frame?.id !== undefined && hub.capabilities.replies) {
    hub.sendAt(mark, session, { type: 'response', reply_to: frame.id, data: { user: viewUser(grant.user) } })
  }
}
