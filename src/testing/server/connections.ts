/** The life of a connection: accepted, authenticated, listened to, closed. */
import { readAddress, roomOf, withoutToken } from './address.ts'
import { admit } from './admission.ts'
import { type Authenticate, type AuthResult, type Grant, type Refusal, judge, tokenOf } from './authentication.ts'
import type { ServerClock } from './clock.ts'
import { dispatch, isThenable, type NoFrame, parseFrames, refuse } from './dispatch.ts'
import { readString } from './fields.ts'
import type { Hub } from './hub.ts'
import { createMeter } from './limits.ts'
import { announceDeparture } from './presence.ts'
import { keyOf } from './records.ts'
import { RequestError } from './requestError.ts'
import type { AcceptedConnection, ServerConnection, Session } from './session.ts'
import { viewUser } from './views.ts'
import type { ClientFrame } from './wire.ts'

const UNAUTHORIZED = 4001
const FORBIDDEN = 4003
const RATE_LIMITED = 4029
const TOO_LARGE = 1009
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
  { roomEndpoint, hub, clock }: ConnectionOptions,
  connection: ServerConnection,
  id: string,
): Session {
  const { path } = readAddress(connection.url)
  return {
    id,
    connection,
    endpoint: path,
    roomKey: roomOf(path, roomEndpoint),
    meter: createMeter(hub.limits, clock.now),
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
  hub.emit({ type: 'connected', connectionId: session.id, url: withoutToken(connection.url) })
  const refusal = hub.faults.takeRefusal(options.clock.now())
  if (refusal !== undefined) {
    hub.close(session, refusal, 'refused')
    return
  }
  if (session.roomKey === null) {
    hub.close(session, FORBIDDEN, 'no such address')
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
  if (text.length > hub.limits.messageBytes) {
    hub.close(session, TOO_LARGE, 'message too large')
    return
  }
  const frames = parseFrames(text)
  hub.emit({ type: 'received', connectionId: session.id, text: forLog(session, { text, frames }) })
  let cost = 1 + text.length / BYTES_PER_FRAME
  for (const frame of frames) {
    if (isOver(session)) return
    if (isWithinRate(listening, frame, cost)) handle(listening, frame)
    cost = 1
  }
}

/** What a frame may weigh before it counts as two. */
const BYTES_PER_FRAME = 1024

/** An `auth` frame holds a token, and so may what is no frame, while none was heard. */
function forLog(
  { phase }: Session,
  { text, frames }: { text: string; frames: readonly (ClientFrame | NoFrame)[] },
): string {
  const holdsToken = (frame: ClientFrame | NoFrame) =>
    'error' in frame ? phase === 'waiting' : frame.type === 'auth'
  return frames.some(holdsToken) ? `… (${text.length} characters)` : text
}

const isOver = ({ phase }: Session) => phase === 'closing' || phase === 'closed'

function isWithinRate({ session, options }: Listening, frame: ClientFrame | NoFrame, cost: number): boolean {
  const { hub } = options
  const waitMs = session.meter.take(cost)
  if (waitMs === 0) return true
  const hint = { retry_after_ms: waitMs }
  const error = new RequestError('rate_limited', 'Too many frames, or too large ones', hint)
  refuse(hub, session, { mark: hub.mark(), id: frame.id, error })
  // Without replies, what is not read must not be followed by anything that is: it would be taken for read.
  if (session.meter.isFlooded() || !hub.capabilities.replies) hub.close(session, RATE_LIMITED, JSON.stringify(hint))
  return false
}

function handle(listening: Listening, frame: ClientFrame | NoFrame): void {
  const { session, options } = listening
  const { hub } = options
  if (isOver(session)) return
  if ('error' in frame) refuse(hub, session, { ...frame, mark: hub.mark() })
  else if (listening.waiting) listening.waiting.push(frame)
  else if (frame.type === 'auth') authenticateByFrame(listening, frame)
  else dispatch(hub, session, frame)
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
    for (const held of waiting) handle(listening, held)
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
  const unavailable = new RequestError('unavailable', 'Tokens cannot be checked now', { retry_after_ms: 1000 })
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

/** Whoever closed it: the session is over and its user may be offline. */
export function endSession(hub: Hub, sessions: Set<Session>, session: Session): void {
  if (session.phase === 'closed') return
  session.phase = 'closed'
  session.cancelDeadline()
  sessions.delete(session)
  hub.forget(session)
  if (session.user) announceDeparture(hub, hub.state.users.get(keyOf(session.user.id)) ?? session.user)
}
