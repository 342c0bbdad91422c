// `[Q7]` leads to the rule: to its row in SPEC.md, or to its sentence in PROTOCOL.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ID = /^\[([A-Z]\d+[a-z]?)\](?![([:])/

const homesOf = (pages) => {
  const read = (page) => readFileSync(join(pages, page), 'utf8')
  const specified = [...read('SPEC.md').matchAll(/^\| \[(\w+)\]/gm)].map(([, id]) => [id, 'SPEC'])
  const ofProtocol = [...read('PROTOCOL.md').matchAll(/\[(P\d+)\]/g)].map(([, id]) => [id, 'PROTOCOL'])
  return new Map([...ofProtocol, ...specified])
}

/** In SPEC.md a rule begins its row; in PROTOCOL.md it is where its id stands first. */
const isHome = (home, id, { env, pos }) => {
  if (env.relativePath !== `${home}.md`) return false
  if (home === 'SPEC') return pos === 0
  env.rules ??= new Set()
  const isFirst = !env.rules.has(id)
  env.rules.add(id)
  return isFirst
}

export const withRules = (md, pages, base) => {
  const homes = homesOf(pages)
  md.inline.ruler.before('link', 'rule', (state, silent) => {
    const id = ID.exec(state.src.slice(state.pos, state.pos + 12))?.[1]
    const home = id && homes.get(id)
    if (!home) return false
    if (!silent) {
      const attributes = isHome(home, id, state)
        ? `id="${id.toLowerCase()}"`
        : `href="${base}${home}.html#${id.toLowerCase()}"`
      state.push('html_inline', '', 0).content = `<a class="rule" ${attributes}>`
      state.push('text', '', 0).content = id
      state.push('html_inline', '', 0).content = '</a>'
    }
    state.pos += id.length + 2
    return true
  })
}
