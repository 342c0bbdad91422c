/** Which channel is meant, and who may have it. Asked every time: a right that was given once may be gone. */
import { LiveError } from '../../transport/errors.ts'
import { type ChannelFrames, entryOf, fieldsOf, textOf } from '../../transport/protocol.ts'
import { channelOf, type ServedChannel } from '../feeds/channelOf.ts'
import type { ChannelKey } from '../options.ts'
import { RequestError } from '../requestError.ts'
import { type ClientFrame, isId, isName } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Hub } from './hub.ts'

/** The channel of this kind that a frame names, or none. @throws where it names one by what is no id */
export function channelIn(kind: ChannelFrames, { data }: ClientFrame): ServedChannel | undefined {
  const value = entryOf(data, kind.key)
  if (value === undefined) return undefined
  if (!isId(value)) throw new RequestError('invalid', `"${kind.key}" is not an id`)
  return channelOf(kind, String(value))
}

/** @throws RequestError `invalid` where it names none */
export function requireChannel(kind: ChannelFrames, frame: ClientFrame): ServedChannel {
  const channel = channelIn(kind, frame)
  if (!channel) throw new RequestError('invalid', `"${kind.key}" is missing`)
  return channel
}

/** The channel that the application means. @throws LiveError `misconfigured` where that is not clear */
export function channelFor({ options: { protocol } }: Pick<Hub, 'options'>, key: ChannelKey): ServedChannel {
  const { kinds, channels } = protocol
  if (typeof key === 'string' && kinds.length === 1) return channelOf(channels, key)
  const [[field, value] = [], ...others] = Object.entries(fieldsOf(key))
  const kind = kinds.find((each) => each.key === field)
  const id = textOf(value)
  if (kind && id !== undefined && others.length === 0) return channelOf(kind, id)
  const examples = kinds.map((each) => `{ ${each.key}: 'id' }`).join(' or ')
  throw new LiveError('misconfigured', `Which channel is ${JSON.stringify(key)}? Name one, as in ${examples}`)
}

export const notMember = ({ kind }: ServedChannel): RequestError =>
  new RequestError('not_member', `No such ${kind.key}, or not yours`)

/** @throws RequestError `not_member`, or `invalid`: the store is asked for many at once; what the application throws */
export async function checkAccess(hub: Hub, { user }: Session, channel: ServedChannel): Promise<void> {
  const { kind, key } = channel
  if (!isName(key)) throw new RequestError('invalid', `"${kind.key}" is not an id`)
  const plugin = hub.plugins.find(({ parts }) => Object.hasOwn(parts.channels, kind.key))
  const isAllowed = (plugin?.parts ?? hub.options).channels[kind.key]
  if (!(user && isAllowed && (await isAllowed({ user, key })) === true)) throw notMember(channel)
}
