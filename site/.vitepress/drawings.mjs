// Drawings are put into the page, so that they take its colours, dark or light; elsewhere they bring their own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What they have for where they stand alone. */
const OWN = /<(style|title)>.*?<\/\1>/gs

export const withInlineDrawings = (md, pages) => {
  const plain = md.renderer.rules.image
  md.renderer.rules.image = (tokens, at, ...rest) => {
    const token = tokens[at]
    const source = token.attrGet('src') ?? ''
    if (!/^\/images\/[\w-]+\.svg$/.test(source)) return plain(tokens, at, ...rest)
    const drawing = readFileSync(join(pages, 'public', source), 'utf8').replace(OWN, '')
    const label = md.utils.escapeHtml(token.content)
    return `<span class="drawing" role="img" aria-label="${label}" v-pre>${drawing}</span>`
  }
}
