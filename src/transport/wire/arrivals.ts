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
  /** Being worked on; it may be among those that wait. */
  current: Arrival | undefined
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
export function arrive(parts: Parts, arrival: Arrival): void {
  const { waiting, current } = parts.arrivals
  // Most of what arrives is alone: a place in the line, and a look at the clock, would be a good part of its cost.
  if (!current && waiting.size === 0) work(parts, arrival)
  else lineUp(parts).add(arrival)
}

/** Ahead of all that waits. */
export function precede(parts: Parts, arrival: Arrival): void {
  const { arrivals } = parts
  arrivals.waiting = new Set([arrival, ...lineUp(parts)])
  if (!arrivals.current && !arrivals.cancel) work(parts, arrival)
}

/** What is being worked on stands in front of what comes meanwhile, should it not be done with. */
function lineUp({ arrivals: { current, waiting } }: Parts): Set<Arrival> {
  return current && waiting.size === 0 ? waiting.add(current) : waiting
}

/** After everything that came through the same socket before. */
export function afterArrivals(parts: Parts, attempt: number, run: () => void): void {
  const { current, waiting } = parts.arrivals
  const isOwn = (arrival: Arrival | undefined) => arrival?.attempt === attempt
  if (!isOwn(current) && ![...waiting].some(isOwn)) return run()
  const work = () => {
    run()
    return true
  }
  arrive(parts, { attempt, work })
}

export function isBehind({ arrivals }: Parts): boolean {
  return arrivals.current !== undefined || arrivals.waiting.size > 0
}

/** Of sockets that are gone nothing is heard. */
export function forgetArrivals({ arrivals }: Parts, isGone: (attempt: number) => boolean): void {
  const { waiting } = arrivals
  for (const arrival of waiting) if (isGone(arrival.attempt)) waiting.delete(arrival)
  if (waiting.size > 0) return
  arrivals.cancel?.()
  arrivals.cancel = undefined
}

function work(parts: Parts, next: Arrival): void {
  const { environment, arrivals } = parts
  let startedAt: number | undefined
  const isOver = () => {
    startedAt ??= environment.now()
    return environment.isOver?.(startedAt) ?? environment.now() - startedAt >= SLICE_MS
  }
  try {
    for (let arrival: Arrival | undefined = next; arrival; arrival = first(arrivals)) {
      workOn(arrivals, arrival, isOver)
      if (arrivals.waiting.size === 0 || isOver()) break
    }
  } finally {
    arrivals.current = undefined
    goOn(parts)
  }
}

function workOn(arrivals: Arrivals, arrival: Arrival, isOver: () => boolean): void {
  const isAlone = arrivals.waiting.size === 0
  let isDone = false
  arrivals.current = arrival
  try {
    isDone = arrival.work(isOver)
  } finally {
    if (isDone) arrivals.waiting.delete(arrival)
    else if (isAlone) arrivals.waiting.add(arrival)
  }
}

function goOn(parts: Parts): void {
  const { environment, arrivals } = parts
  if (arrivals.waiting.size === 0) return
  const { defer = (run: () => void) => environment.setTimer(run, 0) } = environment
  arrivals.cancel = defer(() => {
    arrivals.cancel = undefined
    const next = first(arrivals)
    if (next) work(parts, next)
  })
}

function first({ waiting }: Arrivals): Arrival | undefined {
  return waiting.values().next().value
}
