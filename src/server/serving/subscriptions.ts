/** Subscribe, unsubscribe, and the one frame that catches many channels up. */
import { type ChannelFrames, entryOf, fieldsOf, isRecord } from '../../transport/protocol.ts'
import { channelNamed, channelOf, type ServedChannel } from '../feeds/channelOf.ts'
import { frameText, type Viewer } from '../feeds/eventText.ts'
import { RequestError, unavailable } from '../requestError.ts'
import { type ClientFrame, isId } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Head, Missed } from '../store.ts'
import { channelIn, checkAccess, notMember, requireChannel } from './access.ts'
import type { Handler } from './answer.ts'
import { makeOwnOf } from './createHub.ts'
import type { Hub } from './hub.ts'

export const subscribe =
  (kind: ChannelFrames): Handler =>
  async (hub, session, frame) => {
    const channel = requireChannel(kind, frame)
    const { name } = channel
    const refused = (await grant(hub, session, [channel])).get(name)
    if (refused) throw refused
    // Read after the subscription: nothing falls between this and the first event.
    const heads = await hub.readHeads([name]).catch(storeFailed)
    return () => {
      if (!session.channels.has(name)) throw notMember(channel)
      return { data: JSON.stringify(heads.get(name)) }
    }
  }

export const unsubscribe =
  (kind: ChannelFrames): Handler =>
  async (hub, session, frame) => {
    const channel = channelIn(kind, frame)
    // Where being connected is the subscription, it lasts as long.
    if (channel && session.home[kind.key] !== channel.key) hub.unsubscribe(session, channel.name)
    return () => ({ data: '{}' })
  }

const storeFailed = (cause: unknown): never => {
  throw unavailable('The store does not answer', cause)
}

/** Subscribes what the user may have; the others are in the answer. @throws RequestError where the store does not answer */
async function grant(
  hub: Hub,
  session: Session,
  channels: readonly ServedChannel[],
): Promise<ReadonlyMap<string, RequestError>> {
  const refused = new Map<string, RequestError>()
  const asked = channels.map(async (channel) => {
    const error = await ask(hub, session, channel).catch((thrown: unknown) => {
      if (thrown instanceof RequestError) return thrown
      hub.fail(thrown)
      return new RequestError('internal', 'The server failed')
    })
    if (error) refused.set(channel.name, error)
  })
  await Promise.all(asked)
  const granted = channels.map(({ name }) => name).filter((name) => !refused.has(name))
  try {
    await hub.feeds.open(granted.filter((name) => session.channels.has(name)))
  } catch (error) {
    for (const name of granted) hub.unsubscribe(session, name)
    storeFailed(error)
  }
  return refused
}

/** What it is refused for. What it had before is over then, too. */
async function ask(hub: Hub, session: Session, channel: ServedChannel): Promise<RequestError | undefined> {
  const { name } = channel
  const asking = Symbol(name)
  session.asking.set(name, asking)
  try {
    await checkAccess(hub, session, channel)
  } catch (error) {
    hub.unsubscribe(session, name)
    throw error
  }
  // Revoked, left or asked again meanwhile, or nobody is there any more.
  if (session.asking.get(name) !== asking) return session.channels.has(name) ? undefined : notMember(channel)
  session.asking.delete(name)
  if (!session.channels.has(name) && session.channels.size >= hub.limits.subscriptions)
    return new RequestError('too_many', `At most ${hub.limits.subscriptions} subscriptions`)
  hub.sessions.subscribe(session, name)
  return undefined
}

/** One channel that a `sync` names, and up to where the client has it. */
interface Asked extends ServedChannel {
  readonly position: unknown
}

export const sync: Handler = async (hub, session, frame) => {
  const kinds = hub.kinds.filter((kind) => kind.sync === frame.type)
  const tables = kinds.map((kind) => ({ kind, asked: askedIn(kind, frame) }))
  const all = tables.flatMap(({ asked }) => asked)
  if (all.length > hub.limits.subscriptions)
    throw new RequestError('too_many', `At most ${hub.limits.subscriptions} subscriptions`)
  const refused = await grant(hub, session, all)
  const granted = all.filter(({ name }) => !refused.has(name))
  const positions = new Map<string, Partial<Head>>()
  for (const { name, position } of granted)
    positions.set(name, headIn(position) ?? (await positionIn(hub, name, position)))
  const found = await hub.options.store.since(positions, hub.limits.syncEvents).catch(storeFailed)
  const missed = withinLength(found, hub.limits.syncLength)
  const viewer = ({ name }: Asked): Viewer => ({
    user: String(session.user?.id),
    makeOwn: makeOwnOf(hub, name),
  })
  const textOf = (channel: Asked) => {
    const found = session.channels.has(channel.name) ? missed.get(channel.name) : undefined
    const text = found
      ? missedText(found, viewer(channel))
      : refusalText(refused.get(channel.name) ?? notMember(channel))
    return `${JSON.stringify(channel.key)}:${text}`
  }
  const tableText = ({ kind, asked }: (typeof tables)[number]) =>
    `${JSON.stringify(kind.field)}:{${asked.map(textOf).join(',')}}`
  return () => ({ data: `{${tables.map(tableText).join(',')}}` })
}

/** A small request must not make an answer of any size: the channels that do not fit take a new snapshot. */
function withinLength(missed: ReadonlyMap<string, Missed>, maxLength: number): Map<string, Missed> {
  let left = maxLength
  return new Map(
    [...missed].map(([channel, found]) => {
      const length = found.events.reduce((sum, { event }) => sum + event.length, 0)
      if (length > left) return [channel, { ...found, events: [], complete: false }]
      left -= length
      return [channel, found]
    }),
  )
}

function askedIn(kind: ChannelFrames, { data }: ClientFrame): readonly Asked[] {
  const positions = entryOf(data, kind.field) ?? {}
  if (!isRecord(positions)) throw new RequestError('invalid', `"${kind.field}" must map ids to positions`)
  return Object.entries(positions).map(([key, position]) => {
    if (!isId(key)) throw new RequestError('invalid', `"${kind.key}" is not an id`)
    return { ...channelOf(kind, key), position }
  })
}

function headIn(value: unknown): Head | undefined {
  const { seq, epoch } = fieldsOf(value)
  return Number.isSafeInteger(seq) && typeof epoch === 'string' ? { seq: seq as number, epoch } : undefined
}

async function positionIn(hub: Hub, channel: string, value: unknown): Promise<Partial<Head>> {
  const fields = fieldsOf(value)
  const plugin = hub.plugins.find(({ kinds }) => channelNamed(kinds, channel))
  return (await plugin?.parts.positionOf?.(channel, fields)?.catch(storeFailed)) ?? {}
}

const refusalText = ({ body }: RequestError) => JSON.stringify({ events: [], complete: false, error: body })

const missedText = ({ events, complete, seq, epoch }: Missed, viewer: Viewer) =>
  `{"events":[${events.map((event) => frameText(event, viewer)).join(',')}],"complete":${complete},"seq":${seq},"epoch":${JSON.stringify(epoch)}}`
