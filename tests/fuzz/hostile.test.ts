/**
 * Broken and hostile messages, answers and closes over fake sockets.
 *
 * - `HOSTILE_INPUTS=500000`: so many in all, in worlds of a hundred; `HOSTILE_FIRST=1001`: from this one on
 * - `HOSTILE_TALLY=1 HOSTILE_FAILURES=1000`: how many found what; `HOSTILE_SHOW=1`: and what it was
 * - `HOSTILE_SEED=17`: this world alone
 */
import { expect, it } from 'vitest'
import { createRandom } from '../../src/testing/server/random.ts'
import { lifeOf, principalOf } from '../../src/transport/context/jwt.ts'
import { hostileClaims } from './hostileText.ts'
import { type HostileRun, runHostile } from './hostileWorld.ts'

const { env } = process
const inputs = Number(env.HOSTILE_INPUTS ?? 4_000)
const perWorld = 100
const one = env.HOSTILE_SEED === undefined ? undefined : Number(env.HOSTILE_SEED)
const first = Number(env.HOSTILE_FIRST ?? 1)
const maxFailures = Number(env.HOSTILE_FAILURES ?? 3)

async function runAll(): Promise<HostileRun[]> {
  if (one !== undefined) return [await runHostile(one, perWorld)]
  const failed: HostileRun[] = []
  for (let seed = first; seed < first + inputs / perWorld && failed.length < maxFailures; seed++) {
    const done = await runHostile(seed, perWorld)
    if (done.findings.length > 0) failed.push(done)
  }
  return failed
}

it('nothing is thrown, lost, stuck or polluted, whatever a server says', {
  timeout: Math.max(300_000, inputs * 20),
}, async () => {
  const startedAt = performance.now()
  const failed = await runAll()
  if (env.HOSTILE_SHOW)
    for (const { seed, findings } of failed)
      console.log(seed, findings.map(({ kind, detail }) => `${kind}: ${detail}`).join('\n  '))
  if (env.HOSTILE_TALLY) {
    const kinds = new Map<string, number[]>()
    for (const { seed, findings } of failed)
      for (const kind of new Set(findings.map((finding) => finding.kind)))
        kinds.set(kind, [...(kinds.get(kind) ?? []), seed])
    console.log(
      [...kinds].map(([kind, seeds]) => `${kind}: ${seeds.length} (${seeds.slice(0, 8).join()})`).join('\n'),
      `${Math.round(inputs / ((performance.now() - startedAt) / 1000))}/s`,
    )
  } else expect(failed.filter(({ findings }) => findings.length > 0)).toEqual([])
})

it('[T67] whatever a token claims, nobody is named by what is not as it stands there', () => {
  const random = createRandom(first)
  for (let input = 0; input < inputs / 4; input++) {
    const { claims, named } = hostileClaims(random)
    const token = `h.${Buffer.from(claims).toString('base64url')}.s`
    lifeOf(token, 0)
    const who = principalOf(token)
    if (who === undefined || named.includes(who)) continue
    const texts = named.filter((text) => text.startsWith('"')).map((text) => JSON.parse(text))
    const numbers = named.filter((text) => /^-?[\d.eE+]+$/.test(text)).map(Number)
    const safe = numbers.filter(Number.isSafeInteger).map(String)
    expect([...texts, ...safe], claims.slice(0, 300)).toContain(who)
  }
})
