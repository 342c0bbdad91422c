/** What somebody wrote: a little Markdown, addresses as links, members as chips, a few emoji by themselves large. */
import { memo, type ReactNode } from 'react'
import { growingText } from '../streaming/growingText.ts'
import { Mention } from './Mention.tsx'
import './MessageText.css'
import { type MarkdownNode, parseMarkdown } from './markdown.ts'

/** Pictures, flags, and what joins and colours them. */
const FEW_EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s){1,14}$/u
/** Neither ink nor room: a text of nothing else would be no bubble at all. */
const INVISIBLE = /^(?:\p{Cf}|\p{Cc}|\p{Z}|\p{M}|[\u115f\u1160\u2800\u3164\uffa0])*$/u

export const isFewEmoji = (content: string): boolean => FEW_EMOJI.test(content) && !INVISIBLE.test(content)

export interface MessageTextProps {
  readonly content: string
  /** The rest is still being written. */
  readonly isGrowing?: boolean
}

export const MessageText = memo(function MessageText({ content, isGrowing = false }: MessageTextProps) {
  if (isGrowing) return shown(parseMarkdown(growingText(content)))
  if (INVISIBLE.test(content)) return <i>Nothing to see in this message</i>
  return isFewEmoji(content) ? <span className="qw-emoji">{content}</span> : shown(parseMarkdown(content))
})

/** In one line, for a quote or a preview: without blocks, links and chips. */
export function plainText(content: string): string {
  const textOf = ({ type, text, children }: MarkdownNode): string =>
    type === 'hardbreak' || type === 'softbreak'
      ? ' '
      : text + children.map(textOf).join('') + (BLOCK.has(type) ? ' ' : '')
  return parseMarkdown(content).map(textOf).join('').replace(/\s+/g, ' ').trim()
}

const BLOCK = new Set(['paragraph', 'list_item', 'blockquote', 'fence'])

const ELEMENTS = {
  paragraph: 'p',
  strong: 'strong',
  em: 'em',
  s: 's',
  bullet_list: 'ul',
  ordered_list: 'ol',
  list_item: 'li',
  blockquote: 'blockquote',
} as const

type Plain = keyof typeof ELEMENTS
const isPlain = (type: string): type is Plain => Object.hasOwn(ELEMENTS, type)

const SPECIAL: Readonly<Record<string, (node: MarkdownNode) => ReactNode>> = {
  text: ({ text }) => withMentions(text),
  softbreak: () => <br />,
  hardbreak: () => <br />,
  code_inline: ({ text }) => <code>{text}</code>,
  fence: ({ text }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre tabIndex={0} dir="ltr">
      <code>{text.replace(/\n$/, '')}</code>
    </pre>
  ),
  link: (node) => <Link node={node} />,
}

function shown(nodes: readonly MarkdownNode[]): ReactNode {
  return nodes.map((node, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
    <Part key={index} node={node} />
  ))
}

function Part({ node }: { readonly node: MarkdownNode }): ReactNode {
  const { type, text, start, children } = node
  const special = SPECIAL[type]
  if (special) return special(node)
  if (!isPlain(type)) return text
  const Element = ELEMENTS[type]
  return <Element {...(type === 'ordered_list' && { start })}>{shown(children)}</Element>
}

function Link({ node }: { readonly node: MarkdownNode }) {
  const { href = '', children } = node
  const label = textIn(children)
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" title={label === href ? undefined : href}>
      {isMisleading(label, href) ? href : shown(children)}
    </a>
  )
}

const textIn = (nodes: readonly MarkdownNode[]): string =>
  nodes.map(({ text, children }) => text + textIn(children)).join('')

/** It reads like one address and leads to another. */
function isMisleading(label: string, href: string): boolean {
  const [, host] = /^\s*(?:[a-z]+:\/\/)?([^\s/:@]+\.[^\s/:@]{2,})/iu.exec(label) ?? []
  return host !== undefined && host.toLowerCase() !== URL.parse(href)?.host.toLowerCase()
}

/** Like the server: a name after an `@`, as a word of its own. */
const CALL = /((?<![\p{L}\p{N}_])@[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,62}[\p{L}\p{N}_])?)/u

function withMentions(text: string): ReactNode {
  if (!text.includes('@')) return text
  return text.split(CALL).map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
    index % 2 === 0 ? part : <Mention key={index} name={part.slice(1)} />,
  )
}
