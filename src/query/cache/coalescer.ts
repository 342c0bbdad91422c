/**
 * When to write: the first change of a quiet period at once, later ones together at the next frame. A burst then costs
 * one write per query and frame, and a lone event waits for nothing.
 */
import type { PortClock } from '../../transport/port.ts'

const MAX_LOAD = 500

export interface Coalescer<Item> {
  /**
   * To be flushed soon, together with others; once, however often it was asked for. `weight`: how much work it is; of much
   * work none waits for a frame, which a hidden tab may be without for long.
   */
  request(item: Item, weight?: number): void
  stop(): void
}

export function createCoalescer<Item>(
  clock: PortClock,
  flush: (items: readonly Item[]) => void,
): Coalescer<Item> {
  const waiting = new Set<Item>()
  let isDue = false
  let isStopped = false
  let load = 0
  /** There as long as the period is not quiet. */
  let cancelFrame: (() => void) | undefined

  function run(): void {
    if (isStopped) return
    isDue = false
    load = 0
    cancelFrame?.()
    cancelFrame = clock.requestFrame(onFrame)
    const items = [...waiting]
    waiting.clear()
    flush(items)
  }

  function onFrame(): void {
    cancelFrame = undefined
    if (waiting.size > 0) run()
  }

  return {
    request(item, weight = 0) {
      waiting.add(item)
      load += weight
      if (isDue || (cancelFrame && load <= MAX_LOAD)) return
      isDue = true
      // After the socket message that is being handled: all channels it touches are then written together.
      queueMicrotask(run)
    },
    stop() {
      isStopped = true
      cancelFrame?.()
    },
  }
}
