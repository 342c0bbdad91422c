/**
 * When to write: the first change of a quiet period at once, later ones together at the next frame. A burst then costs
 * one write per query and frame, and a lone event waits for nothing.
 */
import type { PortClock } from '../transport/port.ts'

export interface Coalescer {
  /** `flush` runs once for any number of requests before it. */
  request(): void
  stop(): void
}

export function createCoalescer(clock: PortClock, flush: () => void): Coalescer {
  let state: 'quiet' | 'leading' | 'busy' | 'busy-dirty' | 'stopped' = 'quiet'
  let cancelFrame: (() => void) | undefined

  function run(): void {
    if (state === 'stopped') return
    state = 'busy'
    cancelFrame = clock.requestFrame(onFrame)
    flush()
  }

  function onFrame(): void {
    if (state === 'busy-dirty') return run()
    if (state !== 'stopped') state = 'quiet'
  }

  return {
    request() {
      if (state === 'busy') state = 'busy-dirty'
      if (state !== 'quiet') return
      state = 'leading'
      // After the socket message that is being handled: all channels it touches are then written together.
      queueMicrotask(run)
    },
    stop() {
      state = 'stopped'
      cancelFrame?.()
    },
  }
}
