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

interface Room {
  /** From a refusal until a message has passed again. */
  isClosed: boolean
  /** Monotonic milliseconds. */
  opensAt: number
  cancelTimer: (() => void) | undefined
  /** What waits, by the number of its call: refusals come in any order, messages leave in theirs. */
  readonly waiting: Map<number, () => void>
  /** The first to leave; the others follow when it was taken, so that none of them overtakes it. */
  probe: number | undefined
}

export function createSendGate({ manager }: Pick<ChatContext, 'manager'>): SendGate {
  const { clock } = manager.port
  const rooms = new Map<string, Room>()
  let calls = 0

  function roomOf(roomId: Id): Room {
    const key = String(roomId)
    const room = rooms.get(key) ?? newRoom()
    rooms.set(key, room)
    return room
  }

  function close(room: Room, hintMs: number): void {
    room.isClosed = true
    room.probe = undefined
    room.opensAt = Math.max(room.opensAt, clock.now() + hintMs)
    room.cancelTimer?.()
    room.cancelTimer = clock.setTimer(() => tryOne(room), room.opensAt - clock.now())
  }

  async function attempt<Result>(
    room: Room,
    { call, send }: { readonly call: number; readonly send: () => Promise<Result> },
    refusals = 1,
  ): Promise<Result> {
    if (room.isClosed) await new Promise<void>((go) => room.waiting.set(call, go))
    try {
      return await send()
    } catch (error) {
      const hintMs = refusals < MAX_REFUSALS ? hintOf(error) : undefined
      if (hintMs === undefined) throw error
      close(room, hintMs)
    } finally {
      if (room.probe === call) open(room)
    }
    return attempt(room, { call, send }, refusals + 1)
  }

  return {
    pass: (roomId, send) => attempt(roomOf(roomId), { call: calls++, send }),
  }
}

function newRoom(): Room {
  return { isClosed: false, opensAt: 0, cancelTimer: undefined, waiting: new Map(), probe: undefined }
}

function tryOne(room: Room): void {
  const [first] = inOrder(room)
  if (!first) return open(room)
  const [call, go] = first
  room.probe = call
  room.waiting.delete(call)
  go()
}

function open(room: Room): void {
  room.isClosed = false
  room.probe = undefined
  const waiting = inOrder(room)
  room.waiting.clear()
  for (const [, go] of waiting) go()
}

function inOrder({ waiting }: Room) {
  return [...waiting].sort(([a], [b]) => a - b)
}

function hintOf(error: unknown): number | undefined {
  return isLiveError(error) && error.retryable ? error.retryAfterMs : undefined
}
