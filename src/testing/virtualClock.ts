/** Time that only moves when it is told to: for pages, for servers, and for the networks between them. */
import type { PortClock } from '../transport/port.ts'

export interface VirtualClock extends PortClock {
  /** Timers that wait. */
  pending(): number
  /** Runs what falls due, in order; everything that follows from it settles before the next. */
  advance(ms: number): Promise<void>
  /** The same without a pause, for what makes no promises. */
  advanceSync(ms: number): void
  /** Lets time pass while no timer runs, as in a suspended laptop; timers that fell due run late, at the end. */
  suspend(ms: number): Promise<void>
  /** Moves the wall clock only. */
  skew(ms: number): void
  /** Lets promises settle: all of them, or so many turns. */
  flush(turns?: number): Promise<void>
  /** Time waits for real work, too: what is under way, or `undefined`. It is asked again when that is done. */
  waitsFor(work: () => Promise<unknown> | undefined): void
}

interface Timer {
  readonly dueAt: number
  readonly order: number
  readonly run: () => void
}

interface Time {
  nowMs: number
  work: () => Promise<unknown> | undefined
  readonly timers: Set<Timer>
  /** So many have ever been set: among those that are due at once, the first one runs first. */
  timersSet: number
}

const FRAME_MS = 16
/** More than the longest chain of promises between two timers has, and cheap. */
const ALL_TURNS = 100

/** `startAt`: what the wall clock shows when `now()` is 0, in milliseconds since 1970. */
export function createVirtualClock(startAt = 0): VirtualClock {
  const time: Time = { nowMs: 0, work: () => undefined, timers: new Set(), timersSet: 0 }
  let wallOffsetMs = startAt
  let ids = 0
  const setTimer = (run: () => void, delayMs: number) => addTimer(time, run, delayMs)
  return {
    now: () => time.nowMs,
    wallNow: () => time.nowMs + wallOffsetMs,
    createId: () => `id-${++ids}`,
    setTimer,
    requestFrame: (callback) => setTimer(callback, FRAME_MS),
    pending: () => time.timers.size,
    advance: (ms) => runUntil(time, time.nowMs + ms),
    advanceSync(ms) {
      const untilMs = time.nowMs + ms
      while (runNext(time, untilMs));
      time.nowMs = Math.max(time.nowMs, untilMs)
    },
    suspend(ms) {
      time.nowMs += ms
      return runUntil(time, time.nowMs)
    },
    skew(ms) {
      wallOffsetMs += ms
    },
    flush: (turns) => (turns === undefined ? settle(time) : flush(turns)),
    waitsFor(work) {
      time.work = work
    },
  }
}

function addTimer(time: Time, run: () => void, delayMs: number): () => void {
  const timer: Timer = { dueAt: time.nowMs + Math.max(0, delayMs), order: time.timersSet++, run }
  time.timers.add(timer)
  return () => void time.timers.delete(timer)
}

async function runUntil(time: Time, untilMs: number): Promise<void> {
  do await settle(time)
  while (runNext(time, untilMs))
  time.nowMs = Math.max(time.nowMs, untilMs)
}

/** Whether there was a timer to run. */
function runNext(time: Time, untilMs: number): boolean {
  const next = earliest(time.timers, untilMs)
  if (!next) return false
  time.timers.delete(next)
  time.nowMs = Math.max(time.nowMs, next.dueAt)
  next.run()
  return true
}

function earliest(timers: ReadonlySet<Timer>, untilMs: number): Timer | undefined {
  let next: Timer | undefined
  for (const timer of timers) {
    if (timer.dueAt > untilMs) continue
    if (!next || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order))
      next = timer
  }
  return next
}

async function settle({ work }: Time): Promise<void> {
  await flush()
  for (let current = work(); current; current = work()) {
    await current
    await flush()
  }
}

async function flush(turns = ALL_TURNS): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}
