/** Tokens as a login would give them: JWTs, unsigned, which the test server trusts all the same. */
import type { TokenManager } from '../../src/transport/index.ts'

export interface Tokens extends TokenManager {
  /** How often a fresh token was asked for. */
  readonly refreshed: () => number
  readonly reset: () => void
}

const HOUR_MS = 3_600_000

/** The first token lives as long as told, from the moment it is asked for; every fresh one lives an hour. */
export function createTokens(user: string, firstLivesMs: number): Tokens {
  let current: string | undefined
  let refreshed = 0
  return {
    getAccessToken: () => {
      current ??= tokenFor(user, firstLivesMs)
      return current
    },
    refreshAccessToken: () => {
      refreshed += 1
      current = tokenFor(user, HOUR_MS)
      return current
    },
    refreshed: () => refreshed,
    reset: () => {
      current = undefined
      refreshed = 0
    },
  }
}

/** One that never expires. A token of its own, not the user's id: the log leaves tokens out, wherever they occur. */
export const lastingToken = (user: string) => tokenOf({ sub: user, username: user })

const tokenFor = (user: string, livesMs: number) =>
  tokenOf({ sub: user, username: user, exp: (Date.now() + livesMs) / 1_000 })

const encoded = (part: unknown) => btoa(JSON.stringify(part))

const tokenOf = (claims: object) => [encoded({ alg: 'none' }), encoded(claims), ''].join('.')
