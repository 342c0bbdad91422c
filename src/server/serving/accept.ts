/** The life of a connection: accepted, let in, listened to, ended. Nothing that a client sends throws out of here. */
import { RequestError } from '../requestError.ts'
import { type ClientFrame, type NoFrame, parseMessage, toFrame } from '../session/clientFrame.ts'
import { createMeter } from '../session/meter.ts'
import { isAllowedOrigin } from '../session/origin.ts'
import { createSession, inLine, type Session } from '../session/session.ts'
import { hasCredentials, tokenOf } from '../session/token.ts'
import type { AcceptedSocket, ServerRequest, ServerSocket } from '../socket.ts'
import { type Handler, refuse, serve } from './answer.ts'
import { endSession } from './createHub.ts'
import type { Hub } from './hub.ts'
import { pluginFor, servePlugin } from './plugins.ts'
import { pong } from './pong.ts'
import { serveRequest } from './requests.ts'
import { closeAfter, type SignIn, signIn } from './signIn.ts'
import { subscribe, sync, unsubscribe } from './subscriptions.ts'

const TOO_LARGE = 1009
const SERVICE_RESTART = 1012
const FORBIDDEN = 4003
const RATE_LIMITED = 4029

export function accept(hub: Hub, socket: ServerSocket, request: ServerRequest): AcceptedSocket {
  const { environment, limits } = hub
  const id = environment.createId()
  const meter = createMeter(limits, environment.now)
  const session = createSession({ id, socket, request, meter, now: environment.now() })
  hub.sessions.add(session)
  hub.emit({ type: 'connected', connectionId: id })
  open(hub, session)
  return {
    receive: (text) => receive(hub, session, text),
    closed: () => {
      if (session.phase === 'closed') return
      endSession(hub, session)
      hub.emit({ type: 'closed', connectionId: id })
    },
  }
}

function open(hub: Hub, session: Session): void {
  const { request } = session
  if (hub.isDraining) return hub.close(session, SERVICE_RESTART, '{"retry_after_ms":1000}')
  if (!isAllowedOrigin(request, hub.options.origins))
    return hub.close(session, FORBIDDEN, 'this origin is not allowed')
  closeAfter(hub, session, { delayMs: hub.limits.signInMs, reason: 'no token in time' })
  const token = tokenOf(request)
  if (token !== undefined || hasCredentials(request)) checkToken(hub, session, { token })
}

function checkToken(hub: Hub, session: Session, by: SignIn): void {
  session.waiting = []
  void signIn(hub, session, by).then(() => {
    const { waiting = [] } = session
    session.waiting = undefined
    for (const frame of waiting) handle(hub, session, frame)
  })
}

function receive(hub: Hub, session: Session, text: string): void {
  if (session.phase === 'closed') return
  session.heardAt = hub.environment.now()
  if (text.length > hub.limits.messageLength) return hub.close(session, TOO_LARGE, 'message too large')
  let cost = 1 + text.length / CHARACTERS_PER_FRAME
  for (const value of parseMessage(text)) {
    const frame = toFrame(value)
    if (isWithinRate(hub, session, { id: frame.id, cost })) handle(hub, session, frame)
    cost = 1
  }
}

/** What a frame may weigh before it counts as two. */
const CHARACTERS_PER_FRAME = 1_024

function isWithinRate(
  hub: Hub,
  session: Session,
  { id, cost }: { readonly id: ClientFrame['id']; readonly cost: number },
): boolean {
  if (session.phase === 'closed') return false
  const waitMs = session.meter.take(cost)
  if (waitMs === 0) return true
  const hint = { retry_after_ms: waitMs }
  const error = new RequestError('rate_limited', 'Too many frames, or too large ones', hint).body
  refuse(hub, session, { id, error })
  if (session.meter.isFlooded()) hub.close(session, RATE_LIMITED, JSON.stringify(hint))
  return false
}

function handle(hub: Hub, session: Session, frame: ClientFrame | NoFrame): void {
  if (session.phase === 'closed') return
  if ('error' in frame) refuse(hub, session, { id: frame.id, error: frame.error.body })
  else if (session.waiting) session.waiting.push(frame)
  else if (frame.type === 'auth') authenticateByFrame(hub, session, frame)
  else if (session.phase === 'waiting') refuse(hub, session, { id: frame.id, error: UNAUTHORIZED.body })
  else if (session.unanswered >= hub.limits.unanswered)
    refuse(hub, session, { id: frame.id, error: BUSY.body })
  else dispatch(hub, session, frame)
}

const UNAUTHORIZED = new RequestError('unauthorized', 'Authenticate first')
const BUSY = new RequestError('unavailable', 'Too many frames wait for an answer', { retry_after_ms: 1_000 })
const NO_TOKEN = new RequestError('invalid', '"token" is not a string')

function authenticateByFrame(hub: Hub, session: Session, frame: ClientFrame): void {
  const { token } = frame.data
  if (typeof token === 'string' && token !== '') checkToken(hub, session, { token, frame })
  else refuse(hub, session, { id: frame.id, error: NO_TOKEN.body })
}

function channelHandler({ kinds }: Hub, type: string): Handler | undefined {
  for (const kind of kinds) {
    if (type === kind.subscribe) return subscribe(kind)
    if (type === kind.unsubscribe) return unsubscribe(kind)
  }
  return kinds.some((kind) => type === kind.sync) ? sync : undefined
}

function dispatch(hub: Hub, session: Session, sent: ClientFrame): void {
  const { type } = sent
  const data = { ...session.home, ...sent.data }
  const frame = { ...sent, data }
  session.unanswered++
  if (type === 'ping') {
    void pong(hub, session, frame).finally(() => session.unanswered--)
    return
  }
  const handler = channelHandler(hub, type)
  if (handler) inLine(session, 'subscriptions', () => serve(hub, { session, frame }, handler))
  else {
    // Those of one channel in the order in which they were sent, so that what is typed first is stored first.
    const kind = hub.kinds.find(({ key }) => data[key] !== undefined)
    const line = JSON.stringify(kind ? [kind.key, data[kind.key]] : [frame.id ?? null])
    const plugin = pluginFor(hub, type)
    inLine(session, line, () =>
      plugin ? servePlugin(hub, { session, frame, plugin }) : serveRequest(hub, session, frame),
    )
  }
}
