/** How fast one connection may ask. */
export interface Meter {
  /** 0: go on. Else so many milliseconds are to pass before this may be asked again. */
  take(cost: number): number
  /** Whether as much was refused as is allowed at once, without a pause in between. */
  isFlooded(): boolean
}

/** Frames: how many a second in the long run, and how many at once. */
interface Rate {
  readonly framesPerSecond: number
  readonly burst: number
}

/** A bucket of `burst` frames that fills up by so many a second. */
export function createMeter({ framesPerSecond, burst }: Rate, now: () => number): Meter {
  let left = burst
  let refused = 0
  let at = now()
  const fill = () => {
    const nowMs = now()
    // A clock that was set back fills nothing.
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
