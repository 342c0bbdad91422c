/**
 * The greeting of the present socket. `welcome` comes first or not at all, so the first frame tells which; where nothing
 * comes by itself and somebody wants to know, a ping makes the server say something.
 */
import type { LiveError } from '../errors.ts'
import type { OpenLink, Shell } from './shell.ts'

type Fields = Readonly<Record<string, unknown>>

/** With heartbeats switched off nothing says that pings are answered; after this no greeting is expected any more. */
const PATIENCE_MS = 2_000

/** Resolves with the fields of `welcome`, or with nothing where this server does not greet. */
export function greetingOf(shell: Shell): Promise<Fields | undefined> {
  const known = shell.current?.greeting
  if (known !== undefined) return Promise.resolve(known ?? undefined)
  return new Promise((resolve, reject) => {
    shell.greetingWaiters.add({ resolve, reject })
    askForGreeting(shell)
  })
}

/** Asked for once per socket. */
export function askForGreeting(shell: Shell): void {
  const { current, heartbeat, timers } = shell
  if (!current?.isOpen() || current.greeting !== undefined || current.isAsked) return
  current.isAsked = true
  shell.sendPing(heartbeat ? heartbeat.timeoutMs : undefined)
  if (!heartbeat) timers.set('greeting', PATIENCE_MS, () => greet(shell, current, null))
}

/** `null`: something else came first. A greeting that comes late is one all the same. */
export function greet(shell: Shell, link: OpenLink, fields: Fields | null): void {
  if (link.greeting !== undefined && !fields) return
  link.greeting = fields
  if (link !== shell.current) return
  const waiters = [...shell.greetingWaiters]
  shell.greetingWaiters.clear()
  for (const { resolve } of waiters) resolve(fields ?? undefined)
}

/** Nobody hopes for a connection any more. */
export function endGreeting({ greetingWaiters }: Shell, error: LiveError): void {
  const waiters = [...greetingWaiters]
  greetingWaiters.clear()
  for (const { reject } of waiters) reject(error)
}
