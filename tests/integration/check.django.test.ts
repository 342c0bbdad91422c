/** The Django example keeps what it says it keeps. */
import { expect, it } from 'vitest'
import { checkServer } from '../../src/check/index.ts'

const tokenOf = async (user: string): Promise<string> => {
  const answer = await fetch(`${process.env.DJANGO_TOKEN_URL}?user=${user}`)
  return ((await answer.json()) as { readonly token: string }).token
}

it.each([
  [0, '/ws/chat/general/'],
  [1, '/ws/level1/'],
  [2, '/ws/level2/'],
  [3, '/ws/level3/'],
] as const)('[K2] Django keeps level %i', { timeout: 240_000 }, async (level, path) => {
  const report = await checkServer({
    url: `${process.env.DJANGO_URL}${path}`,
    token: await tokenOf('alice'),
    otherToken: await tokenOf('bob'),
    level,
  })
  expect(report.rules.filter(({ outcome }) => outcome === 'broken')).toEqual([])
  expect(report, report.summary).toMatchObject({ ok: true, level: { found: level, kept: level } })
})
