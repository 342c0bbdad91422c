/** Signed JWTs. In the demo anybody may ask for one; elsewhere they come from where people sign in. */
import { errors, jwtVerify, SignJWT } from 'jose'
import type { Authenticate } from '../../src/testing/server/authentication.ts'
import type { User } from '../../src/testing/server/wire.ts'

const ALGORITHM = 'HS256'
const HOUR_S = 3600

export interface TokenIssuer {
  /** A negative time to live gives a token that has run out. @default one hour */
  issue(user: User, ttlSeconds?: number): Promise<string>
  readonly authenticate: Authenticate
}

/** `name` is what the token calls the user, where it calls them anything. */
export type FindUser = (id: string, name: string | undefined) => User | undefined

export function createTokenIssuer(secret: string, findUser: FindUser): TokenIssuer {
  const key = new TextEncoder().encode(secret)
  return {
    issue: (user, ttlSeconds = HOUR_S) => {
      const nowSeconds = Math.floor(Date.now() / 1000)
      return new SignJWT({ username: user.username })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(String(user.id))
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + ttlSeconds)
        .sign(key)
    },
    authenticate: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          requiredClaims: ['exp', 'sub'],
        })
        const { sub = '', exp = 0, username } = payload
        const user = findUser(String(sub), typeof username === 'string' ? username : undefined)
        return user ? { user, expiresAt: exp * 1000 } : null
      } catch (error) {
        // Only an expired token is worth a new one; anything else was never signed by this server.
        return error instanceof errors.JWTExpired ? 'expired' : 'malformed'
      }
    },
  }
}
