/** Who needs the connection: it is open while anybody does, and a little longer. */
import { LiveError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { dropFrames } from './sending.ts'

/** Keeps it open until released. `revive`: undoes an earlier `disconnect()` that nobody else lives with. */
export function takeLease(connection: Connection, revive: boolean): (idleMs?: number) => void {
  const { leases, timers } = connection
  const lease = {}
  const isFirst = leases.size === 0
  leases.add(lease)
  timers.clear('linger')
  if (connection.state.phase === 'idle' || (revive && isFirst)) connection.raise({ type: 'hold' })
  return (idleMs = 0) => {
    // What was disconnected on purpose stays so, and visibly, until somebody wants it again.
    if (!leases.delete(lease) || leases.size > 0 || connection.state.phase === 'disconnected') return
    // Not at once: a route change, or React's StrictMode, lets go and takes hold again a moment later.
    timers.set('linger', Math.max(connection.lingerMs - idleMs, 0), () => endConnection(connection))
  }
}

export function endConnection(connection: Connection): void {
  connection.timers.clear('linger')
  connection.raise({ type: 'release' })
  // Whoever waited for something would hold it; what is left are repeats of frames that were written already.
  dropFrames(connection, new LiveError('closed', 'Nobody holds the connection any more'))
  connection.publish(connection.name, undefined)
}
