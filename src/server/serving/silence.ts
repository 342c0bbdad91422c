/** Ends connections whose other end is gone without a word: nothing else would, and they would be written to for ever. */
import type { Hub } from './hub.ts'

const GOING_AWAY = 1001

/** One timer for all. Returns how to stop. */
export function watchSilence(hub: Hub): () => void {
  const { environment, limits } = hub
  if (limits.silenceMs === Number.POSITIVE_INFINITY) return () => undefined
  const look = () => {
    cancel = environment.setTimer(look, limits.silenceMs / 4)
    const silentSince = environment.now() - limits.silenceMs
    for (const session of hub.sessions.all)
      if (session.heardAt < silentSince) hub.close(session, GOING_AWAY, 'silent')
  }
  let cancel = environment.setTimer(look, limits.silenceMs / 4)
  return () => cancel()
}
