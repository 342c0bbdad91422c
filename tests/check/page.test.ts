/** docs/check.md shows what a run prints. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { endLines, ruleLines } from '../../src/check/command/print.ts'
import { USAGE } from '../../src/check/command/usage.ts'
import { checkServer } from '../../src/check/index.ts'
import { serveBent } from './bentServer.ts'
import { FAULTS } from './faults.ts'
import { shownRun, withoutChance } from './page.ts'
import { later } from './support.ts'

const page = () => readFile(fileURLToPath(new URL('../../docs/check.md', import.meta.url)), 'utf8')

it('[K18] docs/check.md shows a real run', async () => {
  const server = await serveBent(FAULTS.find(({ rule }) => rule === 'P57'))
  later(server.close)
  const style = { isColour: false, all: false }
  const lines: string[] = []
  const report = await checkServer({
    url: `${server.url}/ws/`,
    token: 'alice',
    otherToken: 'bob',
    room: 'general',
    level: 3,
    onRule: (rule) => void lines.push(...ruleLines(rule, style)),
  })
  const real = withoutChance([...lines, ...endLines(report, style)].join('\n')).split('\n')
  const shown = shownRun(await page())
  expect(shown.length).toBeGreaterThan(10)
  let at = 0
  for (const line of shown) {
    const found = real.indexOf(line, at)
    expect(
      found,
      `docs/check.md shows what is not printed, or not there: ${line}\n\n${real.join('\n')}`,
    ).toBeGreaterThanOrEqual(0)
    at = found + 1
  }
})

it('[K7] docs/check.md and the usage name the same options', async () => {
  const optionsIn = (text: string) =>
    new Set([...text.matchAll(/(?<![\w-])--([a-z]+)/g)].map(([, name]) => name))
  const [named, offered] = [optionsIn(await page()), optionsIn(USAGE)]
  expect([...offered].filter((name) => !named.has(name))).toEqual([])
})
