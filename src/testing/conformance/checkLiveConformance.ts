/**
 * The promise of the query layer as a check that anyone can run: random schedules of events, fetches, page loads,
 * cancellations, remounts, reloads, reconnects, faults and optimistic sends, after which the cache must equal the server.
 */
import type { Finding, FindingKind } from './audit.ts'
import type { ConformanceBackEnd, ConformanceLevel, ConformanceParts } from './backEnd.ts'

export interface LiveConformanceOptions {
  /** What the back end offers; see the levels of the protocol. @default 3 */
  readonly level?: ConformanceLevel
  /** The first schedule's seed; the others follow it. @default 1 */
  readonly seed?: number
  /** @default 1000 */
  readonly schedules?: number
  /** Steps per schedule. @default 40 */
  readonly steps?: number
  /** `setQueryData` runs the usual code instead, as a control. @default 'live' */
  readonly approach?: 'live' | 'setQueryData'
  /** Another back end than the built-in model, through its `LivePort`. Gets a clock and randomness to be repeatable. */
  readonly createBackEnd?: (parts: ConformanceParts) => ConformanceBackEnd
  /** Stop after so many schedules that failed. @default Infinity */
  readonly maxFailures?: number
}

export interface FailedSchedule {
  readonly seed: number
  readonly findings: readonly Finding[]
  readonly trail: readonly string[]
}

export interface LiveConformanceReport {
  readonly schedules: number
  readonly failed: readonly FailedSchedule[]
  readonly counts: Readonly<Record<FindingKind, number>>
}

/** Resolves with what was found; an empty `failed` means that nothing was. Uses no real time. */
export async function checkLiveConformance(
  options: LiveConformanceOptions = {},
): Promise<LiveConformanceReport> {
  const { level = 3, seed = 1, schedules = 1_000, steps = 40, approach = 'live' } = options
  // Here and not above: whoever uses the chat server only has no TanStack Query installed.
  const { runOne } = await import('./runOne.ts')
  const { createModelBackEnd } = await import('./model/modelBackEnd.ts')
  const { createBackEnd = createModelBackEnd } = options
  const failed: FailedSchedule[] = []
  const counts = { lost: 0, ghost: 0, stale: 0, duplicate: 0, misplaced: 0, stuck: 0 }
  let done = 0
  while (done < schedules && failed.length < (options.maxFailures ?? Number.POSITIVE_INFINITY)) {
    const at = seed + done++
    const { findings, trail } = await runOne({ level, seed: at, steps, approach, createBackEnd })
    for (const { kind } of findings) counts[kind]++
    if (findings.length > 0) failed.push({ seed: at, findings, trail })
  }
  return { schedules: done, failed, counts }
}
