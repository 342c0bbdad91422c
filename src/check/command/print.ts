/** A report, for people. */
import type { CheckReport, Outcome, RuleReport } from '../report.ts'

export interface Style {
  readonly isColour: boolean
  readonly all: boolean
}

const MARKS: Readonly<Record<Outcome, string>> = {
  kept: 'kept       ',
  broken: 'BROKEN     ',
  'not offered': 'not offered',
  'not tried': 'not tried  ',
}

const COLOURS: Readonly<Record<Outcome, number>> = {
  kept: 32,
  broken: 31,
  'not offered': 90,
  'not tried': 33,
}

const MAX_SHOWN = 600

/** One rule: a line, and where it is broken, what happened. */
export function ruleLines(rule: RuleReport, style: Style): readonly string[] {
  const { id, outcome, title, why } = rule
  const isQuiet = outcome === 'not offered' || outcome === 'not tried'
  if (isQuiet && !style.all) return []
  const mark = style.isColour ? `\u001b[${COLOURS[outcome]}m${MARKS[outcome]}\u001b[0m` : MARKS[outcome]
  const should = rule.strength === 'should' && outcome === 'broken' ? ' (it should, and need not)' : ''
  const line = `${mark} ${id.padEnd(5)} ${title}${should}`
  if (outcome !== 'broken') return why ? [line, `                  ${why}`] : [line]
  return [line, ...detailsOf(rule).map((text) => `                  ${text}`)]
}

function detailsOf({ expected, why, sent, received, link, id }: RuleReport): readonly string[] {
  return [
    `expected  ${expected ?? ''}`,
    ...(why ? [`but       ${why}`] : []),
    `sent      ${frameText(sent)}`,
    `received  ${frameText(received)}`,
    `see       [${id}] in ${link}`,
  ]
}

function frameText(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`
}

export function endLines({ summary, counts, notes, rules }: CheckReport, { all }: Style): readonly string[] {
  const numbers = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`)
  const reasons = all ? [] : reasonsOf(rules)
  return ['', `${numbers.join(', ')}.`, ...reasons, ...notes.map((note) => `Note: ${note}`), '', summary]
}

/** Of what was not tried, each reason once. */
function reasonsOf(rules: readonly RuleReport[]): readonly string[] {
  const reasons = new Map<string, string[]>()
  for (const { id, outcome, why = '' } of rules) {
    if (outcome !== 'not tried' && outcome !== 'not offered') continue
    const key = `${outcome}: ${why}`
    reasons.set(key, [...(reasons.get(key) ?? []), id])
  }
  return [...reasons].map(([reason, ids]) => `  ${reason} — ${ids.join(', ')}`)
}
