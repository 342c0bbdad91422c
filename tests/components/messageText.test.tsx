/** What people write, and what others make of it: everything hostile stays text. In a real DOM, as it would be shown. */
import { cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { PeopleProvider } from '../../storybook/components/people.ts'
import { isFewEmoji, MessageText, plainText } from '../../storybook/components/text/MessageText.tsx'
import { parseMarkdown } from '../../storybook/components/text/markdown.ts'

afterEach(cleanup)

const show = (content: string) => render(<MessageText content={content} />).container
const html = (content: string) => show(content).innerHTML

describe('a text', () => {
  it.each([
    ['**bold** and __bold__', '<p><strong>bold</strong> and <strong>bold</strong></p>'],
    ['*it* and _it_', '<p><em>it</em> and <em>it</em></p>'],
    ['~~gone~~', '<p><s>gone</s></p>'],
    ['`a < b`', '<p><code>a &lt; b</code></p>'],
    ['a\nb', '<p>a<br>b</p>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['> said', '<blockquote><p>said</p></blockquote>'],
    ['a snake_case_name and 2 * 3 * 4', '<p>a snake_case_name and 2 * 3 * 4</p>'],
    ['# no heading', '<p># no heading</p>'],
    ['¯\\_(ツ)_/¯', '<p>¯\\_(ツ)_/¯</p>'],
    ['&amp; &lt;', '<p>&amp;amp; &amp;lt;</p>'],
  ])('%j is shown as people mean it', (content, expected) => {
    expect(html(content)).toBe(expected)
  })

  it('shows code as it was written, with what stands behind the backticks', () => {
    expect(show('```ts\nconst a = 1\n```').querySelector('pre')?.textContent).toBe('const a = 1')
    cleanup()
    expect(show('```two words\nand more\n```').textContent).toContain('two words')
    cleanup()
    expect(show('`'.repeat(9)).textContent).toContain('`'.repeat(9))
  })

  it('links what is an address, up to the end of it, in a window that knows nothing of this one', () => {
    const [first, second] = show(
      'See https://example.com/a?b=c&d#e. And [this](https://example.org)',
    ).querySelectorAll('a')
    expect(first?.getAttribute('href')).toBe('https://example.com/a?b=c&d#e')
    expect(second?.textContent).toBe('this')
    expect(second?.title).toBe('https://example.org')
    for (const link of [first, second]) {
      expect(link?.target).toBe('_blank')
      expect(link?.rel).toContain('noopener')
    }
  })

  it('shows where a link leads that reads like another address', () => {
    const link = show('[https://bank.example](https://thief.example/in)').querySelector('a')
    expect(link?.textContent).toBe('https://thief.example/in')
    cleanup()
    expect(show('[bank.example](https://bank.example/in)').querySelector('a')?.textContent).toBe(
      'bank.example',
    )
  })

  it('makes chips of members only', () => {
    const called = (name: string) => (name === 'bob' ? ('member' as const) : undefined)
    const { container } = render(
      <PeopleProvider value={{ nameOf: () => undefined, isMe: () => false, called }}>
        <MessageText content="@bob, ask @nobody or write to a@bob. @bob." />
      </PeopleProvider>,
    )
    expect([...container.querySelectorAll('.qw-mention')].map(({ textContent }) => textContent)).toEqual([
      '@bob',
      '@bob',
    ])
    expect(container.textContent).toBe('@bob, ask @nobody or write to a@bob. @bob.')
  })

  it('is large where it is a few emoji and nothing else', () => {
    for (const few of ['🎉', '👩🏽‍🚀🇩🇪', '😀 😀 😀']) expect(isFewEmoji(few), few).toBe(true)
    for (const other of ['', ' ', '\u200d', '🎉 hi', '1', '#', '🎉'.repeat(30)])
      expect(isFewEmoji(other), other).toBe(false)
  })

  it('is one line where it is quoted', () => {
    expect(plainText('**a** [b](https://c.d)\n\n- one\n- two\n\n> q')).toBe('a b one two q')
  })
})

/** After the OWASP filter evasion cheat sheet, and what Markdown adds to it. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '"><script>alert(1)</script>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\nscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](javascript&colon;alert(1))',
  '[x](\u0001javascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](vbscript:msgbox(1))',
  '[x](file:///etc/passwd)',
  '[x](//evil.example)',
  '[x](blob:https://example.com/1)',
  '![x](https://example.com/track.png)',
  '![x](javascript:alert(1))',
  '![x](https://example.com/"onerror="alert(1))',
  '[x](https://example.com/"onmouseover="alert(1))',
  '[x](https://example.com "title" onclick=alert(1))',
  '<javascript:alert(1)>',
  '<https://example.com/"onclick="alert(1)>',
  '[a]: javascript:alert(1)\n\n[a]',
  '```"onclick=alert(1)\nx\n```',
  '```<script>\nalert(1)\n```',
  '`<img src=x onerror=alert(1)>`',
  '- <img src=x onerror=alert(1)>\n  - <script>x</script>',
  '> <style>*{display:none}</style>',
  '@<img src=x onerror=alert(1)>',
  'https://example.com/<script>alert(1)</script>',
  'javascript:alert(1)',
]

const HARMLESS = new Set('A,P,STRONG,EM,S,CODE,PRE,UL,OL,LI,BLOCKQUOTE,BR,I,SPAN'.split(','))
const ATTRIBUTES = new Set(['href', 'target', 'rel', 'title', 'start', 'tabindex', 'dir', 'class'])

describe('a hostile text', () => {
  it.each(HOSTILE)('%j makes nothing but what people may write', (content) => {
    const elements = [...show(content).querySelectorAll('*')]
    for (const element of elements) {
      expect(HARMLESS).toContain(element.tagName)
      for (const { name } of element.attributes) expect(ATTRIBUTES).toContain(name)
      const href = element.getAttribute('href')
      if (href !== null) expect(href).toMatch(/^https?:\/\//)
    }
  })

  it('does not turn what follows around', () => {
    const text = show('photo\u202egnp.exe and https://example.com/\u202egnp.exe').textContent
    expect(text).not.toMatch(/[\u202a-\u202e]/)
  })

  it.each(['\u200b', '\u200b\u200c\u2060\ufeff', '\u2800', '\u00ad', ' \n\t', '\u0301'])(
    '%j is no empty bubble',
    (content) => expect(show(content).textContent).toBe('Nothing to see in this message'),
  )

  it('of ten thousand of the same loses nothing, and has an end', () => {
    const units = [
      '*',
      '_',
      '~',
      '`',
      '[',
      ']',
      '(',
      '<',
      '>',
      '- ',
      '1. ',
      '\\',
      '@',
      '@.',
      '&',
      '!',
      '*a',
      '**a',
      '_a ',
      '[a](',
      '`a``b',
      '~~a',
      'http://',
      '> ',
      '*a **b ',
      '<a',
      '\n',
      '​',
    ]
    for (const unit of units) {
      const text = unit.repeat(10_000)
      const letters = (said: string) => said.replace(/[^a-b]/g, '').length
      const shown = (nodes: ReturnType<typeof parseMarkdown>): string =>
        nodes.map((node) => node.text + shown(node.children)).join('')
      expect(letters(shown(parseMarkdown(text))), unit).toBe(letters(text))
    }
  })

  it('is nested as deep as it likes, and is all there', () => {
    for (const deep of ['> '.repeat(60), '- '.repeat(60)])
      expect(show(`${deep}treasure`).textContent).toContain('treasure')
  })
})
