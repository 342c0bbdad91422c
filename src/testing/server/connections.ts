/** The life of a connection: accepted, authenticated, listened to, closed. */
import { admit } from './admission.ts'
import { type Authenticate, type AuthResult, type Grant, judge, parseUrl, tokenOf } from './authentication.ts'
import type { ServerClock } from './clock.ts'
import { dispatch, parseFrames, refuse } from './dispatch.ts'
import { readString } from './fields.ts'
import type { Hub } from './hub.ts'
import { announceDeparture } from './presence.ts'
import { keyOf } from './records.ts'
import { RequestError } from './requestError.ts'
import type { AcceptedConnection, ServerConnection, Session } from './session.ts'
import { viewUser } from './views.ts'
import type { ClientFrame } from './wire.ts'

const UNAUTHORIZED = 4001
const FORBIDDEN = 4003
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

interface Listening {
  readonly session: Session
  readonly options: ConnectionOptions
  /** Frames that came while a token was being checked. */
  waiting: ClientFrame[] | undefined
}

export function acceptConnection(
  options: ConnectionOptions,
  { connection, id }: { connection: ServerConnection; id: string },
): AcceptedConnection {
  const { hub, sessions } = options
  const session = createSession(options, connection, id)
  const listening: Listening = { session, options, waiting: undefined }
  sessions.add(session)
  hub.turn(() => open(listening))
  return {
    receive: (text) => hub.turn(() => receive(listening, text)),
    closed: () => {
      if (session.phase === 'closed') return
      hub.emit({ type: 'closed', connectionId: session.id })
      hub.turn(() => endSession(hub, sessions, session))
    },
  }
}

function createSession(
  { roomEndpoint }: ConnectionOptions,
  connection: ServerConnection,
  id: string,
): Session {
  const endpoint = parseUrl(connection.url).pathname
  const room = roomEndpoint.exec(endpoint)?.[1]
  return {
    id,
    connection,
    endpoint,
    roomKey: room === undefined ? undefined : decodeURIComponent(room),
    subscriptions: new Set(),
    forgotten: new Set(),
    toldHeads: new Map(),
    user: undefined,
    phase: 'waiting',
    halfOpen: false,
    cancelDeadline: () => undefined,
  }
}

function open(listening: Listening): void {
  const { session, options } = listening
  const { hub } = options
  const { connection } = session
  hub.emit({
    type: 'connected',
    connectionId: session.id,
    url: connection.url.replace(/token=[^&]*/, 'token=…'),
  })
  const refusal = hub.faults.takeRefusal(options.clock.now())
  if (refusal !== undefined) {
    hub.close(session, refusal, 'refused')
    return
  }
  closeAfter(listening, { delayMs: options.authTimeoutMs, reason: 'no token in time' })
  const token = tokenOf(connection.url, connection.protocols ?? [])
  if (token !== undefined) checkToken(listening, token)
}

function closeAfter(listening: Listening, { delayMs, reason }: { delayMs: number; reason: string }): void {
  const { session, options } = listening
  session.cancelDeadline()
  session.cancelDeadline = options.clock.setTimer(
    () => options.hub.turn(() => options.hub.close(session, UNAUTHORIZED, reason)),
    Math.min(Math.max(delayMs, 0), MAX_TIMER_MS),
  )
}

function receive(listening: Listening, text: string): void {
  const { session, options } = listening
  const { hub } = options
  if (isOver(session) || session.halfOpen) return
  hub.emit({ type: 'received', connectionId: session.id, text })
  listen(listening, text)
}

function listen(listening: Listening, text: string): void {
  const { hub } = listening.options
  try {
    for (const frame of parseFrames(text)) handle(listening, frame)
  } catch (error) {
    refuse(hub, listening.session, { mark: hub.mark(), error })
  }
}

const isOver = ({ phase }: Session) => phase === 'closing' || phase === 'closed'

function handle(listening: Listening, frame: ClientFrame): void {
  if (isOver(listening.session)) return
  if (listening.waiting) listening.waiting.push(frame)
  else if (frame.type === 'auth') authenticateByFrame(listening, frame)
  else dispatch(listening.options.hub, listening.session, frame)
}

function authenticateByFrame(listening: Listening, frame: ClientFrame): void {
  try {
    checkToken(listening, readString(frame.data, 'token'), frame)
  } catch (error) {
    const { hub } = listening.options
    refuse(hub, listening.session, { mark: hub.mark(), id: frame.id, error })
  }
}

/** An authenticator that answers at once keeps everything in one turn; for another one, messages wait in line. */
function checkToken(listening: Listening, token: string, frame?: ClientFrame): void {
  const { authenticate, hub } = listening.options
  const result = authenticate(token)
  if (!(result instanceof Promise)) {
    settleToken(listening, { result, frame })
    return
  }
  listening.waiting = []
  void result
    .catch((error: unknown) => {
      hub.emit({ type: 'failed', error })
      return null
    })
    .then((settled) =>
      hub.turn(() => {
        settleToken(listening, { result: settled, frame })
        const { waiting = [] } = listening
        listening.waiting = undefined
        for (const held of waiting) handle(listening, held)
      }),
    )
}

interface Settled {
  readonly result: AuthResult
  readonly frame: ClientFrame | undefined
}

function settleToken(listening: Listening, { result, frame }: Settled): void {
  const { session, options } = listening
  const { hub } = options
  if (isOver(session)) return
  const verdict = judge(result)
  if ('code' in verdict) {
    if (frame) refuseToken(hub, session, { frame, reason: verdict.reason })
    hub.close(session, verdict.code, verdict.reason)
  } else if (session.user && keyOf(session.user.id) !== keyOf(verdict.user.id)) {
    hub.close(session, FORBIDDEN, 'the token is for somebody else')
  } else {
    acceptToken(listening, { grant: verdict, frame })
  }
}

function refuseToken(
  hub: Hub,
  session: Session,
  { frame, reason }: { frame: ClientFrame; reason: string },
): void {
  refuse(hub, session, { mark: hub.mark(), id: frame.id, error: new RequestError('unauthorized', reason) })
}

function acceptToken(
  listening: Listening,
  { grant, frame }: { grant: Grant; frame: ClientFrame | undefined },
): void {
  const { session, options } = listening
  const { hub } = options
  session.cancelDeadline()
  if (grant.expiresAt !== undefined) {
    closeAfter(listening, { delayMs: grant.expiresAt - hub.now(), reason: 'token expired' })
  }
  if (frame?.id !== undefined && hub.capabilities.replies) {
    hub.send(session, { type: 'response', reply_to: frame.id, data: { user: viewUser(grant.user) } }, 'reply')
  }
  if (session.phase === 'waiting') admit(hub, session, grant.user)
}

/** Whoever closed it: the session is over and its user may be offline. */
export function endSession(hub: Hub, sessions: Set<Session>, session: Session): void {
  if (session.phase === 'closed') return
  session.phase = 'closed'
  session.cancelDeadline()
  sessions.delete(session)
  if (session.user) announceDeparture(hub, hub.state.users.get(keyOf(session.user.id)) ?? session.user)
}
