/** Puts the parts together: what is written, how a session ends, and how events reach whoever has subscribed. */
import { localBus } from '../bus.ts'
import { realEnvironment, type ServerEnvironment } from '../environment.ts'
import { channelNamed, fieldsOfChannel } from '../feeds/channelOf.ts'
import { createBatches } from '../feeds/createBatches.ts'
import { createFeeds } from '../feeds/createFeeds.ts'
import { type MakeOwn, messageText, ownMessages } from '../feeds/eventText.ts'
import { createHeadReader } from '../feeds/headReader.ts'
import { DEFAULT_LIMITS, type LiveServerEvent } from '../options.ts'
import type { HeldText, Session } from '../session/session.ts'
import { createSessions } from '../session/sessions.ts'
import type { LoggedEvent } from '../store.ts'
import { startMigration } from '../stores/migration.ts'
import type { AnyOptions, Hub } from './hub.ts'

const SERVER_ERROR = 1011
const TRY_AGAIN_LATER = 1013

export function createHub(options: AnyOptions): Hub {
  const { environment = realEnvironment(), bus = localBus(), store } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const fail = (error: unknown) => emit(options, { type: 'failed', error })
  const hub: Hub = {
    options,
    environment,
    bus,
    kinds: options.protocol.kinds,
    limits,
    sessions: createSessions(),
    readHeads: createHeadReader(store, environment),
    migration: startMigration({
      store: { migrate: () => migrate(store, () => hub) },
      environment,
      onError: fail,
    }),
    ...createDelivery(() => hub, { environment, store, waitMs: limits.batchMs }),
    process: environment.createId(),
    plugins: [],
    watches: new Map(),
    isDraining: false,
    emit: (event) => emit(options, event),
    fail,
    write: (session, text) => write(hub, session, text),
    writeEvent: (session, channel, text) => writeEvent(hub, session, { channel, text }),
    close: (session, code, reason) => close(hub, session, { code, reason }),
    unsubscribe: (session, channel) => {
      session.asking.delete(channel)
      if (hub.sessions.unsubscribe(session, channel)) closeUnused(hub, channel)
    },
    tell: (events) => tell(hub, events),
  }
  return hub
}

interface DeliveryParts {
  readonly environment: ServerEnvironment
  readonly store: AnyOptions['store']
  readonly waitMs: number
}

/** What happens on channels: plugins hear it at once, those who have subscribed it together with what comes with it. */
function createDelivery(
  hubOf: () => Hub,
  { environment, store, waitMs }: DeliveryParts,
): Pick<Hub, 'feeds' | 'endChannel'> {
  const batches = createBatches({
    environment,
    waitMs,
    deliver: (channel, events) => deliver(hubOf(), channel, events),
  })
  const feeds = createFeeds({
    store: {
      since: (positions, maxEvents) => store.since(positions, maxEvents),
      heads: (channels) => hubOf().readHeads(channels),
    },
    environment,
    deliver: (channel, events) => {
      const hub = hubOf()
      for (const { parts } of hub.plugins) guarded(hub, () => parts.delivering?.(channel, events))
      if (hub.sessions.ofChannel(channel).size > 0) batches.add(channel, events)
    },
    onHole: (channel) => {
      batches.flush(channel)
      tellHole(hubOf(), channel)
    },
    onError: (error) => hubOf().fail(error),
  })
  return {
    feeds,
    endChannel: (channel) => {
      feeds.close(channel)
      batches.drop(channel)
    },
  }
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

/** Plugins are there by the time that the store is. */
async function migrate(store: AnyOptions['store'], hubOf: () => Hub): Promise<void> {
  await store.migrate()
  for (const { parts } of hubOf().plugins) await parts.migrate?.()
}

/** Nobody has subscribed it, and nobody watches it. */
export function closeUnused({ endChannel, watches, sessions }: Hub, channel: string): void {
  if (!watches.has(channel) && sessions.ofChannel(channel).size === 0) endChannel(channel)
}

function writeEvent(hub: Hub, session: Session, event: HeldText): void {
  if (event.channel !== undefined && !session.channels.has(event.channel)) return
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
  for (const channel of hub.sessions.remove(session)) closeUnused(hub, channel)
  if (session.isKnown) for (const { parts } of hub.plugins) guarded(hub, () => parts.disconnected?.(session))
}

/** What a plugin throws is told, and nobody else's trouble. */
export function guarded(hub: Hub, work: () => void): void {
  try {
    work()
  } catch (error) {
    hub.fail(error)
  }
}

/** Written once, however many listen, but for those who see it otherwise: returns how many. */
function deliver(hub: Hub, channel: string, events: readonly LoggedEvent[]): number {
  const subscribers = hub.sessions.ofChannel(channel)
  const connections = subscribers.size
  const text = messageText(events)
  hub.emit({ type: 'delivered', channel, events: events.length, connections, length: text.length })
  const own = ownMessages(events, makeOwnOf(hub, channel))
  for (const session of subscribers) hub.writeEvent(session, channel, own?.(String(session.user?.id)) ?? text)
  return connections
}

export const makeOwnOf =
  ({ plugins }: Hub, channel: string): MakeOwn =>
  (text, own) => {
    const plugin = plugins.find(({ kinds }) => channelNamed(kinds, channel))
    return plugin?.parts.ownText?.(text, own) ?? text
  }

function tellHole(hub: Hub, channel: string): void {
  for (const { parts } of hub.plugins) guarded(hub, () => parts.lost?.(channel))
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
