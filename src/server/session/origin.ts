/** Which web pages may connect. Browsers say where a page is from; other programs say nothing, and could say anything. */
import type { ServerRequest } from '../socket.ts'

const LOOPBACK = /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/
/** With or without a port. */
export const isLoopback = (host: string) => LOOPBACK.test(host.replace(/:\d+$/, ''))

/** Without a list: pages of the host that was asked for; where that is this machine, pages of this machine. */
export function isAllowedOrigin({ headers }: ServerRequest, allowed?: readonly string[] | '*'): boolean {
  const origin = headers.get('origin')
  if (origin === null || allowed === '*') return true
  if (allowed) return allowed.includes(origin)
  const host = headers.get('host')
  // `Origin: null` says that the page hides where it is from.
  if (host === null || !URL.canParse(origin)) return false
  const page = new URL(origin).host
  return page === host || (isLoopback(page) && isLoopback(host))
}
