/** The blocks of code in Markdown, as files: under the name that a block has, or one of their own. */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '../project.ts'

export interface Page {
  /** Of a folder. */
  readonly name: string
  readonly blocks: readonly { readonly file: string; readonly code: string }[]
}

/** Its blocks are mistakes, or the rows of a table; tests/package/mistakes.test.ts and tests/query/mistakes.test.tsx have them. */
const OTHERWISE = ['docs/mistakes.md']

const FENCE = /^```(tsx?)\n(.*?)^```$/gms
/** One of its first two lines may name the file. */
const NAME = /^(?:\/\/ @.*\n)?\/\/ ([\w./-]+\.tsx?)\b/

export async function readPages(pattern: string): Promise<Page[]> {
  const pages: Page[] = []
  for await (const path of glob(pattern, { cwd: root })) {
    if (OTHERWISE.includes(path)) continue
    const text = await readFile(join(root, path), 'utf8')
    const blocks = [...text.matchAll(FENCE)].map(([, kind, code = ''], at) => ({
      file: NAME.exec(code)?.[1] ?? `block${at + 1}.${kind}`,
      // A module, whatever it imports.
      code: `${code}\nexport {}\n`,
    }))
    if (blocks.length > 0) pages.push({ name: path.replaceAll('/', '-').replace(/\.md$/, ''), blocks })
  }
  return pages
}
