/** What a check comes to, for people and for programs: all of it is plain JSON. */

/**
 * - `kept`: it was tried, and it held
 * - `broken`: it was tried, and it did not
 * - `not offered`: the server says, or shows, that it has no such thing
 * - `not tried`: `why` says what was missing
 */
export type Outcome = 'kept' | 'broken' | 'not offered' | 'not tried'

export type Level = 0 | 1 | 2 | 3

/** One rule of docs/PROTOCOL.md. */
export interface RuleReport {
  /** As the document has it: `P12`. */
  readonly id: string
  /** What must hold, in a few words. */
  readonly title: string
  /** From which level on the rule applies. */
  readonly level: Level
  /** A rule that says "should" is reported, and costs no level. */
  readonly strength: 'must' | 'should'
  /** The part of the document, such as `docs/PROTOCOL.md#history`. */
  readonly link: string
  readonly outcome: Outcome
  /** Of what is not kept: the reason. */
  readonly why?: string
  /** Of what is broken: what was expected, and what came instead. Tokens are left out of all of it. */
  readonly expected?: string
  /** The frame that was sent; `null` where the server spoke first. */
  readonly sent?: unknown
  /** The frame that was received; `null` where none came. */
  readonly received?: unknown
  readonly tookMs: number
}

/** What `querywire check --json` prints. */
export interface CheckReport {
  /** The address, without tokens. */
  readonly url: string
  readonly endpoint: 'room' | 'everything' | 'unknown'
  /** The room, or the channel, that was used. */
  readonly channel: string | number | null
  readonly level: {
    /** What was asked for. */
    readonly stated: Level | null
    /** `welcome.level`, or what was found where there is no welcome. */
    readonly found: Level | null
    /** Every rule up to here that could be tried is kept; `null` where not even level 0 is. */
    readonly kept: Level | null
  }
  /** Whether the stated level is kept; without a stated one, that which was found. */
  readonly ok: boolean
  /** In words: what the server is, and what would bring it further. */
  readonly summary: string
  readonly counts: Readonly<Record<Outcome, number>>
  readonly rules: readonly RuleReport[]
  /** Rules that nobody can check from outside. */
  readonly unchecked: readonly { readonly id: string; readonly why: string }[]
  /** What the check has left behind, or met on its way. */
  readonly notes: readonly string[]
  readonly tookMs: number
}
