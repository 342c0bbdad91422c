/** From a token to a user: in the address, in a cookie, or in a frame; at once, or later; and again before it runs out. */
import { RequestError, unavailable } from '../requestError.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import { inTime } from '../session/inTime.ts'
import type { Session } from '../session/session.ts'
import { type Grant, judge, type Refusal, shownUser } from '../session/token.ts'
import { answer, refuse } from './answer.ts'
import { releaseHeld } from './createHub.ts'
import type { Hub } from './hub.ts'
import { admitToPlugins } from './plugins.ts'

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
  if (isOver(session)) return
  if ('code' in verdict) {
    // Cookies of something else: the token may come in a frame.
    if (token !== undefined) refuseToken(hub, session, { frame, verdict })
  } else if (session.user && String(session.user.id) !== String(verdict.user.id)) {
    hub.close(session, FORBIDDEN, 'the token is for somebody else')
  } else await acceptToken(hub, session, { grant: verdict, frame })
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

async function acceptToken(
  hub: Hub,
  session: Session,
  { grant, frame }: About & { grant: Grant },
): Promise<void> {
  const { user, expiresAt } = grant
  session.cancelDeadline()
  if (session.phase === 'waiting' && !(await admit(hub, session, grant))) return
  // What the application knows of its user may have changed; who it is has not.
  session.user = user
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

async function admit(hub: Hub, session: Session, { user }: Grant): Promise<boolean> {
  const { sessions, limits, environment } = hub
  if (sessions.ofUser(user.id).size >= limits.connectionsPerUser) {
    hub.close(session, RATE_LIMITED, '{"retry_after_ms":10000}')
    return false
  }
  session.user = user
  sessions.addUser(session, user.id)
  // Nothing goes before the greeting.
  session.committed++
  const admission = hub.plugins.length > 0 ? await admitToPlugins(hub, session) : {}
  if (isOver(session)) return false
  if ('refusal' in admission) {
    hub.close(session, admission.refusal.code, admission.refusal.reason)
    return false
  }
  session.phase = 'ready'
  hub.emit({ type: 'authenticated', connectionId: session.id, userId: user.id })
  const data = {
    connection_id: session.id,
    user: shownUser(user),
    server_time: environment.wallNow(),
    batch: true,
    level: 3,
    heads: true,
    ...admission.welcome,
  }
  hub.write(session, JSON.stringify({ type: 'welcome', data }))
  for (const text of admission.frames ?? []) hub.write(session, text)
  releaseHeld(hub, session)
  return true
}

/** It may have ended while something was waited for. */
const isOver = ({ phase }: Session): boolean => phase === 'closed'
