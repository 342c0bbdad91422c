/** Going down without losing anybody: what is under way is answered, whoever can move does, and the rest comes again. */
import type { Hub } from './hub.ts'

export interface CloseOptions {
  /** How long connections have to move, at most: it is over when all have. @default 10000 */
  readonly graceMs?: number
}

const SERVICE_RESTART = 1012
/** Within so long those that were closed come again, so that not all do at once. */
const SPREAD_MS = 1_000
const LOOK_MS = 20

export async function closeServer(
  hub: Hub,
  { graceMs = 10_000, stops }: CloseOptions & { readonly stops: readonly (() => void)[] },
): Promise<void> {
  const { environment, sessions } = hub
  hub.isDraining = true
  const drainedAt = environment.now()
  const spread = (ms: number) => Math.round(environment.random() * ms)
  for (const session of sessions.all) {
    // A client takes its time as well, and its next connection has to be caught up before this one ends.
    const data = { retry_after_ms: spread(graceMs / 4) }
    if (session.phase === 'ready') hub.write(session, JSON.stringify({ type: 'draining', data }))
  }
  while (sessions.all.size > 0 && environment.now() - drainedAt < graceMs)
    await new Promise<void>((resolve) => void environment.setTimer(resolve, LOOK_MS))
  for (const session of [...sessions.all])
    hub.close(session, SERVICE_RESTART, `{"retry_after_ms":${spread(SPREAD_MS)}}`)
  for (const stop of stops) stop()
}
