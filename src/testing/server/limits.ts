/** How much one client may ask of the server. What is over is refused or closed, and never anybody else's trouble. */

export interface ServerLimits {
  /** Bytes of one message (its characters, where a mount counts no bytes). More closes with 1009. @default 262144 */
  readonly messageBytes: number
  /**
   * What a connection may go on sending, in frames per second; each KiB counts as a frame more. What is over is refused as
   * `rate_limited`; who does not stop is closed with 4029. @default 200
   */
  readonly framesPerSecond: number
  /** What it may send at once, in frames, counted in the same way. @default 2000 */
  readonly burst: number
  /** What may wait for a slow reader, where the mount can tell. More closes with 1013. @default 4194304 */
  readonly bufferedBytes: number
  /** Rooms that one connection may subscribe. @default 1000 */
  readonly subscriptions: number
  /** The newest one over is closed with 4029. @default 100 */
  readonly connectionsPerUser: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  messageBytes: 262_144,
  framesPerSecond: 200,
  burst: 2000,
  bufferedBytes: 4_194_304,
  subscriptions: 1000,
  connectionsPerUser: 100,
}

/** Objects in objects in a frame. `JSON.parse` reads any depth, `JSON.stringify` does not write it. */
const MAX_DEPTH = 32

/** Level by level, because a walk by recursion ends where the stack does. */
export function isTooDeep(value: unknown): boolean {
  let level: object[] = isObject(value) ? [value] : []
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MAX_DEPTH) return true
    level = level.flatMap((each) => Object.values(each).filter(isObject))
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export interface Meter {
  /** 0: go on. Else so many milliseconds are to pass before this may be asked again. */
  take(cost: number): number
  /** Whether as much was refused as is allowed at once, without a pause in between. */
  isFlooded(): boolean
}

/** A bucket of `burst` frames that fills up by so many a second. */
export function createMeter({ framesPerSecond, burst }: ServerLimits, now: () => number): Meter {
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
