/** What the built declarations name: one copy of TanStack Query's types, the application's. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './project.ts'

const declarations = globSync('dist/**/*.d.ts', { cwd: root }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(root, path), 'utf8'),
}))

const naming = (pattern: RegExp) =>
  declarations.filter(({ text }) => pattern.test(text)).map(({ path }) => path)

describe('[Q35] the declarations of the package', () => {
  it('name TanStack Query in the one file that a binding replaces, and beside React', () => {
    const named = naming(/['"]@tanstack\/react-query['"]/).filter(
      (path) => !/\/react\/|^dist\/devtools\//.test(path),
    )
    expect(named).toEqual(['dist/query/tanstack.d.ts'])
  })

  it('neither name its internal package nor hold a copy of its types', () => {
    expect(naming(/query-core/)).toEqual([])
    expect(naming(/declare (?:abstract )?class (?!\w*Error\b)|dataTagSymbol|unsetMarker/)).toEqual([])
  })
})
