/** Who a token stands for, and where a connection carries it. */
import { readAddress } from './address.ts'
import { type Key, keyOf, type UserRecord } from './records.ts'
import { isFields, isId, type User } from './wire.ts'

/**
 * - a user: welcome; with `expiresAt` (milliseconds since 1970), until then
 * - `null` or `'expired'`: closed with 4001
 * - `'malformed'`: closed with 4004
 */
export type AuthResult =
  | User
  | { readonly user: User; readonly expiresAt: number }
  | null
  | 'expired'
  | 'malformed'

export type Authenticate = (token: string) => AuthResult | Promise<AuthResult>

export interface Grant {
  readonly user: User
  readonly expiresAt?: number
}

export interface Refusal {
  readonly code: 4001 | 4004
  readonly reason: string
}

/** @throws where an authenticator without types answers something else */
export function judge(result: AuthResult): Grant | Refusal {
  if (result === null) return { code: 4001, reason: 'unauthorized' }
  if (result === 'expired') return { code: 4001, reason: 'token expired' }
  if (result === 'malformed') return { code: 4004, reason: 'invalid token' }
  const grant = 'user' in result ? result : { user: result }
  if (!isId(grant.user.id) || typeof grant.user.username !== 'string') {
    throw new TypeError('authenticate must answer with a user that has an id and a username')
  }
  return grant
}

/** `?token=`, or the subprotocol after `bearer`. Undefined: it will come in an `auth` frame, or not at all. */
export function tokenOf(url: string, protocols: readonly string[]): string | undefined {
  const query = new URLSearchParams(readAddress(url).query).get('token')
  if (query) return query
  const [scheme, token] = protocols
  return scheme?.toLowerCase() === 'bearer' ? token : undefined
}

/**
 * The default: a token is a user's id, or a JWT whose `sub` (or `user_id`) is one. Signatures are not checked, which is
 * fine for a server that lives in a test and wrong for any other.
 */
export function trustingAuthenticator(
  users: ReadonlyMap<Key, UserRecord>,
  now: () => number,
): (token: string) => AuthResult {
  return (token) => {
    const user = users.get(token)
    if (user) return user
    const parts = token.split('.')
    if (parts.length !== 3) return null
    const claims = decodeClaims(parts[1] ?? '')
    return claims === undefined ? 'malformed' : userOfClaims(claims, { users, nowMs: now() })
  }
}

function userOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { users, nowMs }: { users: ReadonlyMap<Key, UserRecord>; nowMs: number },
): AuthResult {
  const subject = claims.sub ?? claims.user_id
  const user = isId(subject) ? users.get(keyOf(subject)) : undefined
  if (!user) return null
  if (typeof claims.exp !== 'number') return user
  const expiresAt = claims.exp * 1000
  return expiresAt <= nowMs ? 'expired' : { user, expiresAt }
}

function decodeClaims(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
    const claims: unknown = JSON.parse(text)
    return isFields(claims) ? claims : undefined
  } catch {
    // Not base64 or not JSON: whoever asks learns that the token is malformed.
    return undefined
  }
}
