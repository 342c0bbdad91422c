/** From rules to a level, and to words. */
import type { Level, Outcome, RuleReport } from '../report.ts'
import type { Rule } from '../rules/rule.ts'
import type { Stage } from '../stage/stage.ts'
import { isLeftOut } from './tryRule.ts'

export interface Tried {
  readonly rule: Rule
  readonly report: RuleReport
}

const LEVELS: readonly Level[] = [0, 1, 2, 3]

export const countsOf = (rules: readonly RuleReport[]): Record<Outcome, number> => {
  const counts: Record<Outcome, number> = { kept: 0, broken: 0, 'not offered': 0, 'not tried': 0 }
  for (const { outcome } of rules) counts[outcome] += 1
  return counts
}

/** What keeps a level from being kept: broken rules, what makes up the level, and what could have been tried and was not. */
export function obstaclesTo(level: Level, tried: readonly Tried[], stage: Stage): readonly RuleReport[] {
  return tried
    .filter(({ rule }) => rule.level <= level && (rule.until === undefined || stage.level <= rule.until))
    .filter(({ rule, report }) => isObstacle({ rule, report }, stage))
    .map(({ report }) => report)
}

function isObstacle({ rule, report }: Tried, stage: Stage): boolean {
  if (rule.strength === 'should') return false
  if (report.outcome === 'broken') return true
  if (report.outcome === 'not offered') return rule.essential === true || rule.level > stage.level
  // Without an essential one nothing is known of its level, unless it is about another kind of endpoint, or domain.
  if (report.outcome === 'not tried') return rule.essential === true && !isForOthers(rule, stage)
  return false
}

function isForOthers(rule: Rule, stage: Stage): boolean {
  const needs = (rule.needs ?? []).filter((need) => need !== 'channel')
  return isLeftOut({ ...rule, needs }, stage)
}

export function keptLevel(tried: readonly Tried[], stage: Stage): Level | null {
  let kept: Level | null = null
  for (const level of LEVELS) {
    if (level > stage.level || obstaclesTo(level, tried, stage).length > 0) break
    kept = level
  }
  return kept
}

const NEXT: Readonly<Record<Level, string>> = {
  0: 'For level 1, answer every frame that has an id: {"type":"response","reply_to":<id>,"data":…}, begin with a welcome, and store client_id with each message.',
  1: 'For level 2, number the events of each room, in the transaction that changes it, and answer sync.',
  2: 'For level 3, say in as_of at which number a snapshot was read.',
  3: '',
}

const WHAT: Readonly<Record<Level, string>> = {
  0: 'events only: it sends them, and answers nothing',
  1: 'it answers requests',
  2: 'it numbers its events, and catches up',
  3: 'it says where its snapshots stand',
}

export interface Judged {
  readonly level: Level
  readonly kept: Level | null
  readonly goal: Level
  readonly ok: boolean
  readonly obstacles: readonly RuleReport[]
}

/** What the smallest server does. */
export const LEVEL_0 =
  'Level 0 takes two things: answer {"type":"ping","data":{"timestamp":1}} with {"type":"pong","data":{"timestamp":1}}, and send each chat_message that comes to everybody in the room as {"type":"chat_message","message":{"id":…,"content":…,"sender":{"id":…,"username":…},"timestamp":…,"room_id":…}}. Ignore all other frames. See docs/PROTOCOL.md#levels.'

const MAX_LISTED = 12

export function summaryOf({ level, kept, goal, ok, obstacles }: Judged): string {
  const server = `This is a server of level ${level} (${WHAT[level]})`
  if (ok) return `${server}, and everything of level ${goal} that was tried is kept. ${NEXT[level]}`.trim()
  const reached =
    kept === null ? 'not even level 0 is kept' : `level ${kept} is kept, and level ${goal} is not`
  // What comes with a higher level is not listed rule by rule.
  const inTheWay = obstacles.filter((rule) => rule.level <= level)
  const ids = inTheWay.slice(0, MAX_LISTED).map(({ id, outcome }) => `${id} (${outcome})`)
  const more = inTheWay.length > MAX_LISTED ? ` and ${inTheWay.length - MAX_LISTED} more` : ''
  const list = ids.length > 0 ? ` In the way: ${ids.join(', ')}${more}.` : ''
  const next = kept === null && level === 0 ? ` ${LEVEL_0}` : goal > level ? ` ${NEXT[level]}` : ''
  return `${server}: ${reached}.${list}${next}`
}
