/** Subscribe, unsubscribe, and the one frame that catches many channels up. */
import { entryOf, fieldsOf } from '../../transport/protocol.ts'
import { channelName } from '../feeds/channelName.ts'
import { frameText } from '../feeds/eventText.ts'
import { RequestError, unavailable } from '../requestError.ts'
import { isId } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Head, Missed } from '../store.ts'
import { checkAccess, keyOf, notMember } from './access.ts'
import type { Handler } from './answer.ts'
import type { Hub } from './hub.ts'

export const subscribe: Handler = async (hub, session, frame) => {
  const key = keyOf(hub, frame)
  if (key === undefined) throw new RequestError('invalid', `"${hub.field}" is missing`)
  const refused = (await grant(hub, session, [key])).get(key)
  if (refused) throw refused
  const channel = channelName(hub.field, key)
  // Read after the subscription: nothing falls between this and the first event.
  const heads = await hub.readHeads([channel]).catch(storeFailed)
  return () => {
    if (!session.channels.has(channel)) throw notMember(hub)
    return JSON.stringify(heads.get(channel))
  }
}

export const unsubscribe: Handler = async (hub, session, frame) => {
  const key = keyOf(hub, frame)
  if (key !== undefined) hub.unsubscribe(session, channelName(hub.field, key))
  return () => '{}'
}

const storeFailed = (cause: unknown): never => {
  throw unavailable('The store does not answer', cause)
}

/** Subscribes what the user may have; the others are in the answer. @throws RequestError where the store does not answer */
async function grant(
  hub: Hub,
  session: Session,
  keys: readonly string[],
): Promise<ReadonlyMap<string, RequestError>> {
  const refused = new Map<string, RequestError>()
  const asked = keys.map(async (key) => {
    const error = await ask(hub, session, key).catch((thrown: unknown) => {
      if (thrown instanceof RequestError) return thrown
      hub.fail(thrown)
      return new RequestError('internal', 'The server failed')
    })
    if (error) refused.set(key, error)
  })
  await Promise.all(asked)
  const granted = keys.filter((key) => !refused.has(key)).map((key) => channelName(hub.field, key))
  try {
    await hub.feeds.open(granted.filter((channel) => session.channels.has(channel)))
  } catch (error) {
    for (const channel of granted) hub.unsubscribe(session, channel)
    storeFailed(error)
  }
  return refused
}

/** What it is refused for. What it had before is over then, too. */
async function ask(hub: Hub, session: Session, key: string): Promise<RequestError | undefined> {
  const channel = channelName(hub.field, key)
  const asking = Symbol(key)
  session.asking.set(channel, asking)
  try {
    await checkAccess(hub, session, key)
  } catch (error) {
    hub.unsubscribe(session, channel)
    throw error
  }
  // Revoked, left or asked again meanwhile, or nobody is there any more.
  if (session.asking.get(channel) !== asking)
    return session.channels.has(channel) ? undefined : notMember(hub)
  session.asking.delete(channel)
  if (!session.channels.has(channel) && session.channels.size >= hub.limits.subscriptions)
    return new RequestError('too_many', `At most ${hub.limits.subscriptions} subscriptions`)
  hub.sessions.subscribe(session, channel)
  return undefined
}

export const sync: Handler = async (hub, session, { data }) => {
  const { field: table } = hub.options.protocol.channels
  const asked = Object.entries(fieldsOf(entryOf(data, table)))
  if (asked.length > hub.limits.subscriptions)
    throw new RequestError('too_many', `At most ${hub.limits.subscriptions} subscriptions`)
  if (!asked.every(([key]) => isId(key))) throw new RequestError('invalid', `"${table}" has what is no id`)
  const refused = await grant(
    hub,
    session,
    asked.map(([key]) => key),
  )
  const positions = new Map(
    asked
      .filter(([key]) => !refused.has(key))
      .map(([key, position]) => [channelName(hub.field, key), positionIn(position)]),
  )
  const missed = await hub.options.store.since(positions, hub.limits.syncEvents).catch(storeFailed)
  const textOf = (key: string) => {
    const channel = channelName(hub.field, key)
    const found = session.channels.has(channel) ? missed.get(channel) : undefined
    return `${JSON.stringify(key)}:${found ? missedText(found) : refusalText(refused.get(key) ?? notMember(hub))}`
  }
  return () => `{${JSON.stringify(table)}:{${asked.map(([key]) => textOf(key)).join(',')}}}`
}

function positionIn(value: unknown): Partial<Head> {
  const { seq, epoch } = fieldsOf(value)
  if (!Number.isSafeInteger(seq) || typeof epoch !== 'string') return {}
  return { seq: seq as number, epoch }
}

const refusalText = ({ body }: RequestError) => JSON.stringify({ events: [], complete: false, error: body })

const missedText = ({ events, complete, seq, epoch }: Missed) =>
  `{"events":[${events.map(frameText).join(',')}],"complete":${complete},"seq":${seq},"epoch":${JSON.stringify(epoch)}}`
