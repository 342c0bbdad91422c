/** Puts the parts together: what is written, how a session ends, and how events reach whoever has subscribed. */
import { localBus } from '../bus.ts'
import { realEnvironment } from '../environment.ts'
import { fieldsOfChannel } from '../feeds/channelOf.ts'
import { createFeeds } from '../feeds/createFeeds.ts'
import { messageText } from '../feeds/eventText.ts'
import { createHeadReader } from '../feeds/headReader.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { LiveServerEvent } from '../options.ts'
import type { Session } from '../session/session.ts'
import { createSessions } from '../session/sessions.ts'
import type { LoggedEvent } from '../store.ts'
import type { AnyOptions, Hub } from './hub.ts'

const SERVER_ERROR = 1011
const TRY_AGAIN_LATER = 1013

export function createHub(options: AnyOptions): Hub {
  const { environment = realEnvironment(), bus = localBus(), store } = options
  const hub: Hub = {
    options,
    environment,
    bus,
    kinds: options.protocol.kinds,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    sessions: createSessions(),
    readHeads: createHeadReader(store),
    feeds: createFeeds({
      store,
      environment,
      deliver: (channel, events) => deliver(hub, channel, events),
      onHole: (channel) => tellHole(hub, channel),
      onError: (error) => hub.fail(error),
    }),
    isDraining: false,
    emit: (event) => emit(options, event),
    fail: (error) => emit(options, { type: 'failed', error }),
    write: (session, text) => write(hub, session, text),
    writeEvent: (session, channel, text) => writeEvent(hub, session, { channel, text }),
    close: (session, code, reason) => close(hub, session, { code, reason }),
    unsubscribe: (session, channel) => {
      session.asking.delete(channel)
      if (hub.sessions.unsubscribe(session, channel)) hub.feeds.close(channel)
    },
    tell: (events) => tell(hub, events),
  }
  return hub
}

function emit({ onEvent }: AnyOptions, event: LiveServerEvent): void {
  try {
    onEvent?.(event)
  } catch {
    // There is nobody left to tell: this is who would be told.
  }
}

function write(hub: Hub, session: Session, text: string): void {
  if (session.phase === 'closed') return
  const { socket } = session
  try {
    // What waited before: one answer that is larger makes nobody a slow reader.
    if ((socket.bufferedBytes?.() ?? 0) > hub.limits.bufferedBytes)
      hub.close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
    else socket.send(text)
  } catch (error) {
    hub.fail(error)
    hub.close(session, SERVER_ERROR, 'writing failed')
  }
}

interface HeldText {
  readonly channel: string
  readonly text: string
}

function writeEvent(hub: Hub, session: Session, event: HeldText): void {
  if (!session.channels.has(event.channel)) return
  if (session.committed === 0) return hub.write(session, event.text)
  session.held.push(event)
  session.heldLength += event.text.length
  if (session.heldLength > hub.limits.bufferedBytes)
    hub.close(session, TRY_AGAIN_LATER, '{"retry_after_ms":1000}')
}

/** The answers are out: so is what waited behind them. */
export function releaseHeld(hub: Hub, session: Session): void {
  if (--session.committed > 0) return
  session.heldLength = 0
  for (const { channel, text } of session.held.splice(0)) hub.writeEvent(session, channel, text)
}

function close(hub: Hub, session: Session, { code, reason }: { code: number; reason: string }): void {
  if (session.phase === 'closed') return
  endSession(hub, session)
  hub.emit({ type: 'closed', connectionId: session.id, code, reason })
  try {
    session.socket.close(code, reason)
  } catch (error) {
    hub.fail(error)
  }
}

/** Whoever closed it. */
export function endSession(hub: Hub, session: Session): void {
  session.phase = 'closed'
  session.cancelDeadline()
  session.asking.clear()
  session.held.length = 0
  for (const channel of hub.sessions.remove(session)) hub.feeds.close(channel)
}

/** Written once, however many listen. */
function deliver(hub: Hub, channel: string, events: readonly LoggedEvent[]): void {
  const subscribers = hub.sessions.ofChannel(channel)
  const text = messageText(events)
  hub.emit({
    type: 'delivered',
    channel,
    events: events.length,
    connections: subscribers.size,
    length: text.length,
  })
  for (const session of subscribers) hub.writeEvent(session, channel, text)
}

function tellHole(hub: Hub, channel: string): void {
  const data = { ...fieldsOfChannel(hub.kinds, channel), reason: 'events were lost' }
  const text = JSON.stringify({ type: 'resync_required', data })
  for (const session of hub.sessions.ofChannel(channel)) hub.writeEvent(session, channel, text)
}

function tell(hub: Hub, events: readonly LoggedEvent[]): void {
  hub.feeds.tell(events)
  const heads = new Map(events.map(({ channel, seq, epoch }) => [channel, { seq, epoch }]))
  for (const [channel, head] of heads) publishNotice(hub, { type: 'moved', channel, head })
}

/** A hint that is lost costs time only; what goes wrong with it is nobody's answer. */
export function publishNotice(hub: Hub, notice: Parameters<Hub['bus']['publish']>[0]): void {
  const send = async () => hub.bus.publish(notice)
  void send().catch(hub.fail)
}
