/** Signs that the server has read what was written: who waits for one, and the ping that asks for it. */
import type { Link } from '../wire/link.ts'
import type { Shell } from './shell.ts'

/** One at a time: a ping that replaced another would put off the moment at which silence is noticed. */
export function askForSign({ current, ping, heartbeat, sendPing }: Shell): void {
  if (current?.isOpen() && !ping) sendPing(heartbeat ? heartbeat.timeoutMs : undefined)
}

/** The server has read what was written to this socket up to here. Tells whether there is more that wants to know. */
export function markRead(
  { outbox }: Shell,
  link: Link | undefined,
  order = Number.POSITIVE_INFINITY,
): boolean {
  const open = [...outbox.unanswered.values()].filter((entry) => entry.onRead && entry.link === link)
  for (const entry of open) if (entry.order <= order) entry.onRead?.()
  return open.some((entry) => entry.order > order)
}
