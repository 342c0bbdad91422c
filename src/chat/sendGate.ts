/** A server that asks to slow down says for how long: all of a kind that goes to the room then waits, in order. */
import { isLiveError } from '../transport/index.ts'
import type { ChatContext } from './context.ts'
import type { Id } from './types.ts'

export interface SendGate {
  /** Sends once the room takes messages, and again as often as the server says when. */
  pass<Result>(roomId: Id, send: () => Promise<Result>): Promise<Result>
}

/** A server that refuses more often than this means it. */
const MAX_REFUSALS = 5
/** However soon it says. Milliseconds. */
const MIN_WAIT_MS = 500

interface Room {
  /** What waits, by the number of its call: refusals come in any order, messages leave in theirs. */
  readonly waiting: Map<number, (isFirst: boolean) => void>
  /** Set from a refusal until a message has passed again. */
  cancelTimer: (() => void) | undefined
}

export function createSendGate({ manager }: Pick<ChatContext, 'manager'>): SendGate {
  const rooms = new Map<string, Room>()
  let calls = 0

  function roomOf(roomId: Id): Room {
    const key = String(roomId)
    const room = rooms.get(key) ?? { waiting: new Map(), cancelTimer: undefined }
    rooms.set(key, room)
    return room
  }

  async function attempt<Result>(
    room: Room,
    { call, send }: { readonly call: number; readonly send: () => Promise<Result> },
    refusals = 1,
  ): Promise<Result> {
    let isFirst = false
    if (room.cancelTimer) isFirst = await new Promise<boolean>((go) => room.waiting.set(call, go))
    try {
      return await send()
    } catch (error) {
      const hintMs = refusals < MAX_REFUSALS ? hintOf(error) : undefined
      if (hintMs === undefined) throw error
      isFirst = false
      room.cancelTimer?.()
      room.cancelTimer = manager.port.clock.setTimer(() => tryFirst(room), hintMs)
    } finally {
      if (isFirst) open(room)
    }
    return attempt(room, { call, send }, refusals + 1)
  }

  return {
    pass: (roomId, send) => attempt(roomOf(roomId), { call: calls++, send }),
  }
}

/** The first leaves alone, the others when it was taken, so that none of them overtakes it. */
function tryFirst(room: Room): void {
  const [first] = inOrder(room)
  if (!first) return open(room)
  const [call, go] = first
  room.waiting.delete(call)
  go(true)
}

function open(room: Room): void {
  room.cancelTimer = undefined
  const waiting = inOrder(room)
  room.waiting.clear()
  for (const [, go] of waiting) go(false)
}

function inOrder({ waiting }: Room) {
  return [...waiting].sort(([a], [b]) => a - b)
}

function hintOf(error: unknown): number | undefined {
  if (!isLiveError(error) || !error.retryable || error.retryAfterMs === undefined) return undefined
  return Math.max(error.retryAfterMs, MIN_WAIT_MS)
}
