/** How long what nobody reads is kept. Knows no queries. */
import type { PortClock } from '../../transport/port.ts'

/** How long a channel outlives its last reader: route changes, StrictMode and slow Suspense commits. Milliseconds. */
export const LINGER_MS = 5_000
/** Where more than so many are kept, they go after this: each may have a socket of its own. Milliseconds. */
const MAX_LINGERING = 8
const SHORT_LINGER_MS = 1_000

/** Returns how to stop. */
export function linger(
  { setTimer }: PortClock,
  all: ReadonlyMap<unknown, unknown>,
  end: () => void,
): () => void {
  const stop = setTimer(end, LINGER_MS)
  const stopShort = setTimer(() => all.size > MAX_LINGERING && end(), SHORT_LINGER_MS)
  return () => {
    stop()
    stopShort()
  }
}
