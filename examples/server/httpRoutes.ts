/** The little HTTP that the demo needs: a token per user, files, and a look at whether the server is up. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AllowedOrigins, isAllowedOrigin } from '../../src/testing/origins.ts'
import { readAddress } from '../../src/testing/server/address.ts'
import type { User } from '../../src/testing/server/wire.ts'
import { FileRefusal, type Files } from './files.ts'
import type { TokenIssuer } from './tokens.ts'

export interface RouteContext {
  readonly tokens: TokenIssuer
  readonly files: Files
  /** Whether anybody gets anybody's token. */
  readonly isDemo: boolean
  readonly allowedOrigins: AllowedOrigins | undefined
  users(): readonly User[]
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

interface Answer {
  readonly status: number
  readonly body: object
}

const HEADERS = {
  vary: 'origin',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type',
  'cache-control': 'no-store',
  'content-type': 'application/json',
}

export function createRoutes(context: RouteContext): RequestListener {
  return (request, response) => {
    void respond(request, response, context).catch(() => response.destroy())
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  context: RouteContext,
): Promise<void> {
  const { path } = readAddress(request.url ?? '/')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && (await context.files.serve(path, request, response))) return
  const { status, body } = await answer(request, context).catch(failure)
  // What is still on its way of a body that was refused is not waited for.
  const closing = request.complete ? {} : { connection: 'close' }
  response.writeHead(status, { ...headersFor(request, context), ...closing })
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
}

const failure = (error: unknown): Answer =>
  error instanceof FileRefusal
    ? refusal(error.status, error.code, error.message)
    : refusal(500, 'internal', 'The server failed.')

/** The app comes from another port, and asks without cookies. */
function headersFor({ headers: { origin } }: IncomingMessage, { allowedOrigins }: RouteContext) {
  const isReader = origin !== undefined && isAllowedOrigin(origin, allowedOrigins)
  return isReader ? { ...HEADERS, 'access-control-allow-origin': origin } : HEADERS
}

async function answer(request: IncomingMessage, context: RouteContext): Promise<Answer> {
  const { path, query } = readAddress(request.url ?? '/')
  if (!isAllowedOrigin(request.headers.origin, context.allowedOrigins)) {
    return refusal(403, 'forbidden', 'This origin is not allowed.')
  }
  if (request.method === 'OPTIONS') return { status: 200, body: {} }
  if (path === '/token' && context.isDemo) {
    if (!isOwnHost(request, context)) return refusal(403, 'forbidden', 'Ask by the name of this machine.')
    return tokenFor(new URLSearchParams(query), context)
  }
  if (path === '/files' && request.method === 'POST') {
    return { status: 201, body: await context.files.take(request, new URLSearchParams(query)) }
  }
  if (path === '/health') return { status: 200, body: { ok: true } }
  return refusal(
    404,
    'not_found',
    'There is /health, /files, in the demo /token?user=alice, and everything else is WebSocket.',
  )
}

/** A foreign page whose name was made to point here is of the same origin to its browser, which then names none. */
function isOwnHost(
  { headers: { origin, host } }: IncomingMessage,
  { allowedOrigins }: RouteContext,
): boolean {
  return origin !== undefined || allowedOrigins !== undefined || isAllowedOrigin(`http://${host}`)
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
