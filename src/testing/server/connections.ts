/** The life of a connection: accepted, authenticated, listened to, closed. */

import { RequestError } from '../../server/requestError.ts'
import { type NoFrame, parseMessage, toFrame } from '../../server/session/clientFrame.ts'
import { createMeter } from '../../server/session/meter.ts'
import { readAddress, roomOf, withoutToken } from './address.ts'
import { tokenOf } from './authentication.ts'
import { dispatch, refuse } from './dispatch.ts'
import type { Hub } from './hub.ts'
import { announceDeparture } from './presence.ts'
import { keyOf } from './records.ts'
import type { AcceptedConnection, ServerConnection, Session } from './session.ts'
import {
  authenticateByFrame,
  type ConnectionOptions,
  checkToken,
  closeAfter,
  isOver,
  type Listening,
} from './signIn.ts'
import { type ClientFrame, isFields } from './wire.ts'

const FORBIDDEN = 4003
const RATE_LIMITED = 4029
const TOO_LARGE = 1009

export function acceptConnection(
  options: ConnectionOptions,
  { connection, id }: { connection: ServerConnection; id: string },
): AcceptedConnection {
  const { hub, sessions } = options
  const session = createSession(options, connection, id)
  const listening: Listening = {
    session,
    options,
    waiting: undefined,
    handle: (frame) => handle(listening, frame),
  }
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
  if (session.roomKey === null) {
    hub.close(session, FORBIDDEN, 'no such address')
    return
  }
  closeAfter(listening, { delayMs: options.authTimeoutMs, reason: 'no token in time' })
  const token = tokenOf(connection.url, connection.protocols ?? [])
  if (token !== undefined) checkToken(listening, token)
}

function receive(listening: Listening, text: string): void {
  const { session, options } = listening
  const { hub } = options
  if (isOver(session) || session.halfOpen) return
  if (text.length > hub.limits.messageBytes) {
    hub.close(session, TOO_LARGE, 'message too large')
    return
  }
  const values = parseMessage(text)
  hub.emit({ type: 'received', connectionId: session.id, text: forLog(session, { text, values }) })
  let cost = 1 + text.length / BYTES_PER_FRAME
  for (const value of values) {
    if (isOver(session)) return
    const frame = toFrame(value)
    if (isWithinRate(listening, frame, cost)) handle(listening, frame)
    cost = 1
    hub.relieve()
  }
}

/** What a frame may weigh before it counts as two. */
const BYTES_PER_FRAME = 1024

/** An `auth` frame holds a token, and so may what is no frame, while none was heard. */
function forLog({ phase }: Session, { text, values }: { text: string; values: readonly unknown[] }): string {
  const holdsToken = (value: unknown) => {
    const type = isFields(value) ? value.type : undefined
    return type === 'auth' || (phase === 'waiting' && typeof type !== 'string')
  }
  return values.some(holdsToken) ? `… (${text.length} characters)` : text
}

function isWithinRate({ session, options }: Listening, frame: ClientFrame | NoFrame, cost: number): boolean {
  const { hub } = options
  const waitMs = session.meter.take(cost)
  if (waitMs === 0) return true
  const hint = { retry_after_ms: waitMs }
  const error = new RequestError('rate_limited', 'Too many frames, or too large ones', hint)
  refuse(hub, session, { mark: hub.mark(), id: frame.id, error })
  // Without replies, what is not read must not be followed by anything that is: it would be taken for read.
  if (session.meter.isFlooded()) hub.close(session, RATE_LIMITED, JSON.stringify(hint))
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

/** Whoever closed it: the session is over and its user may be offline. */
export function endSession(hub: Hub, sessions: Set<Session>, session: Session): void {
  if (session.phase === 'closed') return
  session.phase = 'closed'
  session.cancelDeadline()
  sessions.delete(session)
  hub.forget(session)
  if (session.user) announceDeparture(hub, hub.state.users.get(keyOf(session.user.id)) ?? session.user)
}
