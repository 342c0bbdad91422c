/** The code of the docs and of the skills, to the letter, against the package as it is built. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readPages } from './docs/pages.ts'
import { GLOBALS, OF_A_PAGE, STAND_INS } from './docs/standIns.ts'
import { projectWith, removeProjects, root, typeErrors } from './project.ts'

afterAll(removeProjects)

const PEERS = [
  'react',
  '@types/react',
  'zod',
  'ws',
  '@types/node',
  '@types/ws',
  'undici-types',
  '@tanstack/react-query',
  '@tanstack/query-core',
  '@tanstack/react-query-persist-client',
  '@tanstack/react-devtools',
  '@testing-library/react',
  'happy-dom',
  'idb-keyval',
  'msw',
  'vitest',
]

const OPTIONS = {
  module: 'esnext',
  moduleResolution: 'bundler',
  types: ['node'],
  allowImportingTsExtensions: true,
  noUncheckedIndexedAccess: false,
  skipLibCheck: true,
  pretty: false,
}

/** What is to be pasted: not what is typed into a shell. */
const codeOf = (page: string) =>
  [...page.matchAll(/^```(?:js|tsx?)\n(.*?)^```$/gms)].map(([, code = '']) => code)

const compile = async (pattern: string) => {
  const pages = await readPages(pattern)
  const folder = await projectWith(...PEERS)
  const files: Record<string, string> = { 'globals.ts': GLOBALS }
  for (const { name, blocks } of pages) {
    // What a page has itself takes the place of the stand-in of that name.
    for (const [file, code] of Object.entries({ ...STAND_INS, ...OF_A_PAGE[name] })) {
      files[`${name}/${file}`] = code
    }
    for (const { file, code } of blocks) files[`${name}/${file}`] = code
  }
  for (const path of Object.keys(files)) await mkdir(dirname(join(folder, path)), { recursive: true })
  return { pages, errors: await typeErrors(folder, files, OPTIONS) }
}

describe('[O2] [C95] code', () => {
  it('of every page of docs/ compiles against the built package', async () => {
    const { pages, errors } = await compile('docs/**/*.md')
    expect(errors).toBe('')
    expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(35)
  })

  it('of the first pages is that of README, and of examples/next: those are run', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const vite = codeOf(await readFile(join(root, 'docs/learn/start/vite.md'), 'utf8'))
    expect(vite.filter((code) => !readme.includes(code))).toEqual([])
    const next = codeOf(await readFile(join(root, 'docs/learn/start/next.md'), 'utf8'))
    for (const code of next) {
      const [, file = '', text = ''] = /^\/\/ (\S+)\n(.*)$/s.exec(code) ?? []
      expect(text).toBe(await readFile(join(root, 'examples/next', file), 'utf8'))
    }
    expect([vite.length, next.length]).toEqual([2, 6])
  })

  it('of the skills does, too', async () => {
    const { pages, errors } = await compile('skills/**/SKILL.md')
    expect(errors).toBe('')
    expect(pages.map(({ name }) => name).length).toBeGreaterThan(0)
  })

  it('that does not compile is found', async () => {
    const folder = await projectWith(...PEERS)
    const wrong = `import { keyOf } from 'querywire/chat'\nkeyOf('a message')\n`
    await mkdir(join(folder, 'page'), { recursive: true })
    expect(await typeErrors(folder, { 'page/block.ts': wrong }, OPTIONS)).toContain('page/block.ts(2,7)')
  })
})
