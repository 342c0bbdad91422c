/** From a token to a user: in the address, in a cookie, or in a frame; at once, or later; and again before it runs out. */
import { RequestError, unavailable } from '../requestError.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import { type Grant, judge, type Refusal, shownUser } from '../session/token.ts'
import { answer, refuse } from './answer.ts'
import type { Hub } from './hub.ts'
import { inTime } from './inTime.ts'

const UNAUTHORIZED = 4001
const FORBIDDEN = 4003
const RATE_LIMITED = 4029
const TRY_AGAIN_LATER = 1013
const LOOK_MS = 1_000

export interface SignIn {
  readonly token: string | undefined
  /** The `auth` frame that brought it. */
  readonly frame?: ClientFrame
}

/** Does not reject. Frames that come meanwhile wait: `serveWaiting` gets them. */
export async function signIn(hub: Hub, session: Session, { token, frame }: SignIn): Promise<void> {
  let verdict: Grant | Refusal
  try {
    const how = { waitMs: hub.limits.handlerMs, what: 'authenticate' }
    verdict = judge(
      await inTime(hub.environment, how, () => hub.options.authenticate(token, session.request)),
    )
  } catch (error) {
    failToken(hub, session, { frame, error })
    return
  }
  if (session.phase === 'closed') return
  if ('code' in verdict) {
    // Cookies of something else: the token may come in a frame.
    if (token !== undefined) refuseToken(hub, session, { frame, verdict })
  } else if (session.user && String(session.user.id) !== String(verdict.user.id)) {
    hub.close(session, FORBIDDEN, 'the token is for somebody else')
  } else acceptToken(hub, session, { grant: verdict, frame })
}

interface About {
  readonly frame: ClientFrame | undefined
}

function refuseToken(hub: Hub, session: Session, { frame, verdict }: About & { verdict: Refusal }): void {
  const error = new RequestError('unauthorized', verdict.reason).body
  if (frame) refuse(hub, session, { id: frame.id, error })
  hub.close(session, verdict.code, verdict.reason)
}

/** The server's own fault: the token may be good, so the client is not told to get another one. */
function failToken(hub: Hub, session: Session, { frame, error }: About & { error: unknown }): void {
  hub.fail(error)
  if (frame) refuse(hub, session, { id: frame.id, error: unavailable('Tokens cannot be checked now').body })
  hub.close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
}

function acceptToken(hub: Hub, session: Session, { grant, frame }: About & { grant: Grant }): void {
  const { user, expiresAt } = grant
  if (session.phase === 'waiting' && !admit(hub, session, grant)) return
  // What the application knows of its user may have changed; who it is has not.
  session.user = user
  session.cancelDeadline()
  if (expiresAt !== undefined)
    closeAfter(hub, session, { delayMs: expiresAt - hub.environment.wallNow(), reason: 'token expired' })
  if (frame) answer(hub, session, { frame, data: JSON.stringify({ user: shownUser(user) }) })
}

export function closeAfter(
  hub: Hub,
  session: Session,
  { delayMs, reason }: { readonly delayMs: number; readonly reason: string },
): void {
  session.cancelDeadline()
  const end = () => {
    // A token that is being checked is there in time.
    if (session.phase === 'waiting' && session.waiting) closeAfter(hub, session, { delayMs: LOOK_MS, reason })
    else hub.close(session, UNAUTHORIZED, reason)
  }
  session.cancelDeadline = hub.environment.setTimer(end, Math.max(delayMs, 0))
}

function admit(hub: Hub, session: Session, { user }: Grant): boolean {
  const { sessions, limits, environment } = hub
  if (sessions.ofUser(user.id).size >= limits.connectionsPerUser) {
    hub.close(session, RATE_LIMITED, '{"retry_after_ms":10000}')
    return false
  }
  Object.assign(session, { user, phase: 'ready' })
  sessions.addUser(session, user.id)
  hub.emit({ type: 'authenticated', connectionId: session.id, userId: user.id })
  const data = {
    connection_id: session.id,
    user: shownUser(user),
    server_time: environment.wallNow(),
    batch: true,
    level: 3,
    heads: true,
  }
  hub.write(session, JSON.stringify({ type: 'welcome', data }))
  return true
}
