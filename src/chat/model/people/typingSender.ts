/** Says that one is typing: seldom enough not to flood, often enough not to run out. */

import type { Id } from '../data/types.ts'
import { type ChatContext, endpointOf } from '../session/context.ts'

/** Receivers let a signal run out after 7 s; one lost frame must not show. Milliseconds. */
const REPEAT_MS = 3_000
const IDLE_MS = 5_000

export interface TypingSender {
  keystroke(): void
  stop(): void
}

export function createTypingSender({ manager, endpoints }: ChatContext, roomId: Id): TypingSender {
  const { port, store } = manager
  const endpoint = endpointOf(endpoints, roomId)
  let sentAt: number | undefined
  let cancelIdle: (() => void) | undefined

  function isConnected(): boolean {
    return store.getState().connections[endpoint ?? '']?.state === 'CONNECTED'
  }

  function say(isTyping: boolean): void {
    port
      .send('typing_indicator', { room_id: roomId, is_typing: isTyping }, { endpoint, delivery: 'volatile' })
      .catch(() => {
        // The connection gave up: nobody is there to be told.
      })
  }

  function stop(): void {
    cancelIdle?.()
    cancelIdle = undefined
    if (sentAt === undefined) return
    sentAt = undefined
    say(false)
  }

  return {
    keystroke() {
      // Nobody would be told, and the first keystroke after that has to tell it.
      if (!isConnected()) return
      cancelIdle?.()
      cancelIdle = port.clock.setTimer(stop, IDLE_MS)
      const now = port.clock.now()
      if (sentAt !== undefined && now - sentAt < REPEAT_MS) return
      sentAt = now
      say(true)
    },
    stop,
  }
}
