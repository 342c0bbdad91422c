/** The built declarations in a project of somebody else: the type tests of the sources, and the protocol's page, to the letter. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { projectWith, removeProjects, root, typeErrors } from './project.ts'

afterEach(removeProjects)

const REACT = ['react', '@types/react', 'zod']
const NEWEST = '@tanstack/react-query'
const OLDEST = '@tanstack/react-query=react-query-oldest'

const published = async (path: string) =>
  (await readFile(join(root, path), 'utf8')).replaceAll(
    /'\.\.\/\.\.\/src\/(\w+)\/index\.ts'/g,
    "'querywire/$1'",
  )

describe.each([NEWEST, OLDEST])('with %s', (reactQuery) => {
  it.each(['bundler', 'nodenext'])(
    'the type tests hold for the declarations, by %s resolution',
    async (how) => {
      const folder = await projectWith(...REACT, reactQuery, 'vitest')
      const files = {
        'query.test-d.ts': await published('tests/query/types.test-d.ts'),
        'chat.test-d.ts': await published('tests/chat/types.test-d.ts'),
      }
      const module = how === 'bundler' ? 'esnext' : how
      // Vitest's own declarations ask for more than a project of this kind has.
      expect(await typeErrors(folder, files, { module, moduleResolution: how, skipLibCheck: true })).toBe('')
    },
  )
})

it('docs/PROTOCOL.md has no block that does not compile', async () => {
  const text = await readFile(join(root, 'docs/PROTOCOL.md'), 'utf8')
  const blocks = [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)]
  expect(blocks.length).toBeGreaterThanOrEqual(1)
  const files = Object.fromEntries(
    blocks.map(([, ending, code = ''], index) => [`block${index + 1}.${ending}`, code]),
  )
  const folder = await projectWith(...REACT, NEWEST)
  const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }
  expect(await typeErrors(folder, files, options)).toBe('')
})
