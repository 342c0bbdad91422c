/** Every link of the site leads somewhere, and every page is there as Markdown, too. */
import { beforeAll, describe, expect, it } from 'vitest'
import { anchorsIn, filesOfSite, type Link, linksIn, readSite, resolveLink } from './site.ts'

let files: Set<string>
const pages = new Map<string, string>()

beforeAll(async () => {
  files = await filesOfSite()
  for (const file of files) if (file.endsWith('.html')) pages.set(file, await readSite(file))
})

const anchors = new Map<string, Set<string>>()
const anchorsOf = (path: string) => {
  const known = anchors.get(path) ?? anchorsIn(pages.get(path) ?? '')
  anchors.set(path, known)
  return known
}

const isDead = (link: Link) => {
  const { path, anchor } = resolveLink(link)
  return !files.has(path) || (anchor !== '' && path.endsWith('.html') && !anchorsOf(path).has(anchor))
}

describe('[O3] the site', () => {
  it('has no link, picture or anchor that leads nowhere', () => {
    const links = [...pages].flatMap(([path, html]) => linksIn(path, html))
    expect(links.length).toBeGreaterThan(5_000)
    const dead = links.filter(isDead).map(({ from, target }) => `${from}: ${target}`)
    expect([...new Set(dead)]).toEqual([])
  })

  it('would find one', () => {
    const html = '<a href="/SPEC.html#transport">a</a><a href="/nowhere.html">b</a><a href="#nothing">c</a>'
    expect(linksIn('SPEC.html', html).filter(isDead)).toHaveLength(2)
  })

  it('lists its pages in llms.txt, and has each of them as Markdown', async () => {
    const list = await readSite('llms.txt')
    const listed = [...list.matchAll(/\]\(\/?([^)]*)\)/g)].map(([, path = '']) => path)
    expect(listed.length).toBeGreaterThan(40)
    expect(listed.filter((path) => !files.has(path))).toEqual([])
    const written = [...pages.keys()].filter((page) => /^(learn|reference)\//.test(page))
    const missing = written.filter(
      (page) =>
        !files.has(page.replace(/\.html$/, '.md')) && !files.has(page.replace(/\/index\.html$/, '.md')),
    )
    expect(missing).toEqual([])
  })
})
