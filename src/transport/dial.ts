/** What a dial needs before there is a socket: a fresh token and a URL. */
import { WebSocketCloseCode } from './closeCodes.ts'
import type { Context } from './context.ts'
import { LiveError } from './errors.ts'
import type { AuthenticatedDial } from './tokens.ts'

export interface PreparedDial {
  readonly dial: AuthenticatedDial
  /** `undefined`: the application uses no tokens. */
  readonly token: string | undefined
  /** Without query, for logs. */
  readonly url: string
}

/** @throws LiveError `unauthorized` when nobody is signed in, `misconfigured` without a URL, and what the callbacks throw */
export async function prepareDial(
  context: Context,
  endpoint: string,
  refresh: boolean,
): Promise<PreparedDial> {
  const { settings, tokens, inspector } = context
  const token = await tokens.get(refresh)
  if (token === null) {
    throw new LiveError('unauthorized', 'No authentication token available: sign in before connecting')
  }
  if (token) inspector.keepSecret(token)
  const base = typeof settings.url === 'function' ? await settings.url() : settings.url
  if (!base) {
    throw new LiveError('misconfigured', 'No URL to connect to: pass `url` or set NEXT_PUBLIC_WS_URL')
  }
  const url = joinUrl(base, endpoint)
  const plain = { url, protocols: [] }
  return {
    token,
    dial: token === undefined ? plain : settings.carrier(plain, token),
    url: url.replace(/\?.*/, ''),
  }
}

/** `http` becomes `ws`; the query of the base stays behind the path. */
export function joinUrl(base: string, endpoint: string): string {
  const [path = '', query] = base.replace(/^http/, 'ws').split('?')
  const joined = endpoint === '' ? path : `${path.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}`
  if (query === undefined) return joined
  return `${joined}${joined.includes('?') ? '&' : '?'}${query}`
}

/** Token sources may be down like any server; only a clear "no" is final. */
export function problemOf(error: unknown): {
  readonly code: number
  readonly reason: string
  readonly isFinal: boolean
} {
  const isFinal = error instanceof LiveError
  const isUnauthorized = isFinal && error.code === 'unauthorized'
  return {
    code: isUnauthorized ? WebSocketCloseCode.UNAUTHORIZED : 1006,
    reason: isFinal ? error.message : 'The token or URL could not be obtained, or the URL is not valid',
    isFinal,
  }
}
