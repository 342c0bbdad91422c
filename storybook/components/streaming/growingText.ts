/** A text that is being written, as far as it can be shown without taking anything back with the next word. Pure. */
import remend from 'remend'

/** What is Markdown to us: no pictures, formulas, headings or HTML. A link is its words until it leads somewhere. */
const OPTIONS = {
  linkMode: 'text-only',
  images: false,
  katex: false,
  setextHeadings: false,
  htmlTags: false,
  comparisonOperators: false,
  singleTilde: false,
} as const

/** The beginning of a code block, of a list or of a quote, of which nothing is there yet. */
const BEGINNING = /^[ \t]*(?:`{3,}[^`]*|[-*+>]|\d{1,9}[.)]?)$/
const MARKS = '*_~`]'

/** What is open is closed: bold that has begun is bold, and code is code. */
export function growingText(text: string): string {
  const whole = withoutBeginning(text.trimEnd())
  let end = whole.length
  while (end > 0 && MARKS.includes(whole.charAt(end - 1))) end--
  return remend(whole.slice(0, end), OPTIONS)
}

function withoutBeginning(text: string): string {
  const lastLine = text.slice(text.lastIndexOf('\n') + 1)
  return BEGINNING.test(lastLine) ? text.slice(0, text.length - lastLine.length) : text
}
