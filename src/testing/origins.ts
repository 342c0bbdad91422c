/** Which web pages may use a server. Browsers say where a page is from; other programs say nothing, and could say anything. */

import { isLoopback } from '../server/session/origin.ts'

/** Origins, like `https://app.example.com`; `'*'` for any. */
export type AllowedOrigins = readonly string[] | '*'

/** Without a list: pages of this machine, whatever their port. */
export function isAllowedOrigin(origin: string | undefined, allowed?: AllowedOrigins): boolean {
  if (origin === undefined || allowed === '*') return true
  if (allowed) return allowed.includes(origin)
  return URL.canParse(origin) && isLoopback(new URL(origin).host)
}
