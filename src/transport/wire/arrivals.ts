/**
 * What has arrived and waits its turn: worked off in order, in slices, so that a flood never holds up the page. Knows no
 * frames.
 */
import type { Environment } from '../environment.ts'

export interface Arrival {
  /** Which socket it came through. */
  readonly attempt: number
  /** Does a part of it; true when all of it is done. */
  readonly work: (isOver: () => boolean) => boolean
}

export interface Arrivals {
  waiting: Set<Arrival>
  isWorking: boolean
  /** Ends the wait for the next slice. */
  cancel: (() => void) | undefined
}

/** A task of 50 ms is felt; what others make of a slice is in the same task. Milliseconds. */
const SLICE_MS = 5

interface Parts {
  readonly environment: Environment
  readonly arrivals: Arrivals
}

/** At once, unless something waits: then behind it. */
export function arrive({ environment, arrivals }: Parts, arrival: Arrival): void {
  arrivals.waiting.add(arrival)
  if (!arrivals.cancel) work({ environment, arrivals })
}

/** Ahead of all that waits. */
export function precede({ environment, arrivals }: Parts, arrival: Arrival): void {
  arrivals.waiting = new Set([arrival, ...arrivals.waiting])
  if (!arrivals.cancel) work({ environment, arrivals })
}

/** After everything that came through the same socket before. */
export function afterArrivals(parts: Parts, attempt: number, run: () => void): void {
  for (const arrival of parts.arrivals.waiting) {
    if (arrival.attempt !== attempt) continue
    return arrive(parts, {
      attempt,
      work: () => {
        run()
        return true
      },
    })
  }
  run()
}

export function isBehind({ arrivals }: Parts): boolean {
  return arrivals.waiting.size > 0
}

/** Of sockets that are gone nothing is heard. */
export function forgetArrivals({ arrivals }: Parts, isGone: (attempt: number) => boolean): void {
  const { waiting } = arrivals
  for (const arrival of waiting) if (isGone(arrival.attempt)) waiting.delete(arrival)
  if (waiting.size > 0) return
  arrivals.cancel?.()
  arrivals.cancel = undefined
}

function work({ environment, arrivals }: Parts): void {
  if (arrivals.isWorking) return
  arrivals.isWorking = true
  const startedAt = environment.now()
  const isOver = () => environment.isOver?.(startedAt) ?? environment.now() - startedAt >= SLICE_MS
  try {
    for (let arrival = first(arrivals); arrival; arrival = first(arrivals)) {
      if (arrival.work(isOver)) arrivals.waiting.delete(arrival)
      // Asked last: most of what arrives is alone, and the clock would be a good part of its cost.
      if (arrivals.waiting.size === 0 || isOver()) break
    }
  } finally {
    arrivals.isWorking = false
    goOn({ environment, arrivals })
  }
}

function goOn({ environment, arrivals }: Parts): void {
  if (arrivals.waiting.size === 0) return
  const { defer = (run: () => void) => environment.setTimer(run, 0) } = environment
  arrivals.cancel = defer(() => {
    arrivals.cancel = undefined
    work({ environment, arrivals })
  })
}

function first({ waiting }: Arrivals): Arrival | undefined {
  return waiting.values().next().value
}
