/** docs/PROTOCOL.md and the checker name the same rules, in the same places. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ALL_RULES } from '../../src/check/rules/allRules.ts'
import { UNCHECKED } from '../../src/check/rules/unchecked.ts'
import { root } from './sources.ts'

const text = readFileSync(join(root, 'docs', 'PROTOCOL.md'), 'utf8')
const idsIn = (part: string) => [...part.matchAll(/\[(P\d+)\]/g)].map(([, id = '']) => id)

/** As GitHub makes them. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')

/** id → the heading that it stands under; what stands above the first heading is about rules, and none. */
const places = new Map<string, string>()
for (const section of text.split(/^## /m).slice(1)) {
  const [title = ''] = section.split('\n')
  for (const id of idsIn(section)) if (!places.has(id)) places.set(id, anchorOf(title))
}

describe('docs/PROTOCOL.md', () => {
  const checked = ALL_RULES.map(({ id }) => id)

  it('[K20] has a trial for every rule, or a reason why there is none', () => {
    const known = new Set([...checked, ...Object.keys(UNCHECKED)])
    expect([...places.keys()].filter((id) => !known.has(id))).toEqual([])
  })

  it('has every rule that the checker reports, under the heading that it links', () => {
    const wrong = ALL_RULES.filter(({ id, section }) => places.get(id) !== section)
    expect(wrong.map(({ id, section }) => `${id} under ${section}, and not ${places.get(id)}`)).toEqual([])
    expect(Object.keys(UNCHECKED).filter((id) => !places.has(id))).toEqual([])
  })

  it('has each rule once', () => {
    expect(checked.filter((id, at) => checked.indexOf(id) !== at)).toEqual([])
    expect(checked.filter((id) => id in UNCHECKED)).toEqual([])
  })
})
