/** How fast one connection may ask. */
import type { LiveServerLimits } from '../limits.ts'

export interface Meter {
  /** 0: go on. Else so many milliseconds are to pass before this may be asked again. */
  take(cost: number): number
  /** Whether as much was refused as is allowed at once, without a pause in between. */
  isFlooded(): boolean
}

/** A bucket of `burst` frames that fills up by so many a second. */
export function createMeter({ framesPerSecond, burst }: LiveServerLimits, now: () => number): Meter {
  let left = burst
  let refused = 0
  let at = now()
  const fill = () => {
    const nowMs = now()
    left = Math.min(burst, left + (Math.max(0, nowMs - at) * framesPerSecond) / 1000)
    at = nowMs
    if (left >= burst) refused = 0
  }
  return {
    take: (cost) => {
      fill()
      if (left < cost) {
        refused += cost
        return Math.ceil(((Math.min(cost, burst) - left) * 1000) / framesPerSecond)
      }
      left -= cost
      return 0
    },
    isFlooded: () => refused > burst,
  }
}
