/**
 * The greeting of the present socket. `welcome` comes first or not at all, so the first frame tells which; where nothing
 * comes by itself and somebody wants to know, a ping makes the server say something.
 */
import type { LiveError } from '../errors.ts'
import type { Connection, DialedSocket, GreetingWaiter } from './connection.ts'
import { sendHeartbeat } from './ping.ts'

type Fields = Readonly<Record<string, unknown>>

/** With heartbeats switched off nothing says that pings are answered; after this no greeting is expected any more. */
const PATIENCE_MS = 2_000

/** Resolves with the fields of `welcome`, or with nothing where this server does not greet. */
export function greetingOf(connection: Connection): Promise<Fields | undefined> {
  const known = connection.current?.greeting
  if (known !== undefined) return Promise.resolve(known ?? undefined)
  return new Promise((resolve, reject) => {
    connection.greetingWaiters.add({ resolve, reject })
    askForGreeting(connection)
  })
}

/** Asked for once per socket. */
export function askForGreeting(connection: Connection): void {
  const { current, heartbeat, timers } = connection
  if (!current?.isOpen() || current.greeting !== undefined || current.isAsked) return
  current.isAsked = true
  sendHeartbeat(connection)
  if (!heartbeat) timers.set('greeting', PATIENCE_MS, () => greet(connection, current, null))
}

/** `null`: something else came first. A greeting that comes late is one all the same. */
export function greet(connection: Connection, socket: DialedSocket, fields: Fields | null): void {
  if (socket.greeting !== undefined && !fields) return
  socket.greeting = fields
  socket.greetedAt ??= connection.environment.now()
  if (socket !== connection.current) return
  endWaits(connection, ({ resolve }) => resolve(fields ?? undefined))
}

/** Nobody hopes for a connection any more. */
export function endGreeting(connection: Connection, error: LiveError): void {
  endWaits(connection, ({ reject }) => reject(error))
}

function endWaits({ greetingWaiters }: Connection, end: (waiter: GreetingWaiter) => void): void {
  const waiters = [...greetingWaiters]
  greetingWaiters.clear()
  waiters.forEach(end)
}
