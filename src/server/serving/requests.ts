/** The application's own requests: checked, run, committed once, answered before their events. */
import { isLiveError } from '../../transport/errors.ts'
import { entryOf, fieldsOf, isRecord, validate } from '../../transport/protocol.ts'
import type { ServedChannel } from '../feeds/channelOf.ts'
import type { ChannelKey } from '../options.ts'
import { RequestError } from '../requestError.ts'
import { type ClientFrame, isId } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Head, Once } from '../store.ts'
import { channelFor, channelIn, checkAccess } from './access.ts'
import { serveCommitting } from './answer.ts'
import type { Hub } from './hub.ts'
import { createTransactions, readStore } from './transactions.ts'

/** A request of somebody who may have the channels that it names. */
interface Asked {
  readonly session: Session
  readonly frame: ClientFrame
  readonly data: unknown
  /** The first of them. */
  readonly channel: ServedChannel | undefined
  /** From now on until the answer, events of this connection wait. */
  readonly onCommit: () => void
}

export async function serveRequest(hub: Hub, session: Session, frame: ClientFrame): Promise<void> {
  await serveCommitting(hub, { session, frame }, async (onCommit) => {
    const { params, result, handler } = offerOf(hub, frame.type)
    const data = readParams(() => validate(params, frame.data, { code: 'invalid_params', name: frame.type }))
    const named = hub.kinds.flatMap((kind) => channelIn(kind, frame) ?? [])
    for (const channel of named) await checkAccess(hub, session, channel)
    const { context, position } = contextOf(hub, { session, frame, data, channel: named[0], onCommit })
    const answer = (await handler(context)) ?? null
    const check = (value: unknown) =>
      validate(result, value, { code: 'invalid_frame', name: `The answer to ${frame.type}` })
    const at = position()
    const text = JSON.stringify(withPosition(answer, { at, check }))
    return () => ({ data: text, position: at })
  })
}

function offerOf({ options: { protocol, requests } }: Hub, type: string) {
  const schemas = entryOf(protocol.requests, type)
  const handler = entryOf(requests as Readonly<Record<string, (context: object) => unknown>>, type)
  if (schemas && handler) return { ...schemas, handler }
  throw new RequestError('unsupported', `This server does not know "${type}"`)
}

function readParams(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (isLiveError(error) && error.code === 'invalid_params')
      throw new RequestError('invalid', error.message)
    throw error
  }
}

interface Position {
  readonly at: Head | undefined
  check(answer: unknown): unknown
}

/** The envelope says it; so does the answer where its schema lets that pass, for whoever makes something else of it. */
function withPosition(answer: unknown, { at, check }: Position): unknown {
  if (at && isRecord(answer)) {
    const placed = { ...answer, as_of: at.seq, epoch: at.epoch }
    const seen = fieldsOf(seenBy(check, placed))
    if (seen.as_of === at.seq && seen.epoch === at.epoch) return placed
  }
  check(answer)
  return answer
}

function seenBy(check: Position['check'], answer: unknown): unknown {
  try {
    return check(answer)
  } catch {
    return undefined
  }
}

function contextOf(hub: Hub, asked: Asked) {
  const { session, data, channel, onCommit } = asked
  let position: Head | undefined
  let count = 0
  const { transaction, publish } = createTransactions(hub, {
    near: channel?.name,
    once: () => onceOf(asked, count++),
    onCommit,
  })
  const own = (): ServedChannel => {
    if (channel) return channel
    throw new RequestError('invalid', `"${hub.kinds.map(({ key }) => key).join('" or "')}" is missing`)
  }
  const context = {
    user: session.user,
    data,
    connectionId: session.id,
    get key() {
      return own().key
    },
    transaction,
    publish: (type: string, payload: unknown, at: ChannelKey = keyOf(own())) => publish(type, payload, at),
    read: async (work: (tx: unknown) => unknown, at?: ChannelKey) => {
      const read = at === undefined ? channel : channelFor(hub, at)
      const { result, heads } = await readStore(hub, read ? [read.name] : [], work)
      position ??= [...heads.values()][0]
      return result
    },
  }
  return { context, position: () => position }
}

const keyOf = ({ kind, key }: ServedChannel): ChannelKey => ({ [kind.key]: key })

/** The same frame again, or the same under the name that its sender gave it. */
function onceOf({ session, frame, channel }: Asked, count: number): Once | undefined {
  const { client_id: clientId } = frame.data
  // Its name is kept as long as the answer is.
  if (typeof clientId === 'string' && !isId(clientId))
    throw new RequestError('invalid', '"client_id" is not an id')
  const name = typeof clientId === 'string' ? ['client_id', clientId] : ['id', frame.id]
  if (!session.user || name[1] === undefined) return undefined
  return {
    user: String(session.user.id),
    id: JSON.stringify([frame.type, channel?.name ?? null, ...name, count]),
  }
}
