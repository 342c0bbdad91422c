/** The code of the docs and of the skills, to the letter, against the package as it is built. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readPages } from './docs/pages.ts'
import { GLOBALS, OF_A_PAGE, STAND_INS } from './docs/standIns.ts'
import { projectWith, removeProjects, typeErrors } from './project.ts'

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
    expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(40)
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
