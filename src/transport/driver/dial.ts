/** From the wish for a socket to the socket: a fresh token, a URL, and who is signed in. */
import { tell } from '../connection/connection.ts'
import { principalOf } from '../context/jwt.ts'
import { LiveError } from '../errors.ts'
import { WebSocketCloseCode } from '../machine/closeCodes.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import { waitOf } from '../port.ts'
import { afterArrivals } from '../wire/arrivals.ts'
import { addQuery, openSocket, type WireSocket } from '../wire/socket.ts'
import type { DrivenConnection } from './drivenConnection.ts'
import { receiveMessage } from './inbox.ts'
import { tellRival } from './rivals.ts'
import { loseSocket } from './sockets.ts'
import { giveUp } from './user.ts'

/** Between one dial and the next, whoever wants them; a few may follow each other at once. Milliseconds. */
const REST_MS = 1_000

export function dial(connection: DrivenConnection, refresh: boolean): void {
  connection.overlap = []
  const { connectTimeoutMs, environment, reconnect, timers } = connection
  const waitMs = waitOf(
    connection,
    environment,
    reconnect ? Math.min(reconnect.intervalMs, REST_MS) : REST_MS,
  )
  if (waitMs > 0) return timers.set('connect', waitMs, () => dial(connection, refresh))
  const attempt = connection.state.dials
  connection.dialedAt = environment.now()
  connection.era = connection.identity.era
  timers.set('connect', connectTimeoutMs, () =>
    loseSocket(connection, attempt, {
      cause: 'timeout',
      code: 1006,
      reason: `No connection within ${connectTimeoutMs} ms`,
    }),
  )
  dialSocket(connection, attempt, refresh).catch((error: unknown) => {
    if (dialOf(connection.state) !== attempt) return
    const isKnown = error instanceof LiveError
    // Token sources may be down like any server; only a clear "no" is final.
    const isFinal = isKnown && !error.retryable
    const isSignedOut = isFinal && error.code === 'unauthorized'
    if (isSignedOut) giveUp(connection, new LiveError('user_changed', 'Nobody is signed in'))
    if (isFinal) connection.reportError(connection.name, error)
    loseSocket(connection, attempt, {
      cause: isSignedOut ? 'token' : 'closed',
      code: isSignedOut ? WebSocketCloseCode.UNAUTHORIZED : 1006,
      reason: isKnown ? error.message : 'No connection',
      isFinal,
    })
  })
}

async function dialSocket(connection: DrivenConnection, attempt: number, refresh: boolean): Promise<void> {
  const { url, carrier } = connection
  const token = await ask('The token source', () => connection.getToken(refresh, connection))
  if (token === null) {
    throw new LiveError('unauthorized', 'No authentication token available: sign in before connecting')
  }
  const base = typeof url === 'function' ? await ask('The function `url`', url) : url
  if (!base)
    throw new LiveError('misconfigured', 'No URL to connect to: pass `url` or set NEXT_PUBLIC_WS_URL')
  // Meanwhile the dial may have timed out or been called off.
  if (dialOf(connection.state) !== attempt) return
  const plain = { url: joinUrl(base, connection.name), protocols: [], firstFrame: undefined }
  const shown = plain.url.replace(/\?.*/s, '').replace(/\/\/[^/]*@/, '//')
  const target = token ? carrier(plain, token) : plain
  connection.keepSecretsOf(target.url)
  tell(connection, { type: 'dial', attempt, url: shown })
  tellRival(connection, JSON.stringify(target), shown)
  const { firstFrame } = target
  const principal = token && principalOf(token)
  let socket: WireSocket
  try {
    const hasAuthFrame = firstFrame !== undefined
    const origin = { endpoint: connection.name, url: plain.url, principal, hasAuthFrame }
    socket = openSocket(
      connection.environment,
      { ...target, origin },
      {
        onOpen: () => connection.raise({ type: 'opened', attempt }),
        onMessage: (data) => receiveMessage(connection, attempt, data),
        onClose: (code, reason) =>
          afterArrivals(connection, attempt, () =>
            loseSocket(connection, attempt, { cause: 'closed', code, reason }),
          ),
      },
    )
  } catch (error) {
    // Without its message: what the platform says of a bad URL quotes it, and the token is in it.
    throw error instanceof LiveError ? error : failed(`Cannot open "${shown}" (${(error as Error).name})`)
  }
  const { era } = connection
  connection.sockets.set(attempt, { ...socket, attempt, token, firstFrame, principal, era, pings: [] })
}

/** May be down like any server. What it throws is shown: these are the application's own words. */
async function ask<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof LiveError ? error : failed(`${what} failed: ${(error as Error)?.message ?? error}`)
  }
}

const failed = (message: string) => new LiveError('connection_failed', message)

/** `http` becomes `ws`; the query of the base stays behind the path, and a fragment never travels. */
function joinUrl(base: string, endpoint: string): string {
  const url = base
    .replace(/#.*/s, '')
    .replace(/^\w+:/, (scheme) => scheme.toLowerCase().replace('http', 'ws'))
  // The other question marks are part of the query.
  const [path = '', ...query] = url.split('?')
  const joined = endpoint ? `${path.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}` : path
  return query[0] ? addQuery(joined, query.join('?')) : joined
}
