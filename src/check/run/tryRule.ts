/** One rule: tried, if everything it takes is there. */
import { now } from '../environment.ts'
import { shown } from '../frames.ts'
import { BrokenError, NotOfferedError, NotTriedError } from '../outcome.ts'
import type { Outcome, RuleReport } from '../report.ts'
import { NEEDS, type Need, type Rule } from '../rules/rule.ts'
import type { Stage } from '../stage/stage.ts'
import { createTrial } from '../stage/trial.ts'

const MET: Readonly<Record<Need, (stage: Stage) => boolean>> = {
  chat: ({ domain }) => domain.isChat,
  channel: ({ channel }) => channel !== undefined,
  'second user': ({ options }) => options.otherToken !== undefined,
  token: ({ options }) => options.token !== undefined,
  'room endpoint': ({ endpoint }) => endpoint === 'room',
  'endpoint for everything': ({ endpoint }) => endpoint === 'everything',
  restart: ({ options }) => options.restart !== undefined,
}

/** A server that cannot be reached any more is not asked for everything else as well. */
const MAX_FAILURES = 3

/** What a rule needs of the command line: missing it costs no level. */
export const isLeftOut = (rule: Rule, stage: Stage): boolean => missingOf(rule, stage) !== undefined

const missingOf = ({ needs = [] }: Rule, stage: Stage): Need | undefined =>
  needs.find((need) => !MET[need](stage))

export async function tryRule(rule: Rule, stage: Stage): Promise<RuleReport> {
  const startedAt = now()
  const found = await outcomeOf(rule, stage)
  const { id, title, level, section, strength = 'must' } = rule
  const link = `docs/PROTOCOL.md#${section}`
  return { id, title, level, strength, link, ...found, tookMs: Math.round(now() - startedAt) }
}

type Found = Pick<RuleReport, 'outcome' | 'why' | 'expected' | 'sent' | 'received'>

async function outcomeOf(rule: Rule, stage: Stage): Promise<Found> {
  const reason = notNow(rule, stage)
  if (reason !== undefined) return reason
  const trial = createTrial(stage)
  try {
    await rule.trial(trial)
    return { outcome: 'kept' }
  } catch (error) {
    return found(error)
  } finally {
    trial.close()
  }
}

function notNow(rule: Rule, stage: Stage): Found | undefined {
  if (stage.options.signal?.aborted) return { outcome: 'not tried', why: 'the check was ended before' }
  if (rule.level > stage.level) {
    return {
      outcome: 'not offered',
      why: `the server is at level ${stage.level}, and this comes with level ${rule.level}`,
    }
  }
  if (rule.until !== undefined && stage.level > rule.until) {
    return { outcome: 'not tried', why: 'it is about servers that answer nothing' }
  }
  const missing = missingOf(rule, stage)
  if (missing !== undefined) return { outcome: 'not tried', why: NEEDS[missing] }
  if (stage.failures >= MAX_FAILURES)
    return { outcome: 'not tried', why: 'the server could not be reached any more' }
  return undefined
}

function found(error: unknown): Found {
  if (error instanceof BrokenError) {
    const { expected, why, sent, received } = error.finding
    return {
      outcome: 'broken',
      expected,
      ...(why ? { why } : {}),
      sent: shown(sent),
      received: shown(received),
    }
  }
  const outcome: Outcome = error instanceof NotOfferedError ? 'not offered' : 'not tried'
  if (error instanceof NotTriedError || error instanceof NotOfferedError)
    return { outcome, why: error.message }
  // Of the check itself, or a frame that no part of it was ready for: nothing is known of the rule.
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { outcome: 'not tried', why: `the check failed at it (${what})` }
}
