/** Docs that can be checked: what they count, and what they promise in figures. */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './project.ts'

const read = (path: string) => readFile(join(root, path), 'utf8')

const FIGURE = /(?<![\w.`])\d[\d., {2}]*\s?(ms|s|min|[kM]i?B|B|%|times|seconds?|minutes?|hours?)(?![\w`])/
/** A rule, which has tests; or a link to what has measured or tested it. */
const PROOF = /\[[A-Z]\d+[a-z]?\]|\]\([^)]*(?:tests|bench|scripts)\/[^)]*\)/

/** Paragraphs, items and rows of a page; its code and its headings are none. */
const paragraphsOf = (page: string) =>
  page
    .replace(/^```.*?^```$/gms, '')
    .split(/\n\n+|\n(?=[-|])/)
    .filter((part) => !part.startsWith('#'))
const unproved = (page: string) => paragraphsOf(page).filter((part) => FIGURE.test(part) && !PROOF.test(part))

describe('[O14] the docs', () => {
  it('link what proves each figure that has a unit', async () => {
    const found: string[] = []
    let pages = 0
    for await (const path of glob('docs/learn/**/*.md', { cwd: root })) {
      pages++
      found.push(...unproved(await read(path)).map((part) => `${path}: ${part}`))
    }
    expect(pages).toBeGreaterThan(25)
    expect(found).toEqual([])
  })

  it('would be found out', () => {
    expect(
      unproved('It takes 20 ms.\n\n- at most 5 kB\n- 3 s ([T9])\n\n```\n10 s\n```\n\nreact 18, `5 s`'),
    ).toEqual(['It takes 20 ms.', '- at most 5 kB'])
  })

  it('say how many mistakes they have', async () => {
    const WORDS = { thirty: 30, forty: 40 }
    const UNITS = ['', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    const page = await read('docs/mistakes.md')
    const [, tens = '', unit = ''] = /^# (\w+?)(?:-(\w+))? mistakes$/m.exec(page) ?? []
    const said = (WORDS[tens.toLowerCase() as keyof typeof WORDS] ?? 0) + UNITS.indexOf(unit)
    expect(said).toBe(page.match(/^### /gm)?.length)
    const others = await Promise.all(['README.md', 'docs/exports.md', 'CONTRIBUTING.md'].map(read))
    expect(others.filter((text) => /\b(twenty|thirty)\S* mistakes/i.test(text))).toEqual([])
  })
})
