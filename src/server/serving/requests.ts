/** The application's own requests: checked, run, committed once, answered before their events. */
import { isLiveError } from '../../transport/errors.ts'
import { entryOf, isRecord, validate } from '../../transport/protocol.ts'
import { channelName } from '../feeds/channelName.ts'
import { RequestError } from '../requestError.ts'
import type { ClientFrame } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Head, Once } from '../store.ts'
import { checkAccess, keyOf } from './access.ts'
import { serve } from './answer.ts'
import { releaseHeld } from './createHub.ts'
import type { Hub } from './hub.ts'
import { createTransactions, readStore } from './transactions.ts'

/** A request of somebody who may have the channel that it names. */
interface Asked {
  readonly session: Session
  readonly frame: ClientFrame
  readonly data: unknown
  readonly key: string | undefined
  /** From now on until the answer, events of this connection wait. */
  readonly onCommit: () => void
}

export async function serveRequest(hub: Hub, session: Session, frame: ClientFrame): Promise<void> {
  let hasCommitted = false
  const onCommit = () => {
    if (!hasCommitted) session.committed++
    hasCommitted = true
  }
  await serve(hub, { session, frame }, async () => {
    const { params, result, handler } = offerOf(hub, frame.type)
    const data = readParams(() => validate(params, frame.data, { code: 'invalid_params', name: frame.type }))
    const key = keyOf(hub, frame)
    if (key !== undefined) await checkAccess(hub, session, key)
    const { context, position } = contextOf(hub, { session, frame, data, key, onCommit })
    const answer = (await handler(context)) ?? null
    validate(result, answer, { code: 'invalid_frame', name: `The answer to ${frame.type}` })
    const text = JSON.stringify(withPosition(answer, position()))
    return () => text
  })
  if (hasCommitted) releaseHeld(hub, session)
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

/** Of an array nothing can be said beside its items. */
function withPosition(answer: unknown, position: Head | undefined): unknown {
  return position && isRecord(answer) ? { ...answer, as_of: position.seq, epoch: position.epoch } : answer
}

function contextOf(hub: Hub, asked: Asked) {
  const { session, data, key, onCommit } = asked
  let position: Head | undefined
  let count = 0
  const { transaction, publish } = createTransactions(hub, {
    once: () => onceOf(asked, count++),
    onCommit,
  })
  const ownKey = (): string => {
    if (key === undefined) throw new RequestError('invalid', `"${hub.field}" is missing`)
    return key
  }
  const context = {
    user: session.user,
    data,
    connectionId: session.id,
    get key() {
      return ownKey()
    },
    transaction,
    publish: (type: string, payload: unknown, at = ownKey()) => publish(type, payload, at),
    read: async (work: (tx: unknown) => unknown, at = key) => {
      const channels = at === undefined ? [] : [channelName(hub.field, at)]
      const { result, heads } = await readStore(hub, channels, work)
      position ??= [...heads.values()][0]
      return result
    },
  }
  return { context, position: () => position }
}

/** The same frame again, or the same under the name that its sender gave it. */
function onceOf({ session, frame, key }: Asked, count: number): Once | undefined {
  const { client_id: clientId } = frame.data
  const name = typeof clientId === 'string' ? ['client_id', clientId] : ['id', frame.id]
  if (!session.user || name[1] === undefined) return undefined
  return { user: String(session.user.id), id: JSON.stringify([frame.type, key ?? null, ...name, count]) }
}
