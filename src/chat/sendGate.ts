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

interface Room {
  /** Monotonic milliseconds. */
  opensAt: number
  /** What waits, by the number of its call: refusals and timers come in any order, messages leave in theirs. */
  readonly waiting: Map<number, () => void>
}

export function createSendGate(clock: LivePort['clock']): SendGate {
  const rooms = new Map<string, Room>()
  let calls = 0

  function roomOf(roomId: Id): Room {
    const room = rooms.get(String(roomId)) ?? { opensAt: 0, waiting: new Map() }
    rooms.set(String(roomId), room)
    return room
  }

  function openInTime(room: Room): void {
    clock.setTimer(() => {
      if (clock.now() < room.opensAt) return openInTime(room)
      const inOrder = [...room.waiting].sort(([a], [b]) => a - b)
      room.waiting.clear()
      for (const [, go] of inOrder) go()
    }, room.opensAt - clock.now())
  }

  async function whenOpen(room: Room, call: number): Promise<void> {
    if (clock.now() >= room.opensAt && room.waiting.size === 0) return
    await new Promise<void>((go) => {
      room.waiting.set(call, go)
      if (room.waiting.size === 1) openInTime(room)
    })
  }

  return {
    async pass(roomId, send) {
      const room = roomOf(roomId)
      const call = calls++
      for (let refusals = 1; ; refusals++) {
        await whenOpen(room, call)
        try {
          return await send()
        } catch (error) {
          const hint = hintOf(error)
          if (hint === undefined || refusals >= MAX_REFUSALS) throw error
          room.opensAt = Math.max(room.opensAt, clock.now() + hint)
        }
      }
    },
  }
}

function hintOf(error: unknown): number | undefined {
  return isLiveError(error) && error.retryable ? error.retryAfterMs : undefined
}
