/**
 * A server that asks to slow down says for how long: all of a kind that goes to the room then waits, in order. So it does behind
 * what was not answered in time: nobody knows whether that was done, so it is no refusal, and it may be asked once more.
 */
import { isLiveError } from '../../../transport/index.ts'
import type { Id } from '../data/types.ts'
import type { ChatContext } from './context.ts'
import { discarded } from './names.ts'

export interface SendGate {
  /** Sends once the room takes messages, and again as often as the server says when. `signal` ends the waiting. */
  pass<Result>(
    to: { readonly roomId: Id; readonly signal: AbortSignal | undefined },
    send: () => Promise<Result>,
  ): Promise<Result>
}

/** A server that refuses, or answers nothing, more often than this means it. */
const MAX_REFUSALS = 5
/** Before what was not answered in time is sent again. Milliseconds. */
const TIMEOUT_WAIT_MS = 2_000
/** However soon it says. Milliseconds. */
const MIN_WAIT_MS = 500

interface Room {
  /** What waits, by the number of its call: refusals come in any order, messages leave in theirs. */
  readonly waiting: Map<number, (isFirst: boolean) => void>
  /** From a refusal until a message has passed again. */
  until: number | undefined
  /** The first of those that wait is on its way, alone. */
  isTrying: boolean
  /** While something waits for its time. */
  cancelTimer: (() => void) | undefined
}

const OPEN = { until: undefined, isTrying: false, cancelTimer: undefined }

interface Call<Result> {
  readonly number: number
  readonly signal: AbortSignal | undefined
  readonly send: () => Promise<Result>
}

export function createSendGate({ manager, level }: Pick<ChatContext, 'manager' | 'level'>): SendGate {
  const { clock } = manager.port
  const rooms = new Map<string, Room>()
  let calls = 0

  function roomOf(roomId: Id): Room {
    const key = String(roomId)
    const room = rooms.get(key) ?? { ...OPEN, waiting: new Map() }
    rooms.set(key, room)
    return room
  }

  /** Keeps no timer for nobody. */
  function arm(room: Room): void {
    const { waiting, until = 0, isTrying } = room
    room.cancelTimer?.()
    room.cancelTimer = undefined
    if (isTrying || waiting.size === 0) return
    room.cancelTimer = clock.setTimer(() => tryFirst(room), Math.max(until - clock.now(), 0))
  }

  function turnOf(room: Room, { number, signal }: Call<unknown>): Promise<boolean> {
    return new Promise((go, fail) => {
      const leave = () => {
        if (!room.waiting.delete(number)) return
        fail(discarded())
        arm(room)
      }
      signal?.addEventListener('abort', leave, { once: true })
      room.waiting.set(number, (isFirst) => {
        signal?.removeEventListener('abort', leave)
        go(isFirst)
      })
      if (signal?.aborted) leave()
      else arm(room)
    })
  }

  async function attempt<Result>(room: Room, call: Call<Result>, refusals = 1): Promise<Result> {
    let isFirst = room.until !== undefined && (await turnOf(room, call))
    try {
      return await call.send()
    } catch (error) {
      const hintMs = refusals < MAX_REFUSALS ? hintOf(error, level.isReplying()) : undefined
      if (hintMs === undefined) throw error
      if (isFirst) room.isTrying = false
      isFirst = false
      room.until = clock.now() + hintMs
      arm(room)
    } finally {
      if (isFirst) open(room)
    }
    return attempt(room, call, refusals + 1)
  }

  return {
    pass: ({ roomId, signal }, send) => attempt(roomOf(roomId), { number: calls++, signal, send }),
  }
}

/** The first leaves alone, the others when it was taken, so that none of them overtakes it. */
function tryFirst(room: Room): void {
  room.cancelTimer = undefined
  const [first] = inOrder(room)
  if (!first) return
  const [number, go] = first
  room.waiting.delete(number)
  room.isTrying = true
  go(true)
}

function open(room: Room): void {
  room.cancelTimer?.()
  Object.assign(room, OPEN)
  const waiting = inOrder(room)
  room.waiting.clear()
  for (const [, go] of waiting) go(false)
}

function inOrder({ waiting }: Room) {
  return [...waiting].sort(([a], [b]) => a - b)
}

/** `isReplying`: the server knows again what it is sent twice. Silence of another one is no reason to ask once more. */
function hintOf(error: unknown, isReplying: boolean): number | undefined {
  if (!isLiveError(error) || !error.retryable) return undefined
  if (error.code === 'timeout') return isReplying ? TIMEOUT_WAIT_MS : undefined
  return error.retryAfterMs === undefined ? undefined : Math.max(error.retryAfterMs, MIN_WAIT_MS)
}
