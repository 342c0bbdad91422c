/** Signs that the server has read what was written: who waits for one, and the ping that asks for it. */
import type { WireSocket } from '../wire/socket.ts'
import type { Connection } from './connection.ts'

/** One at a time: a ping that replaced another would put off the moment at which silence is noticed. */
export function askForSign({ current, ping, heartbeat, sendPing }: Connection): void {
  if (current?.isOpen() && !ping) sendPing(heartbeat ? heartbeat.timeoutMs : undefined)
}

/** The server has read what was written to this socket up to here. Tells whether there is more that wants to know. */
export function markRead(
  { sendQueue }: Connection,
  socket: WireSocket | undefined,
  order = Number.POSITIVE_INFINITY,
): boolean {
  const open = [...sendQueue.unanswered.values()].filter(
    (queued) => queued.onRead && queued.socket === socket,
  )
  for (const queued of open) if (queued.order <= order) queued.onRead?.()
  return open.some((queued) => queued.order > order)
}
