// Links in Markdown: which they are, and where a page of the site has what a file of the repository links.
import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

const OUTSIDE = /^([a-z][a-z0-9+.-]*:|\/\/|#)/i
/** Code is left alone: a fence, or what stands between backticks. */
const PARTS = /(^(`{3,}).*?^\2[^\n]*$|(`+)(?!`).*?[^`]\3(?!`))|(?<=\]\()([^()\s]+)(?=\))/gms

/** `text` with what `rewrite` makes of each link. */
export const withLinks = (text, rewrite) =>
  text.replace(PARTS, (...found) => {
    const [whole, code, , , target] = found
    return code ? whole : rewrite(target)
  })

/** A folder is its README, if it has one. */
const asFile = (root, path) => {
  const readme = posix.join(path, 'README.md')
  return existsSync(join(root, readme)) ? readme : path
}

/**
 * The file or folder of the repository that a link in another file means, and the anchor; `undefined` for what leads
 * elsewhere. @throws where there is none
 */
export const linkedFile = (root, from, target) => {
  if (OUTSIDE.test(target)) return undefined
  const [link, anchor] = target.split('#')
  const path = posix.join(posix.dirname(from), decodeURIComponent(link)).replace(/\/$/, '')
  if (path.startsWith('..') || !existsSync(join(root, path)))
    throw new Error(`${from} links ${target}, which is not there`)
  return { file: asFile(root, path), hash: anchor === undefined ? '' : `#${anchor}` }
}

export const isFolder = (root, path) => statSync(join(root, path)).isDirectory()

/** Where the site has a file, as the path of its Markdown: what is no Markdown has a page that shows it. */
export const pageOf = (file) => {
  if (file.startsWith('docs/') && file.endsWith('.md')) return file.slice('docs/'.length)
  // Few hosts show what begins with a dot.
  const shown = file.replace(/(^|\/)\./g, '$1')
  return `repository/${shown.endsWith('.md') ? shown : `${shown}.md`}`
}
