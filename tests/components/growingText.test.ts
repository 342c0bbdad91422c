import { describe, expect, it } from 'vitest'
import { answerTo } from '../../examples/server/answers.ts'
import { growingText } from '../../storybook/components/streaming/growingText.ts'
import { type MarkdownNode, parseMarkdown } from '../../storybook/components/text/markdown.ts'

const shown = (text: string): string => parseMarkdown(text).map(textOf).join('\n')
const textOf = ({ text, children }: MarkdownNode): string => text + children.map(textOf).join('')
const typesIn = (text: string): Set<string> => {
  const types = new Set<string>()
  const visit = ({ type, children }: MarkdownNode) => {
    types.add(type)
    children.forEach(visit)
  }
  parseMarkdown(text).forEach(visit)
  return types
}

const TEXTS = [
  answerTo('code'),
  answerTo('list'),
  'Some **bold words** and *slanted ones*, `code`, ~~not this~~ and [a link](https://example.com/a_b) in it.',
  '> Quoted\n\nThen:\n\n```ts\nconst a = "**b**"\n- 1\n```\n\n- one\n- **two**\n  1. three\n',
]

describe('[C139] a text while it is being written', () => {
  it('takes nothing back: whatever is shown of one beginning is shown of every longer one', () => {
    for (const text of TEXTS) {
      let before = ''
      for (let length = 1; length <= text.length; length++) {
        const now = shown(growingText(text.slice(0, length)))
        expect(now.startsWith(before), `${JSON.stringify(text.slice(0, length))} took back ${before}`).toBe(
          true,
        )
        before = now
      }
      // A line that ends in marks, in code, waits for the next word at most.
      expect(shown(text).startsWith(before)).toBe(true)
    }
  })

  it('is code from the first line of a block on, bold from the first word on, and no mark is ever seen', () => {
    expect(typesIn(growingText('So:\n\n```ts\nconst'))).toContain('fence')
    expect(typesIn(growingText('So **bo'))).toContain('strong')
    expect(typesIn(growingText('So `co'))).toContain('code_inline')
    for (const beginning of [
      'So\n\n```',
      'So\n\n```ts',
      'So\n\n```ts\n',
      'So\n\n-',
      'So\n\n1.',
      'So **',
      'So `',
    ])
      expect(shown(growingText(beginning)), beginning).toMatch(/^So ?$/)
  })

  it('costs a few milliseconds, however long and odd it is', () => {
    for (const odd of ['*', '`', '[', '_a', '**a ', '```\n', '- ', '> ', '~~', '[a](', '\n', '1.'])
      expect(growingText(odd.repeat(5_000)).length).toBeLessThan(100_000)
  })
})
