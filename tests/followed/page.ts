/** A page of the docs as what its reader does: the files that its blocks are, and the commands that stand in it, in order. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export type Step =
  | { readonly kind: 'command'; readonly command: string }
  | { readonly kind: 'file'; readonly file: string; readonly code: string; readonly isAppended: boolean }

interface Part {
  /** The line of the heading that it begins with; the page begins with the first line. */
  readonly from?: string
  /** The heading at which it ends. */
  readonly to?: string
}

const root = resolve(import.meta.dirname, '../..')

/** A fence and what is in it, or what stands between backticks in a sentence. */
const PIECE = /^```(\w*)\n(.*?)^```$|`([^`\n]+)`/gms
/** The first line that is no instruction to a tool names the file, and may say what to type before or after it. */
const NAME = /^(?:\/\/ @.*\n)?(?:\/\/|#) ([\w./-]+\.\w+)\b(.*)\n/
const BEFORE = /\((npm install [^)]*)\)/
const AFTER = /: (npx .*)$/
const APPENDED = /^, at its end/
/** In a sentence: what one types into a terminal, and no mere mention. */
const TYPED = /^(?:node [\w./-]+\.mjs|npm run dev)$/

export async function stepsOf(page: string, part: Part = {}): Promise<Step[]> {
  const text = await readFile(join(root, page), 'utf8')
  const at = (heading: string | undefined, otherwise: number) => {
    if (heading === undefined) return otherwise
    const found = text.indexOf(`\n${heading}\n`)
    if (found === -1) throw new Error(`${page} has no heading "${heading}"`)
    return found
  }
  const steps = stepsIn(text.slice(at(part.from, 0), at(part.to, text.length)))
  if (steps.length === 0) throw new Error(`${page} has nothing to do`)
  return steps
}

function stepsIn(text: string): Step[] {
  return [...text.matchAll(PIECE)].flatMap(([, language, code = '', inSentence]) => {
    if (inSentence !== undefined) return TYPED.test(inSentence) ? [typed(inSentence)] : []
    return language === 'sh' ? linesOf(code).map(typed) : fileOf(code)
  })
}

const typed = (command: string): Step => ({ kind: 'command', command })
const linesOf = (code: string) =>
  code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))

function fileOf(code: string): Step[] {
  const [, file, more = ''] = NAME.exec(code) ?? []
  if (file === undefined) throw new Error(`A block names no file:\n${code}`)
  const commands = (pattern: RegExp) =>
    [pattern.exec(more)?.[1]].filter((found) => found !== undefined).map(typed)
  const step: Step = { kind: 'file', file, code, isAppended: APPENDED.test(more) }
  return [...commands(BEFORE), step, ...commands(AFTER)]
}
