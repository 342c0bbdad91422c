import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import llms from 'vitepress-plugin-llms'
import { pageOf } from '../links.mjs'
import { CHAPTERS, ENTRIES, entryName } from '../pages.mjs'
import { membersOf } from '../reference.mjs'
import { withInlineDrawings } from './drawings.mjs'
import { withRules } from './rules.mjs'

const pages = join(import.meta.dirname, '../.pages')
const { description } = JSON.parse(readFileSync(join(pages, '../../package.json'), 'utf8'))

/** Wherever the site will live: `DOCS_BASE=/querywire/`. */
const base = process.env.DOCS_BASE ?? '/'

const titleOf = (page) => {
  const title = /^# (.*)$/m.exec(readFileSync(join(pages, page), 'utf8'))?.[1]
  if (title === undefined) throw new Error(`${page} has no title`)
  return title.replaceAll('`', '')
}
const item = (page) => ({ text: titleOf(page), link: `/${page.replace(/\.md$/, '')}` })

const entryLink = (entry) => ({ text: entryName(entry), link: `/reference/${entry}/` })

/** The members of one entry, and where the others are: all of them on each page would be most of the page. */
const entrySidebar = async (entry) => {
  const members = await membersOf(join(pages, 'reference', entry))
  const items = [...members]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([text, file]) => ({ text, link: `/reference/${entry}/${file.replace(/\.md$/, '')}` }))
  return [
    { ...entryLink(entry), items },
    { text: 'Other entries', items: ENTRIES.filter((each) => each !== entry).map(entryLink) },
  ]
}

const chapters = CHAPTERS.map(({ title, pages: files }, at) => ({
  text: title,
  collapsed: at > 2,
  items: files.map((file) => item(pageOf(file))),
}))
const reference = await Promise.all(
  ENTRIES.map(async (entry) => [`/reference/${entry}/`, await entrySidebar(entry)]),
)

export default defineConfig({
  title: 'querywire',
  description,
  base,
  srcDir: '.pages',
  cacheDir: 'node_modules/.cache/vitepress',
  outDir: 'dist',
  lastUpdated: false,
  ignoreDeadLinks: 'localhostLinks',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    languageAlias: { example: 'ini', conf: 'nginx', service: 'ini', timer: 'ini' },
    config(md) {
      withInlineDrawings(md, pages)
      withRules(md, pages, base)
      // What looks like HTML in the docs is text of a compiler, or JSX; typedoc writes anchors.
      md.core.ruler.before('normalize', 'html', ({ env }) => {
        md.set({ html: String(env.relativePath).startsWith('reference/') })
      })
    },
  },
  themeConfig: {
    search: { provider: 'local', options: { detailedView: false } },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/learn/start/vite' },
      { text: 'How it works', link: '/learn/concepts/levels' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: {
      '/': chapters,
      '/reference/': [{ text: 'Reference', link: '/reference/', items: ENTRIES.map(entryLink) }],
      ...Object.fromEntries(reference),
    },
    footer: { message: 'MIT licensed.' },
  },
  vite: {
    logLevel: 'warn',
    build: { chunkSizeWarningLimit: 10_000 },
    plugins: [
      llms({
        // Files of the repository are linked as proof; they are no documentation.
        ignoreFiles: ['repository/tests/**', 'repository/src/**', 'repository/examples/**', 'decisions/**'],
        // One file of everything is more than anybody reads.
        generateLLMsFullTxt: false,
        injectLLMHint: false,
      }),
    ],
  },
})
