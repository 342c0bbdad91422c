/** Who may have which channel. Asked every time: a right that was given once may be gone. */
import { entryOf, textOf } from '../../transport/protocol.ts'
import { RequestError } from '../requestError.ts'
import { type ClientFrame, isId } from '../session/clientFrame.ts'
import type { Session } from '../session/session.ts'
import type { Hub } from './hub.ts'

/** The channel that a frame names, or none. @throws where it names one by what is no id */
export function keyOf({ field }: Hub, { data }: ClientFrame): string | undefined {
  const value = entryOf(data, field)
  if (value === undefined) return undefined
  if (!isId(value)) throw new RequestError('invalid', `"${field}" is not an id`)
  return textOf(value)
}

export const notMember = ({ field }: Hub): RequestError =>
  new RequestError('not_member', `No such ${field}, or not yours`)

/** @throws RequestError `not_member`; what the application throws */
export async function checkAccess(hub: Hub, { user }: Session, key: string): Promise<void> {
  const isAllowed = hub.options.channels[hub.field]
  if (!(user && isAllowed && (await isAllowed({ user, key })) === true)) throw notMember(hub)
}
