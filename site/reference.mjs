// The reference: what typedoc makes of the doc comments, and for each entry a page that says what its exports are for.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ENTRIES, entryName } from './pages.mjs'

const pagesIn = async (folder) => {
  const files = await readdir(folder, { recursive: true })
  return files.filter((file) => file.endsWith('.md')).map((file) => file.replaceAll('\\', '/'))
}

/** The pages of an entry by the name of what they are about, as paths within it. */
export const membersOf = async (folder) => {
  const pages = await pagesIn(folder)
  return new Map(pages.filter((page) => page !== 'index.md').map((page) => [basename(page, '.md'), page]))
}

/** What docs/exports.md says of an entry, its names linked. */
const overview = (exportsPage, entry, members) => {
  const name = entryName(entry)
  const start = `\n## \`${name}\`\n`
  const from = exportsPage.indexOf(start)
  if (from === -1) throw new Error(`docs/exports.md says nothing of ${name}`)
  const text = exportsPage.slice(from + start.length).split('\n## ')[0] ?? ''
  const linked = text.replace(/^- `(\w+)`/gm, (line, member) => {
    const page = members.get(member)
    return page === undefined ? line : `- [\`${member}\`](${page})`
  })
  return `# ${name}\n${linked.replaceAll('\n### ', '\n## ')}`
}

/** typedoc writes some anchors in one way and links them in another: these links lead to the page. */
const copyPage = async (from, to) => {
  const text = await readFile(from, 'utf8')
  await mkdir(dirname(to), { recursive: true })
  await writeFile(to, text.replace(/(\.md)#property-[\w-]+/g, '$1'))
}

export const stageReference = async ({ root, pages }) => {
  const folder = join(pages, 'reference')
  const made = join(root, 'site/.reference')
  for (const page of await pagesIn(made)) await copyPage(join(made, page), join(folder, page))
  const exportsPage = await readFile(join(root, 'docs/exports.md'), 'utf8')
  for (const entry of ENTRIES) {
    const members = await membersOf(join(folder, entry))
    await writeFile(join(folder, entry, 'index.md'), overview(exportsPage, entry, members))
  }
  const entries = ENTRIES.map((entry) => `- [\`${entryName(entry)}\`](${entry}/index.md)`)
  const intro = 'Made of the doc comments, entry by entry.'
  await writeFile(join(folder, 'index.md'), `# Reference\n\n${intro}\n\n${entries.join('\n')}\n`)
}
