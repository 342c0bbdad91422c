/** Who needs the connection: it is open while anybody does, and a little longer. */
import { LiveError } from '../errors.ts'
import { drop } from './outbox.ts'
import type { Shell } from './shell.ts'

/** Keeps it open until released. `revive`: undoes an earlier `disconnect()` that nobody else lives with. */
export function hold(shell: Shell, revive: boolean): (idleMs?: number) => void {
  const { holders, timers } = shell
  const holder = {}
  const isFirst = holders.size === 0
  holders.add(holder)
  timers.clear('linger')
  if (shell.state.phase === 'idle' || (revive && isFirst)) shell.raise({ type: 'hold' })
  return (idleMs = 0) => {
    // What was disconnected on purpose stays so, and visibly, until somebody wants it again.
    if (!holders.delete(holder) || holders.size > 0 || shell.state.phase === 'disconnected') return
    // Not at once: a route change, or React's StrictMode, lets go and takes hold again a moment later.
    timers.set('linger', Math.max(shell.lingerMs - idleMs, 0), () => end(shell))
  }
}

/** Whoever it was made for has gone before it was held. */
export function abandon(shell: Shell): void {
  const { channels, holders, state } = shell
  if (state.phase === 'idle' && holders.size === 0 && channels.subscriptions.size === 0) end(shell)
}

export function end(shell: Shell): void {
  shell.timers.clear('linger')
  shell.raise({ type: 'release' })
  // Whoever waited for something would hold it; what is left are repeats of frames that were written already.
  drop(shell, new LiveError('closed', 'Nobody holds the connection any more'))
  shell.publish(shell.name, undefined)
}
