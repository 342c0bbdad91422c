/** What the network panel and the story say to each other over Storybook's channel. */

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

export interface ClientReport {
  readonly user: string
  readonly state: string
  readonly attempts: number
  readonly latencyMs: number | null
  readonly queued: number
}

export interface LogLine {
  readonly number: number
  readonly at: number
  readonly user: string
  /** The type of the inspector's entry. */
  readonly type: string
  readonly text: string
}

export interface NetworkReport {
  /** `undefined`: the story has no server. */
  readonly knobs: Knobs | undefined
  readonly clients: readonly ClientReport[]
  /** Oldest first, the last two hundred. */
  readonly log: readonly LogLine[]
}

export const NOTHING: NetworkReport = { knobs: undefined, clients: [], log: [] }
