/** The little HTTP that the demo needs: a token per user, and a look at whether the server is up. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { User } from '../../src/testing/server/wire.ts'
import type { TokenIssuer } from './tokens.ts'

export interface RouteContext {
  readonly tokens: TokenIssuer
  users(): readonly User[]
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

interface Answer {
  readonly status: number
  readonly body: object
}

// The app comes from another port, and asks without cookies.
const HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type',
  'cache-control': 'no-store',
  'content-type': 'application/json',
}

export function createRoutes(context: RouteContext): RequestListener {
  return (request, response) => {
    void answer(request, context).then(({ status, body }) => {
      response.writeHead(status, HEADERS)
      response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
    })
  }
}

async function answer(request: IncomingMessage, context: RouteContext): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'OPTIONS') return { status: 200, body: {} }
  if (pathname === '/token') return tokenFor(searchParams, context)
  if (pathname === '/health') return { status: 200, body: { ok: true } }
  return refusal(404, 'not_found', 'There is /token?user=alice and /health; everything else is WebSocket.')
}

async function tokenFor(query: URLSearchParams, { tokens, users }: RouteContext): Promise<Answer> {
  const known = users()
  const user = known.find(({ id }) => String(id) === query.get('user'))
  if (!user) return refusal(404, 'unknown_user', `Pick one of ${known.map(({ id }) => id).join(', ')}.`)
  const ttl = query.get('ttl')
  if (ttl !== null && !/^-?\d{1,9}$/.test(ttl)) return refusal(400, 'invalid', '"ttl" must be whole seconds.')
  return {
    status: 200,
    body: { token: await tokens.issue(user, ttl === null ? undefined : Number(ttl)), user },
  }
}

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
})
