/** Why no connection came to be, in words that say what to do. */
import type { IncomingMessage } from 'node:http'

export interface DialFailure {
  readonly kind: 'http' | 'network' | 'tls' | 'timeout' | 'protocol'
  /** Of an HTTP answer in place of the handshake. */
  readonly status?: number
  readonly words: string
}

const MAX_BODY = 300

/** An HTTP answer where 101 should have been. */
export async function readRefusal(response: IncomingMessage): Promise<DialFailure> {
  const { statusCode: status = 0, headers } = response
  const body = await startOf(response)
  const words = httpWords(status, headers.location)
  const kind = headers['content-type'] ?? 'no content type'
  return { kind: 'http', status, words: `${words} (${kind}${body === '' ? '' : `: ${body}`})` }
}

function httpWords(status: number, location: string | undefined): string {
  if (status === 401 || status === 403) {
    return `the handshake was refused with HTTP ${status}, which a browser cannot tell from a network that is down`
  }
  if (status >= 300 && status < 400) {
    return `the server redirects to ${location ?? 'nowhere'} with HTTP ${status}: browsers do not follow that for a WebSocket, so use that address`
  }
  if (status === 404) return 'there is nothing at this path (HTTP 404)'
  if (status === 426 || status === 400) return `the server takes no WebSocket at this path (HTTP ${status})`
  if (status >= 500) return `the server, or a proxy before it, failed with HTTP ${status}`
  return `an HTTP answer came instead of a WebSocket: ${status}`
}

async function startOf(response: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.length > MAX_BODY) break
    }
  } catch {
    // Cut off on the way: what came is shown.
  }
  response.destroy()
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_BODY)
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens at this address: is the server running?',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNRESET: 'the server closed the connection before the handshake was done',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  EPROTO: 'what answers is no TLS: is it ws:// rather than wss://?',
}

const TLS = /CERT|SELF_SIGNED|ALTNAME|SSL|TLS|VERIFY/

export function readFailure(error: Error & { readonly code?: unknown }): DialFailure {
  const code = String(error.code ?? '')
  const known = NETWORK[code]
  if (known) return { kind: 'network', words: `${known} (${code})` }
  if (TLS.test(code)) {
    return {
      kind: 'tls',
      words: `the certificate is not trusted (${code}): NODE_EXTRA_CA_CERTS=ca.pem names the one to trust`,
    }
  }
  return { kind: 'protocol', words: error.message || code || 'no reason was given' }
}
