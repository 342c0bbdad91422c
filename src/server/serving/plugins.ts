/** What plugins add, and what they may do. */
import type { Id } from '../../transport/port.ts'
import { entryOf } from '../../transport/protocol.ts'
import type { BusNotice } from '../bus.ts'
import { channelOf } from '../feeds/channelOf.ts'
import { RequestError } from '../requestError.ts'
import { type ClientFrame, isId } from '../session/clientFrame.ts'
import { inTime } from '../session/inTime.ts'
import type { Admission, LiveConnection, LiveHost, LivePlugin, PluginHandler } from '../session/plugin.ts'
import type { Session } from '../session/session.ts'
import type { Committed, SnapshotRead, Transaction } from '../store.ts'
import { serveCommitting } from './answer.ts'
import { closeUnused, guarded, publishNotice } from './createHub.ts'
import type { Hub } from './hub.ts'
import { commit, readStore } from './transactions.ts'

export function startPlugins(hub: Hub, plugins: readonly LivePlugin[]): void {
  for (const { name, kinds, start } of plugins)
    hub.plugins.push({ name, kinds, parts: start(hostFor(hub, name)) })
}

export async function closePlugins(hub: Hub): Promise<void> {
  for (const { parts } of hub.plugins) await parts.close?.()
}

/** The application's own requests come first. */
export function pluginFor(hub: Hub, type: string): PluginHandler | undefined {
  if (entryOf(hub.options.requests, type)) return undefined
  for (const { parts } of hub.plugins) {
    const handler = entryOf(parts.requests, type)
    if (handler) return handler
  }
  return undefined
}

interface PluginFrame {
  readonly session: Session
  readonly frame: ClientFrame
  readonly plugin: PluginHandler
}

export async function servePlugin(hub: Hub, { session, frame, plugin }: PluginFrame): Promise<void> {
  await serveCommitting(hub, { session, frame }, async (onCommit) => {
    const { user } = session
    if (!user) throw new RequestError('unauthorized', 'Authenticate first')
    const answer = await plugin({
      connection: session,
      user,
      data: frame.data,
      transaction: (work) => commit(hub, work, { near: nearOf(hub, frame), onCommit }),
    })
    const made = answer && { data: JSON.stringify(answer) }
    return () => made
  })
}

/** The channel that the frame is about, as far as can be told from outside. */
function nearOf({ kinds }: Hub, { data }: ClientFrame): string | undefined {
  for (const kind of kinds) {
    const value = entryOf(data, kind.key)
    if (isId(value)) return channelOf(kind, String(value)).name
  }
  return undefined
}

/** Each is asked, until one refuses. Where one throws, the client is to come again. */
export async function admitToPlugins(hub: Hub, session: Session): Promise<Admission> {
  const welcome = {}
  const frames: string[] = []
  try {
    await hub.migration.wait()
    if (session.phase === 'closed') return {}
    session.isKnown = true
    for (const { name, parts } of hub.plugins) {
      const how = { waitMs: hub.limits.handlerMs, what: `"connected" of ${name}` }
      const admission = (await inTime(hub.environment, how, async () => parts.connected?.(session))) ?? {}
      if ('refusal' in admission) return admission
      Object.assign(welcome, admission.welcome)
      frames.push(...(admission.frames ?? []))
    }
    return { welcome, frames }
  } catch (error) {
    hub.fail(error)
    return { refusal: { code: TRY_AGAIN_LATER, reason: '{"retry_after_ms":1000}' } }
  }
}

const TRY_AGAIN_LATER = 1013

export function hearPlugin(hub: Hub, { plugin, message }: Extract<BusNotice, { type: 'told' }>): void {
  for (const { name, parts } of hub.plugins) if (name === plugin) guarded(hub, () => parts.heard?.(message))
}

export function broadcastHere(
  hub: Hub,
  { channel, text, except }: Pick<Extract<BusNotice, { type: 'passing' }>, 'channel' | 'text' | 'except'>,
): void {
  const heard =
    channel === undefined ? [...hub.sessions.all].filter(isReady) : hub.sessions.ofChannel(channel)
  for (const session of heard) if (session.id !== except) hub.writeEvent(session, channel, text)
}

/** To whoever is there, in all processes. */
export function broadcast(
  hub: Hub,
  notice: Pick<Extract<BusNotice, { type: 'passing' }>, 'channel' | 'text' | 'except'>,
): void {
  broadcastHere(hub, notice)
  publishNotice(hub, { type: 'passing', ...notice, from: hub.process })
}

function hostFor(hub: Hub, plugin: string): LiveHost {
  const { environment, process, sessions } = hub
  return {
    environment,
    process,
    ready: async () => hub.migration.own(),
    transaction: (work) => commit(hub, work),
    read: (channels, work) => readStore(hub, channels, work) as Promise<SnapshotRead<never>>,
    ...hostNow(hub),
    ...hostChannels(hub),
    connectionsOf: (user: Id) => [...sessions.ofUser(user)].filter(isReady),
    subscribersOf: sessions.ofChannel,
    send: (connection, text) => {
      const session = sessionOf(connection)
      if (isReady(session)) hub.writeEvent(session, undefined, text)
    },
    sendAll: (text) => {
      for (const session of sessions.all) if (isReady(session)) hub.writeEvent(session, undefined, text)
    },
    broadcast: (channel, text, except) =>
      broadcast(hub, { channel, text, ...(except ? { except: except.id } : {}) }),
    tell: (message) => publishNotice(hub, { type: 'told', plugin, message, from: process }),
    fail: hub.fail,
  }
}

/** Plugins get sessions, and see less of them. */
const sessionOf = (connection: LiveConnection) => connection as Session

const isReady = ({ phase }: Session): boolean => phase === 'ready'

function hostChannels(hub: Hub): Pick<LiveHost, 'watch' | 'unwatch' | 'subscribe' | 'unsubscribe'> {
  const { watches, sessions, feeds } = hub
  const unwatch = (channels: readonly string[]) => {
    for (const channel of channels) {
      const count = (watches.get(channel) ?? 1) - 1
      if (count > 0) watches.set(channel, count)
      else watches.delete(channel)
      closeUnused(hub, channel)
    }
  }
  return {
    watch: async (channels) => {
      for (const channel of channels) watches.set(channel, (watches.get(channel) ?? 0) + 1)
      await feeds.open(channels)
    },
    unwatch,
    subscribe: async (connection, channel) => {
      const session = sessionOf(connection)
      if (session.phase === 'closed') return
      sessions.subscribe(session, channel)
      await feeds.open([channel])
    },
    unsubscribe: (connection, channel) => hub.unsubscribe(sessionOf(connection), channel),
  }
}

/** What a memory store can. */
interface PromptStore {
  transactionNow<Result>(work: (transaction: Transaction<unknown>) => Result): Committed<Result>
  snapshotNow<Result>(channels: readonly string[], read: (tx: unknown) => Result): SnapshotRead<Result>
}

function hostNow(hub: Hub): Pick<LiveHost, 'transactionNow' | 'readNow'> {
  const promptStore = (): PromptStore => {
    const store = hub.options.store as object
    if ('transactionNow' in store) return store as PromptStore
    throw new Error('This store cannot answer at once: use memoryStore()')
  }
  return {
    transactionNow: (work) => {
      const { result, events } = promptStore().transactionNow(work)
      hub.tell(events)
      return result
    },
    readNow: (work) => promptStore().snapshotNow([], work).result,
  }
}
