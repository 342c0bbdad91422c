/** docs/ARCHITECTURE.md leads through files that are there, each reached from one that was read before. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSources, root } from './sources.ts'

const text = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8')
const importsOf = new Map(
  readSources('src/**/*.{ts,tsx}').map(({ path, imports }) => [
    path,
    new Set(imports.map(({ target }) => target)),
  ]),
)

/** The paths of each walk, by its title, in order. */
const walks = [...text.matchAll(/^### (.+)\n\n((?:\d+\. .+\n)+)/gm)].map(([, title = '', steps = '']) => ({
  title,
  paths: [...steps.matchAll(/`(src\/[^`]+)`/g)].map(([, path = '']) => path),
}))

const isReached = (path: string, before: readonly string[]) =>
  before.some((other) => importsOf.get(other)?.has(path) || importsOf.get(path)?.has(other))

describe('docs/ARCHITECTURE.md', () => {
  it('has the four walks', () => {
    expect(walks.map(({ title }) => title.split(',')[0])).toEqual([
      'An event',
      'A send',
      'A page load',
      'A reconnect',
    ])
  })

  it.each(walks)('$title: every file is there', ({ paths }) => {
    expect(paths.length).toBeGreaterThan(0)
    expect(paths.filter((path) => !importsOf.has(path))).toEqual([])
  })

  it.each(walks)('$title: every file is connected by an import with one before it', ({ paths }) => {
    const stray = paths.filter((path, at) => at > 0 && !isReached(path, paths.slice(0, at)))
    expect(stray).toEqual([])
  })

  it('names folders and files that are there', () => {
    const layers = ['src', 'src/transport', 'src/query', 'src/chat', 'src/server', 'src/check', '']
    const named = [...text.matchAll(/`([\w/.-]+(?:\.tsx?|\/))`/g)].map(([, path = '']) => path)
    const missing = named.filter((path) => !layers.some((layer) => existsSync(join(root, layer, path))))
    const byName = [...importsOf.keys()].map((path) => path.split('/').at(-1))
    expect(missing.filter((path) => !byName.includes(path))).toEqual([])
  })
})
