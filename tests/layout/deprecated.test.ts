/** Nothing here uses, or tells readers to use, what TanStack Query has marked as deprecated. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './sources.ts'

const PACKAGES = ['query-core', 'react-query', 'query-persist-client-core', 'react-query-persist-client']
const READ = [
  '{README,CONTRIBUTING}.md',
  'docs/**/*.md',
  '{src,tests,storybook,examples,bench}/**/*.{ts,tsx}',
]

const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The line below the comment: `export const name`, or a method, `name<` or `name(`. A field says too little by its name. */
const DEPRECATED =
  /@deprecated(?:(?!\*\/)[\s\S])*\*\/\s*(?:(?<exported>export (?:declare )?\w+ \w+)|(?<method>\w+)[<(])/g

const deprecated = PACKAGES.flatMap((name) =>
  globSync(`node_modules/@tanstack/${name}/src/**/*.{ts,tsx}`, { cwd: root }).flatMap((path) =>
    [...read(path).matchAll(DEPRECATED)].map(({ groups }) => {
      const exported = groups?.exported?.split(' ').at(-1)
      // An export is named by itself: `isServer`, which also is a method that stays.
      return exported ? `(?<![.\\w])${exported}` : `\\b${groups?.method}`
    }),
  ),
)

describe('what TanStack Query has deprecated', () => {
  it('is known', () => {
    expect(deprecated.length).toBeGreaterThan(5)
  })

  it('is named nowhere', () => {
    const any = new RegExp(`(?:${deprecated.join('|')})\\b`, 'g')
    const named = READ.flatMap((pattern) => globSync(pattern, { cwd: root }))
      .filter((path) => !path.includes('node_modules') && !path.endsWith('layout/deprecated.test.ts'))
      .flatMap((path) => [...read(path).matchAll(any)].map(([name]) => `${name} in ${path}`))
    expect(named).toEqual([])
  })
})
