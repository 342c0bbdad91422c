/** How a trial ends that does not simply hold. Errors, so that it can end anywhere. */

export interface Finding {
  /** What should have been, in words that need no knowledge of this program. */
  readonly expected: string
  /** What was instead, if the frame does not say it. */
  readonly why?: string
  readonly sent?: unknown
  readonly received?: unknown
}

export class BrokenError extends Error {
  readonly finding: Finding

  constructor(finding: Finding) {
    super(finding.why ?? finding.expected)
    this.finding = finding
  }
}

/** The server has no such thing, and need not. */
export class NotOfferedError extends Error {}

/** Something that the trial stands on is missing: nothing is known of the rule. */
export class NotTriedError extends Error {}

export class NoAnswerError extends NotTriedError {
  readonly sent: unknown

  constructor(what: string, sent: unknown) {
    super(what)
    this.sent = sent
  }
}

export function must(holds: boolean, finding: Finding): asserts holds {
  if (!holds) throw new BrokenError(finding)
}
