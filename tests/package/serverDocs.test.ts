/** The code of docs/server.md, to the letter, against the built declarations. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { projectWith, removeProjects, root, typeErrors } from './project.ts'

afterAll(removeProjects)

/** What the page says that the application has. */
const PROTOCOL = `import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'
export const protocol = defineProtocol({
  events: { card_moved: z.object({ id: z.string(), column: z.string() }) },
  requests: {
    get_cards: { params: z.object({ board: z.string() }), result: z.object({ cards: z.array(z.unknown()) }) },
    move_card: {
      params: z.object({ board: z.string(), id: z.string(), column: z.string() }),
      result: z.object({}),
    },
  },
  channels: { key: 'board', subscribe: 'subscribe_board', unsubscribe: 'unsubscribe_board', field: 'boards' },
})
`
const OWN = `
declare const verify: (token: string | undefined) => { readonly id: string; readonly username: string } | null
declare const canRead: (user: { readonly id: string | number }, key: string) => boolean
`

it('[C95] the blocks of docs/server.md compile', async () => {
  const text = await readFile(join(root, 'docs/server.md'), 'utf8')
  const blocks = [...text.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)]
  expect(blocks.map(([, name]) => name)).toEqual(['server.ts', 'chat.ts'])
  const files = Object.fromEntries(blocks.map(([, name = '', code = '']) => [name, code + OWN]))
  const folder = await projectWith('zod', 'ws', '@types/node', '@types/ws', 'undici-types')
  const options = { types: ['node'], allowImportingTsExtensions: true, skipLibCheck: true }
  expect(await typeErrors(folder, { ...files, 'protocol.ts': PROTOCOL }, options)).toBe('')
})
