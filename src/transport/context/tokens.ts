/** Where tokens come from and how they travel. */
import type { Environment } from '../environment.ts'
import type { OutgoingFrame } from '../protocol.ts'
import { addQuery, type Dial } from '../wire/socket.ts'
import type { IdentityBook } from './identity.ts'
import { lifeOf, principalOf, readClaims, type TokenClaims } from './jwt.ts'

export type Awaitable<T> = T | Promise<T>

export interface TokenManager {
  /** Asked before every dial. `null`: nobody is signed in. */
  getAccessToken(): Awaitable<string | null>
  /** Asked when the server refused the token, or shortly before it expires. @default getAccessToken */
  refreshAccessToken?(): Awaitable<string | null>
}

export interface AuthenticatedDial extends Dial {
  /** Written before anything else. */
  readonly firstFrame?: { readonly type: string; readonly data: unknown }
}

/** Puts a token on a dial. */
export type AuthCarrier = (dial: Dial, token: string) => AuthenticatedDial

/**
 * `query` is the seed's and every server's default; a URL ends up in access logs, so prefer `message` (or, where the
 * server can only refuse an upgrade, `subprotocol`) when the server supports it.
 */
export const AUTH_CARRIERS = {
  query: (dial, token) => ({ ...dial, url: addQuery(dial.url, `token=${encodeURIComponent(token)}`) }),
  subprotocol: (dial, token) => ({ ...dial, protocols: [...dial.protocols, 'bearer', token] }),
  message: (dial, token) => ({ ...dial, firstFrame: { type: 'auth', data: { token } } }),
} as const satisfies Record<string, AuthCarrier>

export type AuthCarrierName = keyof typeof AUTH_CARRIERS

export type AuthFrame = Pick<OutgoingFrame, 'type' | 'data'>

export interface Tokens {
  /** `undefined`: the application uses no tokens. `null`: nobody is signed in. `by`: the dial that asks. */
  getToken(refresh: boolean, by?: { era: number }): Promise<string | null | undefined>
  /** Until it expires, in milliseconds; `undefined` if it does not say. */
  lifeLeft(token: string): number | undefined
  /** Tells what the token says, as soon as there is one and whenever another one is used. Connects nothing. */
  identify(listener: IdentityListener): () => void
}

/** `undefined`: nobody is signed in, or the token does not say who. */
export type IdentityListener = (claims: TokenClaims | undefined) => void

export interface TokenParts {
  readonly environment: Environment
  readonly identity: IdentityBook
  readonly manager: TokenManager | undefined
  readonly keepSecret: (secret: string) => void
}

/** What was fetched just now is good for as long, whatever the clock says. Milliseconds. */
const MIN_FRESH_MS = 60_000
/** A refresh that takes longer will never end: the next who needs one asks for another. Milliseconds. */
const MAX_REFRESH_MS = 60_000

export function createTokens({ environment, identity, manager, keepSecret }: TokenParts): Tokens {
  const listeners = new Set<IdentityListener>()
  let fresh: FreshToken | undefined
  let refreshing: Refresh | undefined
  let last: string | null | undefined
  const lifeLeft = (token: string) =>
    token === fresh?.token ? fresh.until - environment.now() : leftOf(token, environment)
  /** One refresh for all endpoints: refresh tokens are often good for one use. */
  const refreshToken = ({ refreshAccessToken, getAccessToken }: TokenManager) => {
    const { era } = identity
    const at = environment.now()
    if (refreshing?.era === era && at - refreshing.at < MAX_REFRESH_MS) return refreshing.token
    const token = Promise.resolve((refreshAccessToken ?? getAccessToken).call(manager)).finally(() => {
      if (refreshing?.token === token) refreshing = undefined
    })
    const keep = (brought: string | null) => {
      if (brought && brought !== last) fresh = freshOf(brought, environment) ?? fresh
    }
    token.then(keep, () => undefined)
    refreshing = { era, at, token }
    return token
  }
  const readToken = async (wanted: boolean) => {
    if (!manager || wanted) return manager && refreshToken(manager)
    const token = await manager.getAccessToken()
    const isExpired = token !== null && (lifeLeft(token) ?? 1) <= 0
    return isExpired && manager.refreshAccessToken ? refreshToken(manager) : token
  }
  const getToken: Tokens['getToken'] = async (wanted, by) => {
    const { era } = identity
    const token = await readToken(wanted)
    last = token
    if (token) keepSecret(token)
    // Somebody else may have signed in while the source was asked.
    if (token === undefined || era !== identity.era) return token
    identity.learn('token', token === null ? null : principalOf(token), by)
    for (const listener of listeners) listener(token ? readClaims(token) : undefined)
    return token
  }
  return {
    getToken,
    lifeLeft,
    identify: (listener) => {
      listeners.add(listener)
      // A token that cannot be read now is read again by the next dial, which reports what went wrong.
      getToken(false).catch(() => undefined)
      return () => listeners.delete(listener)
    },
  }
}

interface Refresh {
  readonly era: number
  readonly at: number
  readonly token: Promise<string | null>
}

/** The one that a refresh has brought, and until when it is good, by the clock that does not jump. */
interface FreshToken {
  readonly token: string
  readonly until: number
}

function freshOf(token: string, environment: Environment): FreshToken | undefined {
  const life = lifeOf(token, environment.wallNow())
  if (!life) return undefined
  // It was made a moment ago: how long it lives says more than when it ends by a clock that may be wrong.
  const { leftMs, wholeMs = Math.max(leftMs, MIN_FRESH_MS) } = life
  return { token, until: environment.now() + wholeMs }
}

function leftOf(token: string, environment: Environment): number | undefined {
  const life = lifeOf(token, environment.wallNow())
  // A clock that is behind gives it more than it was made for.
  return life && Math.min(life.leftMs, life.wholeMs ?? life.leftMs)
}
