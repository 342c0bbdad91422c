/** Links of the docs, as they are before there is a site. */
import { describe, expect, it } from 'vitest'
import { linkedFile, pageOf, withLinks } from '../../site/links.mjs'
import { root } from './site.ts'

describe('[O3] a link in the docs', () => {
  it('is found in text, and not in code', () => {
    const text =
      'a [b](c.md) `[d](e.md)` ``[f`](g.md)``\n```ts\n[h](i.md)\n```\n````md\n```\n[j](k.md)\n```\n````\n[l](m.md#n)'
    const found: string[] = []
    expect(withLinks(text, (target) => `${found.push(target)}`)).toBe(
      text.replace('c.md', '1').replace('m.md#n', '2'),
    )
    expect(found).toEqual(['c.md', 'm.md#n'])
  })

  it('leads to a file, to the README of a folder, or elsewhere', () => {
    const from = 'docs/learn/recipes/board.md'
    const at = (target: string) => linkedFile(root, from, target)
    expect(at('../../SPEC.md#query')).toEqual({ file: 'docs/SPEC.md', hash: '#query' })
    expect(at('../../../examples/board')).toEqual({ file: 'examples/board/README.md', hash: '' })
    expect([at('https://a.example'), at('#here'), at('mailto:a@b.example')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it.each(['../nowhere.md', '../../../../../etc/passwd', '../../../src/nothing.ts#L1'])(
    'is refused where nothing is: %s',
    (target) => {
      const from = 'docs/learn/recipes/board.md'
      expect(() => linkedFile(root, from, target)).toThrow(`${from} links ${target}, which is not there`)
    },
  )

  it('has a page that hosts show', () => {
    expect(['docs/SPEC.md', 'README.md', '.storybook/preview.ts', 'tests/a/b.test.ts'].map(pageOf)).toEqual([
      'SPEC.md',
      'repository/README.md',
      'repository/storybook/preview.ts.md',
      'repository/tests/a/b.test.ts.md',
    ])
  })
})
