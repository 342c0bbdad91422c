/** Time as the server needs it. The one place of the server that touches the real one. */

export interface ServerClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Returns what cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void
}

export const realClock: ServerClock = {
  now: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
