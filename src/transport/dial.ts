/** From the wish for a socket to the socket: a fresh token, a URL, and who is signed in. */
import { WebSocketCloseCode } from './closeCodes.ts'
import { dialOf } from './connectionMachine.ts'
import { lose, raise, type Shell } from './connectionShell.ts'
import { LiveError } from './errors.ts'
import { principalOf } from './jwt.ts'
import { openLink } from './link.ts'

interface Wish {
  readonly refresh: boolean
  onMessage(data: unknown): void
}

export function dial(shell: Shell, attempt: number, wish: Wish): void {
  const { context, timers } = shell
  const { connectTimeoutMs } = context
  shell.dialedAt = context.environment.now()
  timers.setDeadline('connect', connectTimeoutMs, () =>
    lose(shell, attempt, {
      cause: 'timeout',
      code: 1006,
      reason: `No connection within ${connectTimeoutMs} ms`,
    }),
  )
  openSocket(shell, attempt, wish).catch((error: unknown) => {
    if (dialOf(shell.state) !== attempt) return
    // Token sources may be down like any server; only a clear "no" is final.
    const isFinal = error instanceof LiveError
    const isSignedOut = isFinal && error.code === 'unauthorized'
    if (isSignedOut) signOut(shell, attempt, 'The user signed out')
    if (isFinal) context.reportError(context.name, error)
    lose(shell, attempt, {
      cause: isSignedOut ? 'token' : 'closed',
      code: isSignedOut ? WebSocketCloseCode.UNAUTHORIZED : 1006,
      // What the platform says of a bad URL quotes it, and the token is in it.
      reason: isFinal ? error.message : 'No token, or no valid URL',
      isFinal,
    })
  })
}

async function openSocket(shell: Shell, attempt: number, { refresh, onMessage }: Wish): Promise<void> {
  const { context, links } = shell
  const token = await context.tokens.get(refresh)
  if (token === null) {
    throw new LiveError('unauthorized', 'No authentication token available: sign in before connecting')
  }
  const base = typeof context.url === 'function' ? await context.url() : context.url
  if (!base)
    throw new LiveError('misconfigured', 'No URL to connect to: pass `url` or set NEXT_PUBLIC_WS_URL')
  // Meanwhile the dial may have timed out or been called off.
  if (dialOf(shell.state) !== attempt) return
  const plain = { url: joinUrl(base, context.name), protocols: [] }
  if (token) {
    context.inspector.keepSecret(token)
    checkUser(shell, attempt, principalOf(token))
  }
  context.report({ type: 'dial', attempt, url: plain.url.replace(/\?.*/, '') })
  const { firstFrame, ...target } = token
    ? context.carrier(plain, token)
    : { ...plain, firstFrame: undefined }
  const link = openLink(context.environment, target, {
    onOpen: () => raise(shell, { type: 'opened', attempt }),
    onMessage,
    onClose: (code, reason) => lose(shell, attempt, { cause: 'closed', code, reason }),
  })
  links.set(attempt, { attempt, link, token, firstFrame })
}

function checkUser(shell: Shell, attempt: number, principal: string | undefined): void {
  if (principal === undefined) return
  const { principal: before } = shell
  shell.principal = principal
  if (before !== undefined && before !== principal) signOut(shell, attempt, 'Another user has signed in')
}

/** What one user meant to send, no other one sends; what one was meant to hear, no other one hears. */
function signOut(shell: Shell, attempt: number, message: string): void {
  shell.outbox.drop(new LiveError('user_changed', message))
  raise(shell, { type: 'userChanged', attempt })
}

/** `http` becomes `ws`; the query of the base stays behind the path. */
function joinUrl(base: string, endpoint: string): string {
  const [path = '', query] = base.replace(/^http/, 'ws').split('?')
  const joined = endpoint ? `${path.replace(/\/+$/, '')}/${endpoint.replace(/^\/+/, '')}` : path
  return query === undefined ? joined : `${joined}${joined.includes('?') ? '&' : '?'}${query}`
}
