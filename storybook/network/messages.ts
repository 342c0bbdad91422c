/** What the network panel and the story say to each other over Storybook's channel. */

import type { LogLine } from '../../src/devtools/logLine.ts'
import type { ConnectionRow } from '../../src/devtools/useLiveReport.ts'

/** Panel to story: turn these knobs. */
export const SET = 'querywire/network/set'
/** Panel to story: let this happen now. */
export const HAPPEN = 'querywire/network/happen'
/** Panel to story: tell everything; the panel was not there. */
export const ASK = 'querywire/network/ask'
/** Story to panel: how everything is. */
export const REPORT = 'querywire/network/report'

export interface Knobs {
  readonly latencyMs: number
  /** Probabilities, 0 to 1. */
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
  readonly skewClockMs: number
}

export type Accident = 'half-open' | 'disconnect' | 'restart' | 'refuse'

export interface NetworkReport {
  /** `undefined`: the story has no server. */
  readonly knobs: Knobs | undefined
  readonly clients: readonly ConnectionRow[]
  /** Oldest first. */
  readonly lines: readonly LogLine[]
  /** Lines from this number on are new; what was told of them before does not count. */
  readonly from: number
}

export const NOTHING: NetworkReport = { knobs: undefined, clients: [], lines: [], from: 0 }

const MOST_LINES = 500

/** A report tells only the lines that are new. */
export function afterReport(before: NetworkReport, report: NetworkReport): NetworkReport {
  const known = before.lines.filter(({ number }) => number < report.from)
  return { ...report, lines: [...known, ...report.lines].slice(-MOST_LINES) }
}
