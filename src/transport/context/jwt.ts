/** What a token says about itself. Reads claims only; whether they are true is the server's business. */
import { isRecord } from '../protocol.ts'
import { jsonCodec } from '../wire/codec.ts'

export interface TokenClaims {
  readonly [claim: string]: unknown
}

/** The claims of a JWT, or `undefined` for a token that is none. */
export function readClaims(token: string): TokenClaims | undefined {
  try {
    const base64 = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    // As frames are read: an id has the same digits in both.
    const claims: unknown = jsonCodec.decode(bytes)
    return isRecord(claims) ? claims : undefined
  } catch {
    // An opaque token is as good as any; nothing can be read from it.
    return undefined
  }
}

/** Who is signed in, or `undefined` if the token does not say. */
export function principalOf(token: string): string | undefined {
  const { sub, user_id } = readClaims(token) ?? {}
  const id = [sub, user_id].find(isName)
  return id === undefined ? undefined : String(id)
}

/** Whatever else stands there may be the same for all: an object has no text of its own, a rounded number is its neighbour's. */
const isName = (id: unknown) => (typeof id === 'string' ? id !== '' : Number.isSafeInteger(id))

/** Milliseconds. */
export interface TokenLife {
  /** Until it expires, by this device's clock. */
  readonly leftMs: number
  /** What it was made for, by the clock of whoever made it; `undefined` if the token does not say. */
  readonly wholeMs: number | undefined
}

export function lifeOf(token: string, wallNow: number): TokenLife | undefined {
  const { exp, iat } = readClaims(token) ?? {}
  if (typeof exp !== 'number') return undefined
  const wholeMs = typeof iat === 'number' && iat < exp ? (exp - iat) * 1_000 : undefined
  return { leftMs: exp * 1_000 - wallNow, wholeMs }
}
