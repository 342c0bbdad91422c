/** Imports point one way: chat → query → transport. */
import { describe, expect, it } from 'vitest'
import { type Import, type Node, readSources, type Source } from './sources.ts'

const sources = readSources('src/**/*.{ts,tsx}')

const layerOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'root'
const isReact = (path: string) => path.includes('/react/') || path.endsWith('.tsx')

const violations = (
  files: readonly Source[],
  isAllowed: (found: Import, source: Source) => boolean,
): string[] =>
  files.flatMap((source) =>
    source.imports
      .filter((found) => !isAllowed(found, source))
      .map(({ request }) => `${source.path} imports ${request}`),
  )

/** What loading the file loads. */
const staticImports = (program: Node): string[] =>
  (program.body as readonly Node[])
    .filter(({ type, importKind }) => type === 'ImportDeclaration' && importKind !== 'type')
    .map(({ source }) => String((source as Node).value))

const mayImport: Record<string, readonly string[]> = {
  transport: ['transport'],
  // Between a manager and its sockets: the manager knows it as an option.
  tabs: ['tabs', 'transport'],
  query: ['query', 'transport'],
  // What keeps sends; it comes with the storage that an application passes.
  outbox: ['outbox', 'query', 'transport'],
  // What travels, as schemas: nothing but zod.
  frames: ['frames'],
  chat: ['chat', 'frames', 'query', 'transport', 'root'],
  // Not chat: deleting src/chat must leave the rest standing.
  testing: ['testing', 'server', 'query', 'transport', 'root'],
  devtools: ['devtools', 'query', 'transport', 'root'],
  // And no layer imports it: nothing of a server is in any client.
  server: ['server', 'transport'],
  // A client of its own: it must not share a mistake with the library's.
  check: ['check', 'transport'],
  root: ['transport', 'query'],
}

/** Another binding of TanStack Query replaces this file, and the React folders. */
const DOOR = 'src/query/tanstack.ts'

const publicIndexes = new Set([
  DOOR,
  'src/index.ts',
  'src/transport/index.ts',
  'src/transport/react/index.ts',
  'src/query/index.ts',
  'src/query/react/index.ts',
  'src/frames/index.ts',
])

describe('imports', () => {
  it('reads the sources of every layer', () => {
    expect(new Set(sources.map(({ path }) => layerOf(path)))).toEqual(
      new Set([
        'root',
        'transport',
        'tabs',
        'query',
        'outbox',
        'frames',
        'chat',
        'testing',
        'devtools',
        'server',
        'check',
      ]),
    )
  })

  it('point from chat to query to transport, never back', () => {
    const allowed = ({ relative, target }: Import, { path }: Source) =>
      !relative || (mayImport[layerOf(path)] ?? []).includes(layerOf(target))
    expect(violations(sources, allowed)).toEqual([])
  })

  it('name a file of this repository with its extension', () => {
    const paths = new Set(sources.map(({ path }) => path))
    expect(violations(sources, ({ relative, target }) => !relative || paths.has(target))).toEqual([])
  })

  it('of React stay in the React folders', () => {
    const pure = sources.filter(({ path }) => !isReact(path) && layerOf(path) !== 'devtools')
    const isReactPackage = (name: string) => name === 'react' || name === 'react-dom'
    expect(violations(pure, ({ target }) => !isReactPackage(target))).toEqual([])
  })

  it('of React folders come from React folders, public indexes and tests only', () => {
    const pure = sources.filter(({ path }) => !isReact(path) && !path.endsWith('/index.ts'))
    expect(violations(pure, ({ relative, target }) => !relative || !isReact(target))).toEqual([])
  })

  it('of TanStack stay out of transport', () => {
    const transport = sources.filter(({ path }) => layerOf(path) === 'transport')
    expect(violations(transport, ({ target }) => !target.startsWith('@tanstack/'))).toEqual([])
  })

  it('of TanStack Query outside the React folders and the panel go through one file', () => {
    const pure = sources.filter(({ path }) => !isReact(path) && layerOf(path) !== 'devtools')
    const named = pure.filter(({ text }) => /['"]@tanstack\/(react|query)-/.test(text))
    expect(named.map(({ path }) => path)).toEqual([DOOR])
  })

  it('of TanStack Query never name its internal package', () => {
    expect(
      sources.filter(({ text }) => text.includes('@tanstack/query-core')).map(({ path }) => path),
    ).toEqual([])
  })

  it('of query see of transport the port, the errors and types', () => {
    const query = sources.filter(({ path }) => layerOf(path) === 'query')
    const seen = new Set(['src/transport/port.ts', 'src/transport/errors.ts'])
    const allowed = ({ target, typeOnly }: Import) =>
      layerOf(target) !== 'transport' || seen.has(target) || (typeOnly && target === 'src/transport/index.ts')
    expect(violations(query, allowed)).toEqual([])
  })

  it('of server see of transport what both ends of a wire share', () => {
    const server = sources.filter(({ path }) => layerOf(path) === 'server')
    const shared = ['protocol', 'errors', 'environment', 'port'].map((name) => `src/transport/${name}.ts`)
    const allowed = ({ target }: Import) => layerOf(target) !== 'transport' || shared.includes(target)
    expect(violations(server, allowed)).toEqual([])
  })

  it('of server need no Node before they are used', () => {
    const named = sources
      .filter(({ path }) => layerOf(path) === 'server')
      .filter(({ program }) => staticImports(program).some((name) => /^node:|^ws$/.test(name)))
    expect(named.map(({ path }) => path)).toEqual([])
  })

  it('of chat reach the layers below through their public indexes', () => {
    const chat = sources.filter(({ path }) => layerOf(path) === 'chat')
    const allowed = ({ relative, target }: Import) =>
      !relative || layerOf(target) === 'chat' || publicIndexes.has(target)
    expect(violations(chat, allowed)).toEqual([])
  })

  it('of check see of transport what both ends of a wire share', () => {
    const check = sources.filter(({ path }) => layerOf(path) === 'check')
    const shared = ['protocol', 'environment'].map((name) => `src/transport/${name}.ts`)
    const allowed = ({ target }: Import) => layerOf(target) !== 'transport' || shared.includes(target)
    expect(violations(check, allowed)).toEqual([])
  })

  it('of check need nothing but Node, and ws when it is used', () => {
    // A module that the user names is imported there.
    const check = sources.filter(({ path }) => layerOf(path) === 'check' && !path.endsWith('/readDomain.ts'))
    const allowed = ({ relative, request, typeOnly }: Import, { path }: Source) =>
      relative ||
      request.startsWith('node:') ||
      (request === 'ws' && (typeOnly || path.endsWith('/importWs.ts')))
    expect(violations(check, allowed)).toEqual([])
  })

  it('of zod are of zod/mini, the only build of it that is small, and stay in frames and chat', () => {
    const allowed = ({ target, request }: Import, { path }: Source) =>
      target !== 'zod' || (request === 'zod/mini' && ['frames', 'chat'].includes(layerOf(path)))
    expect(violations(sources, allowed)).toEqual([])
  })

  it('form no cycle', () => {
    const byPath = new Map(sources.map((source) => [source.path, source]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path))
        return void cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path)) return
      for (const { target } of byPath.get(path)?.imports ?? []) visit(target, [...trail, path])
      done.add(path)
    }
    for (const { path } of sources) visit(path, [])
    expect(cycles).toEqual([])
  })
})
