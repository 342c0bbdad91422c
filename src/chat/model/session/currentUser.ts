/** Who is signed in: what the application says, else the server's greeting, else the token's claims. */
import type { TokenClaims } from '../../../transport/index.ts'
import type { ChatUser } from '../data/types.ts'

export type CurrentUser = ChatUser | (() => ChatUser | undefined)

export function userOfClaims(claims: TokenClaims | undefined): ChatUser | undefined {
  const id = claims?.sub ?? claims?.user_id
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  const name = claims?.username ?? claims?.name
  return { id, username: typeof name === 'string' ? name : String(id) }
}

export function userGiven(user: CurrentUser | undefined): ChatUser | undefined {
  return typeof user === 'function' ? user() : user
}
