/**
 * Everything together, in virtual time: chats over connections over a server, several users, pages and faults.
 *
 * - `STACK_SCHEDULES=2000`: so many per level
 * - `STACK_SEED=17 STACK_LEVEL=2`: this one, step by step and frame by frame
 * - `STACK_TALLY=1 STACK_FAILURES=1000`: how many schedules found what
 * - `STACK_ONLY=disconnects,reloads`, `STACK_OFF=poison`: kinds of faults, see `kinds.ts`
 */
import { describe, expect, it } from 'vitest'
import type { ChatLevel } from '../../src/testing/server/wire.ts'
import { kindsOf } from './kinds.ts'
import { type Run, runOne } from './runOne.ts'

const { env } = process
const schedules = Number(env.STACK_SCHEDULES ?? 30)
const first = Number(env.STACK_FIRST ?? 1)
const maxFailures = Number(env.STACK_FAILURES ?? 3)
const one = env.STACK_SEED === undefined ? undefined : Number(env.STACK_SEED)
const kinds = kindsOf({ only: env.STACK_ONLY, off: env.STACK_OFF })
const TIMEOUT_MS = Math.max(240_000, schedules * 300)

async function run(level: ChatLevel): Promise<Run[]> {
  if (one !== undefined) return [await runOne({ level, seed: one, kinds, isVerbose: true })]
  const failed: Run[] = []
  for (let seed = first; seed < first + schedules && failed.length < maxFailures; seed++) {
    const done = await runOne({ level, seed, kinds })
    if (done.findings.length > 0) failed.push(done)
  }
  return failed
}

/** How many schedules found what, and the first seeds of each. */
function tally(failed: readonly Run[]): string[] {
  const seeds = new Map<string, number[]>()
  for (const { seed, findings } of failed)
    for (const kind of new Set(findings.map((finding) => finding.kind)))
      seeds.set(kind, [...(seeds.get(kind) ?? []), seed])
  return [...seeds].map(([kind, list]) => `${kind}: ${list.length} (${list.slice(0, 8).join(', ')})`)
}

const levels = ([0, 1, 2, 3] as const).filter(
  (level) => env.STACK_LEVEL === undefined || Number(env.STACK_LEVEL) === level,
)

describe('random schedules through everything', { timeout: TIMEOUT_MS }, () => {
  it.each(levels)('level %i: nothing lost, nothing twice, nothing under another name', async (level) => {
    const startedAt = performance.now()
    const failed = await run(level)
    const perSecond = Math.round(schedules / ((performance.now() - startedAt) / 1000))
    if (env.STACK_TALLY) console.log(`level ${level}, ${perSecond}/s\n  ${tally(failed).join('\n  ')}`)
    else expect(failed.filter(({ findings }) => findings.length > 0)).toEqual([])
  })
})
