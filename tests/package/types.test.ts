/** The built declarations in a project of somebody else: the type tests of the sources, and the pages that people copy from, to the letter. */
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

/** What a block takes for granted: what an earlier one made, and the application's own files. */
const GIVEN = {
  'ambient.d.ts': `
    declare const queryClient: import('@tanstack/react-query').QueryClient
    declare const manager: import('querywire').WebSocketManager`,
  'ChatRoom.tsx': 'export const ChatRoom = ({ roomId }: { roomId: string }) => <p>{roomId}</p>',
}

it.each([
  ['README.md', 5],
  ['docs/PROTOCOL.md', 1],
] as const)('%s has no block that does not compile', async (page, atLeast) => {
  const text = await readFile(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)]
  expect(blocks.length).toBeGreaterThanOrEqual(atLeast)
  const files = Object.fromEntries(
    blocks.map(([, ending, code = ''], index) => [`block${index + 1}.${ending}`, code]),
  )
  const peers = [
    NEWEST,
    'react-dom',
    '@types/react-dom',
    '@tanstack/react-devtools',
    '@testing-library/react',
    'vitest',
  ]
  const folder = await projectWith(...REACT, ...peers)
  const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }
  expect(await typeErrors(folder, { ...GIVEN, ...files }, options)).toBe('')
})
