/**
 * What of Markdown a messenger speaks, as a tree: no HTML, no pictures, no headings, and addresses of the web and of mail
 * only. Whoever shows the tree makes elements of it, never markup; so what is hostile in a text stays text.
 */
import MarkdownIt, { type Token } from 'markdown-it'

export interface MarkdownNode {
  /** As markdown-it calls it, without `_open`. */
  readonly type: string
  readonly text: string
  readonly href?: string | undefined
  /** Where a numbered list begins. */
  readonly start?: number | undefined
  readonly children: readonly MarkdownNode[]
}

const BLOCKS = ['fence', 'list', 'blockquote']
const INLINE = ['escape', 'backticks', 'emphasis', 'strikethrough', 'link', 'linkify', 'newline', 'autolink']
const AFTER = ['balance_pairs', 'emphasis', 'strikethrough', 'fragments_join']

const DEEPEST = 20

const markdown = new MarkdownIt('zero', { breaks: true, linkify: true, maxNesting: DEEPEST })
// What is escaped stays apart from what is not, so that its backslash can be shown.
markdown.disable('text_join')
markdown.enable([...BLOCKS, ...INLINE, ...AFTER], true)
// "www." and "readme.md" are as often no address; one with its scheme is one.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
for (const scheme of ['//', 'ftp:']) markdown.linkify.add(scheme, null)
markdown.validateLink = (address) => /^(?:https?:\/\/|mailto:)[^\s]/i.test(address)

/** They turn what follows them around, an address for example. Letters need none: every message has its own direction. */
const TURNING = /[\u202a-\u202e]/g

export function parseMarkdown(text: string): readonly MarkdownNode[] {
  const shown = text.replace(TURNING, '')
  const tokens = markdown.parse(shown, {})
  // What is nested deeper is left out by markdown-it; nobody writes so, and nothing is to be lost.
  const isTooDeep = tokens.some(({ level }) => level >= DEEPEST - 1)
  return isTooDeep ? [{ type: 'text', text: shown, children: [] }] : treeOf(tokens)
}

function treeOf(tokens: readonly Token[]): readonly MarkdownNode[] {
  const root: MarkdownNode[] = []
  const open: MarkdownNode[][] = [root]
  for (const token of tokens) {
    const level = open.at(-1) ?? root
    if (token.type === 'inline') level.push(...treeOf(token.children ?? []))
    else if (token.nesting < 0) open.pop()
    // A list whose items have no blank lines between them has no paragraphs to show.
    else if (token.hidden && token.nesting > 0) open.push(level)
    else {
      const children: MarkdownNode[] = []
      level.push(nodeOf(token, children))
      if (token.nesting > 0) open.push(children)
    }
  }
  return root
}

function nodeOf(token: Token, children: readonly MarkdownNode[]): MarkdownNode {
  const start = token.attrGet('start')
  return {
    type: token.type.replace(/_open$|_special$/, ''),
    text: textIn(token),
    href: token.attrGet('href')?.toString(),
    start: start === null ? undefined : Number(start),
    children,
  }
}

function textIn(token: Token): string {
  if (token.type === 'fence') return codeIn(token)
  // A backslash keeps what follows it from meaning anything, and stays: it may be one of a path, or of an arm.
  return token.type === 'text_special' ? token.markup : token.content
}

/** What stands behind the three backticks is the name of a language, or the first line of what somebody wanted to show. */
function codeIn({ content, info, markup }: Token): string {
  if (content === '') return markup + info
  return /\s/.test(info.trim()) ? `${info.trim()}\n${content}` : content
}
