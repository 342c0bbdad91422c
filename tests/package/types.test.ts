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

const typeTests = async () => ({
  'query.test-d.ts': await published('tests/query/types.test-d.ts'),
  'chat.test-d.ts': await published('tests/chat/types.test-d.ts'),
})

describe.each([NEWEST, OLDEST])('with %s', (reactQuery) => {
  it.each(['bundler', 'nodenext'])(
    'the type tests hold for the declarations, by %s resolution',
    async (how) => {
      const folder = await projectWith(...REACT, reactQuery, 'vitest')
      const module = how === 'bundler' ? 'esnext' : how
      // Vitest's own declarations ask for more than a project of this kind has.
      expect(await typeErrors(folder, await typeTests(), { module, moduleResolution: how, skipLibCheck: true })).toBe('')
    },
  )
})

it.each(['5.6', '5.9', '6'])('[Q49] the type tests hold for TypeScript %s', async (version) => {
  const folder = await projectWith(...REACT, NEWEST, 'vitest')
  const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }
  expect(await typeErrors(folder, await typeTests(), options, version)).toBe('')
})

it('what an application makes and exports can be declared', async () => {
  const made = `import { createLive, createWebSocketManager, patch, type } from 'querywire'
    import { createChat, extend, Message, Room } from 'querywire/chat'
    import * as z from 'zod'
    export const manager = createWebSocketManager({ url: 'ws://chat.example' })
    export const live = createLive({ manager })
    export const Price = z.object({ symbol: z.string(), price: z.number() })
    export const prices = live.list('prices', {
      item: Price, id: ({ symbol }) => symbol, snapshot: 'get_prices',
      events: { price_changed: patch((event) => event as z.infer<typeof Price>) },
    })
    export const log = live.timeline('log', {
      params: type<{ at: string }>(), item: type<{ id: string; at: number }>(),
      id: ({ id }) => id, order: ({ at, id }) => [at, id], snapshot: 'get_log', events: {},
    })
    export const best = live.value('best', { schema: Price, snapshot: 'get_best', events: {} })
    export const buy = live.mutation<{ symbol: string }>('buy', { request: async () => undefined })
    export const chat = createChat({ manager })
    export const Urgent = extend(Message, z.object({ priority: z.number() }))
    export const urgent = createChat({ manager, scope: 'urgent', schemas: { message: Urgent, room: Room } })
    export const options = {
      prices: prices(), log: log({ at: 'a' }), best: best(), buy: buy(),
      messages: urgent.messages('general'), typing: chat.typing('general'), presence: chat.presence([1]),
      send: chat.sendMessage('general'), react: chat.react('general'), join: chat.joinRoom(),
    }`
  const folder = await projectWith(...REACT, NEWEST)
  const options = { declaration: true, emitDeclarationOnly: true, noEmit: false, skipLibCheck: true }
  expect(await typeErrors(folder, { 'made.ts': made }, options)).toBe('')
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
