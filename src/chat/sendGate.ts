/** A server that is asked to slow down says for how long: all that goes to a room then waits together, in order. */
import type { LivePort } from '../query/index.ts'
import { isLiveError } from '../transport/index.ts'
import type { Id } from './types.ts'

export interface SendGate {
  /** Sends once the room takes messages, and again as often as the server says when. */
  pass<Result>(roomId: Id, send: () => Promise<Result>): Promise<Result>
}

/** A server that refuses more often than this means it. */
const MAX_REFUSALS = 5

export function createSendGate(clock: LivePort['clock']): SendGate {
  const opensAt = new Map<string, number>()

  function whenOpen(room: string): Promise<void> {
    const delayMs = (opensAt.get(room) ?? 0) - clock.now()
    if (delayMs <= 0) return Promise.resolve()
    return new Promise<void>((resolve) => {
      clock.setTimer(resolve, delayMs)
    }).then(() => whenOpen(room))
  }

  return {
    async pass(roomId, send) {
      const room = String(roomId)
      for (let refusals = 1; ; refusals++) {
        await whenOpen(room)
        try {
          return await send()
        } catch (error) {
          const hint = hintOf(error)
          if (hint === undefined || refusals >= MAX_REFUSALS) throw error
          opensAt.set(room, Math.max(opensAt.get(room) ?? 0, clock.now() + hint))
        }
      }
    },
  }
}

function hintOf(error: unknown): number | undefined {
  return isLiveError(error) && error.retryable ? error.retryAfterMs : undefined
}
