/** The site as it was built. */
import { glob, readFile } from 'node:fs/promises'
import { join, posix, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'site/dist')

/** Paths of what is in it, with `/`. */
export async function filesOfSite(): Promise<Set<string>> {
  const files = new Set<string>()
  for await (const file of glob('**/*', { cwd: dist })) files.add(file.replaceAll('\\', '/'))
  return files
}

export const readSite = (path: string) => readFile(join(dist, path), 'utf8')

/** What a page may be linked by: ids of its elements, decoded. */
export const anchorsIn = (html: string) =>
  new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => decodeEntities(id)))

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', lt: '<', gt: '>', '#39': "'" }
const decodeEntities = (text: string) =>
  text.replace(/&(amp|quot|lt|gt|#39);/g, (_, name) => ENTITIES[name] ?? '')

export interface Link {
  readonly from: string
  readonly target: string
}

/** All that a page refers to. Elsewhere means another host: these are not asked for. */
export function linksIn(from: string, html: string): Link[] {
  const targets = [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, target = '']) =>
    decodeEntities(target),
  )
  return targets
    .filter((target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
    .map((target) => ({ from, target }))
}

/** Where a link leads within the site. */
export function resolveLink({ from, target }: Link): { path: string; anchor: string } {
  const [link = '', anchor = ''] = target.split('#')
  const path =
    link === '' ? from : posix.join('/', link.startsWith('/') ? '' : posix.dirname(from), link).slice(1)
  return {
    path: path === '' || path.endsWith('/') ? `${path}index.html` : path,
    anchor: decodeURIComponent(anchor),
  }
}
