/** Where tokens come from and how they travel. */
import type { Environment } from './environment.ts'
import { expiryOf, readClaims, type TokenClaims } from './jwt.ts'
import { addQuery, type Dial } from './link.ts'
import type { OutgoingFrame } from './protocol.ts'

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
  /** `undefined`: the application uses no tokens. `null`: nobody is signed in. */
  getToken(refresh: boolean): Promise<string | null | undefined>
  /** Tells what the token says, as soon as there is one and whenever another one is used. Connects nothing. */
  identify(listener: IdentityListener): () => void
}

/** `undefined`: nobody is signed in, or the token does not say who. */
export type IdentityListener = (claims: TokenClaims | undefined) => void

export function createTokens(environment: Environment, manager: TokenManager | undefined): Tokens {
  const listeners = new Set<IdentityListener>()
  let refreshing: Promise<string | null> | undefined
  /** One refresh for all endpoints: refresh tokens are often good for one use. */
  const refresh = ({ refreshAccessToken, getAccessToken }: TokenManager) => {
    refreshing ??= Promise.resolve((refreshAccessToken ?? getAccessToken).call(manager)).finally(() => {
      refreshing = undefined
    })
    return refreshing
  }
  const read = async (wanted: boolean) => {
    if (!manager || wanted) return manager && refresh(manager)
    const token = await manager.getAccessToken()
    const isExpired = token !== null && (expiryOf(token) ?? Infinity) <= environment.wallNow()
    return isExpired && manager.refreshAccessToken ? refresh(manager) : token
  }
  const getToken = async (wanted: boolean) => {
    const token = await read(wanted)
    for (const listener of listeners) listener(token ? readClaims(token) : undefined)
    return token
  }
  return {
    getToken,
    identify: (listener) => {
      listeners.add(listener)
      // A token that cannot be read now is read again by the next dial, which reports what went wrong.
      getToken(false).catch(() => undefined)
      return () => listeners.delete(listener)
    },
  }
}
