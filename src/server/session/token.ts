/** Where a connection carries its token, and what is said of it. */
import type { Authentication, LiveUser } from '../options.ts'
import type { ServerRequest } from '../socket.ts'
import { isId } from './clientFrame.ts'

export interface Grant {
  readonly user: LiveUser
  readonly expiresAt?: number
}

export interface Refusal {
  readonly code: 4001 | 4004
  readonly reason: string
}

/** `?token=`, or the subprotocol after `bearer`. Undefined: it will come in an `auth` frame, or in a cookie, or not at all. */
export function tokenOf({ url, headers }: ServerRequest): string | undefined {
  const at = url.indexOf('?')
  const query = at < 0 ? null : new URLSearchParams(url.slice(at + 1)).get('token')
  if (query) return query
  const protocols = (headers.get('sec-websocket-protocol') ?? '').split(',')
  const [scheme, token] = protocols.map((name) => name.trim())
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined
}

export const hasCredentials = ({ headers }: ServerRequest): boolean =>
  headers.get('cookie') !== null || headers.get('authorization') !== null

/** @throws where an authenticator without types answers something else */
export function judge(answer: Authentication): Grant | Refusal {
  if (answer === null) return { code: 4001, reason: 'unauthorized' }
  if (answer === 'expired') return { code: 4001, reason: 'token expired' }
  if (answer === 'malformed') return { code: 4004, reason: 'invalid token' }
  const grant: Grant = 'user' in answer ? answer : { user: answer }
  if (!isId(grant.user.id) || typeof grant.user.username !== 'string') {
    throw new TypeError('authenticate must answer with a user that has an id and a username')
  }
  return grant
}

/** An application's user may hold more than the client is to know. */
export const shownUser = ({ id, username, avatar_url }: LiveUser): LiveUser =>
  avatar_url === undefined ? { id, username } : { id, username, avatar_url }
