/** Who is signed in: what the application says, else the server's greeting, else the token's claims. */
import type { TokenClaims } from '../../../transport/index.ts'
import { type ChatUser, type Id, isId } from '../data/types.ts'

export type CurrentUser = ChatUser | (() => ChatUser | undefined)

export function userOfClaims(claims: TokenClaims | undefined): ChatUser | undefined {
  const id = [claims?.sub, claims?.user_id].find(isName)
  if (id === undefined) return undefined
  const name = claims?.username ?? claims?.name
  return { id, username: typeof name === 'string' ? name : String(id) }
}

const isName = (id: unknown): id is Id => isId(id) && id !== ''

export function userGiven(user: CurrentUser | undefined): ChatUser | undefined {
  return typeof user === 'function' ? user() : user
}
