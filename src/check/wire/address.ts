/** Where to connect, with which token on board. */
import type { AuthWay } from '../options.ts'

export interface Address {
  readonly url: string
  readonly protocols: readonly string[]
  /** To be sent first. */
  readonly authToken: string | undefined
}

const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
}

/** @throws Error where it is no address of a WebSocket */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const scheme = url && SCHEMES[url.protocol]
  if (!url || !scheme) {
    throw new Error(`"${text}" is no address of a WebSocket: write ws://host:port/path, or wss://…`)
  }
  url.protocol = scheme
  url.hash = ''
  return url
}

export function addressOf(
  base: URL,
  { auth, token }: { readonly auth: AuthWay; readonly token: string | undefined },
): Address {
  const url = new URL(base)
  if (token === undefined) return { url: url.href, protocols: [], authToken: undefined }
  if (auth === 'bearer') return { url: url.href, protocols: ['bearer', token], authToken: undefined }
  if (auth === 'frame') return { url: url.href, protocols: [], authToken: token }
  url.searchParams.set('token', token)
  return { url: url.href, protocols: [], authToken: undefined }
}
