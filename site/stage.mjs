// Lays out the pages as VitePress wants them, in `.pages`: docs/, what they link of the repository, and the reference.
import { cp, glob, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { isFolder, linkedFile, pageOf, withLinks } from './links.mjs'
import { CHAPTERS } from './pages.mjs'
import { stageReference } from './reference.mjs'

const IMAGE = /\.(png|svg)$/

const write = async (path, text) => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** Where a page may show a file: text without a title of its own. */
const sourcePage = (file, text) => {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `---
search: false
aside: false
---

# ${file}

${fence}${extname(file).slice(1)}
${text.trimEnd()}
${fence}
`
}

/** What is in a folder that has no README. */
const folderPage = async (root, folder) => {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => `- [${name}](${basename(folder)}/${name})`)
  return `# ${folder}\n\n${files.join('\n')}\n`
}

const textOf = (root, file) =>
  isFolder(root, file) ? folderPage(root, file) : readFile(join(root, file), 'utf8')

/** Takes `file` onto the site, and what it links. */
const stageFile = async (site, file) => {
  if (site.taken.has(file)) return
  site.taken.add(file)
  const text = await textOf(site.root, file)
  const path = join(site.pages, pageOf(file))
  if (!file.endsWith('.md') && !isFolder(site.root, file)) return write(path, sourcePage(file, text))
  const linked = []
  const moved = withLinks(text, (target) => {
    const found = linkedFile(site.root, file, target)
    if (found === undefined) return target
    if (IMAGE.test(found.file)) return `/${found.file.replace(/^docs\//, '')}`
    linked.push(found.file)
    return `/${pageOf(found.file)}${found.hash}`
  })
  await write(path, moved)
  for (const each of linked) await stageFile(site, each)
}

/** @throws where a page of docs/ stands in no chapter: nobody would find it */
const inChapters = async (root) => {
  const listed = new Set(CHAPTERS.flatMap(({ pages }) => pages))
  for await (const file of glob('docs/**/*.md', { cwd: root })) {
    if (!listed.has(file) && !file.startsWith('docs/decisions/'))
      throw new Error(`${file} is not in site/pages.mjs`)
  }
  return listed
}

export const stage = async (root) => {
  const site = { root, pages: join(root, 'site/.pages'), taken: new Set() }
  await rm(site.pages, { recursive: true, force: true })
  for (const file of await inChapters(root)) await stageFile(site, file)
  await cp(join(root, 'docs/images'), join(site.pages, 'public/images'), { recursive: true })
  await cp(join(root, 'site/index.md'), join(site.pages, 'index.md'))
  await stageReference(site)
}
