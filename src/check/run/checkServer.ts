/** The whole check: what the server is, every rule that applies, what that comes to. */
import { now } from '../environment.ts'
import type { CheckOptions } from '../options.ts'
import type { CheckReport, RuleReport } from '../report.ts'
import { ALL_RULES } from '../rules/allRules.ts'
import type { Rule } from '../rules/rule.ts'
import { UNCHECKED } from '../rules/unchecked.ts'
import { readProtocolSchema } from '../schema/protocolSchema.ts'
import { cleanUp } from '../stage/cleanUp.ts'
import { type Found, findLevel } from '../stage/findLevel.ts'
import { findRoom } from '../stage/findRoom.ts'
import { createStage, type Stage } from '../stage/stage.ts'
import { readUrl } from '../wire/address.ts'
import { importWs } from '../wire/importWs.ts'
import { createRedact } from './redact.ts'
import { tryRule } from './tryRule.ts'
import { countsOf, keptLevel, LEVEL_0, obstaclesTo, summaryOf, type Tried } from './verdict.ts'

/**
 * Acts as a client of the server at `url`, and says of each rule of docs/PROTOCOL.md whether it is kept. For Node, with the
 * package `ws`. It writes messages of its own into one room, and deletes them afterwards where the server offers that.
 *
 * @throws Error where the address is none, a name in `only` fits no rule, or `ws` is not installed; not for anything that the
 * server does
 * @example
 * ```ts
 * const report = await checkServer({ url: 'ws://localhost:8000/ws/', token, otherToken, level: 3 })
 * expect(report.rules.filter(({ outcome }) => outcome === 'broken')).toEqual([])
 * ```
 */
export async function checkServer(options: CheckOptions): Promise<CheckReport> {
  const startedAt = now()
  const url = readUrl(options.url)
  const rules = chosen(options.only)
  await importWs()
  const stage = createStage(options, url, await readProtocolSchema())
  const redact = createRedact([options.token, options.otherToken])
  const tried: Tried[] = []
  const found = await findLevel(stage)
  if (found.failure === undefined) {
    await findRoom(stage)
    for (const rule of rules) {
      options.onProgress?.(`${rule.id} ${rule.title}`)
      const report = redact(await tryRule(rule, stage))
      tried.push({ rule, report })
      options.onRule?.(report)
    }
    await cleanUp(stage)
  }
  const report = judge(stage, tried, found)
  return redact({ ...report, tookMs: Math.round(now() - startedAt) })
}

function chosen(only: readonly string[] | undefined): readonly Rule[] {
  if (!only || only.length === 0) return ALL_RULES
  const fits = (name: string) => (rule: Rule) =>
    rule.id.toLowerCase() === name.toLowerCase() || rule.title.toLowerCase().includes(name.toLowerCase())
  const missing = only.find((name) => !ALL_RULES.some(fits(name)))
  if (missing !== undefined)
    throw new Error(`No rule is called, or says, "${missing}": the ids are in docs/PROTOCOL.md`)
  return ALL_RULES.filter((rule) => only.some((name) => fits(name)(rule)))
}

function judge(
  stage: Stage,
  tried: readonly Tried[],
  { failure, isConnected }: Found,
): Omit<CheckReport, 'tookMs'> {
  const { options, level } = stage
  const rules: readonly RuleReport[] = tried.map(({ report }) => report)
  const goal = options.level ?? level
  const kept = failure === undefined ? keptLevel(tried, stage) : null
  const obstacles = obstaclesTo(goal, tried, stage)
  const ok = failure === undefined && goal <= level && obstacles.length === 0 && !options.signal?.aborted
  const address = new URL(stage.url)
  address.searchParams.delete('token')
  return {
    url: address.href,
    endpoint: stage.endpoint,
    channel: stage.channel ?? null,
    level: { stated: options.level ?? null, found: failure === undefined ? level : null, kept },
    ok,
    summary:
      failure === undefined
        ? summaryOf({ level, kept, goal, ok, obstacles })
        : failureWords(failure, isConnected),
    counts: countsOf(rules),
    rules,
    unchecked: Object.entries(UNCHECKED).map(([id, why]) => ({ id, why })),
    notes: stage.notes,
  }
}

/** Where there is a server, what it takes; where there is none, only why. */
const failureWords = (failure: string, isConnected = false): string =>
  `Nothing could be checked: ${failure}.${isConnected ? ` So it is not yet a server of level 0. ${LEVEL_0}` : ''}`
