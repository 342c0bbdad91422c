// `npm run sizes`: draws docs/images/sizes.svg from the limits of .size-limit.json, which `npm run size` holds a build to.
// `npm run sizes -- --peers` measures the smallest useful import of each entry, of what was built, beside that of other libraries
// (installed in bench/), and puts the table into docs/learn/comparison.md.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { installOwnPackage } from './ownPackage.mjs'
import { root } from './processes.mjs'

const PICTURE = 'docs/images/sizes.svg'
const PAGE = 'docs/learn/comparison.md'
/** From its head to the line of versions below it. */
const TABLE = /\| minified, kB .*?\n\n[^\n]*\n/s

/** Bars of the picture, and what their limits are called. */
const BARS = [
  ['querywire/transport', 'dist/transport/index.js'],
  ['querywire/query', 'dist/query/index.js'],
  ['querywire', 'dist/index.js'],
  ['querywire/chat', 'dist/chat/index.js'],
  ['querywire/outbox', 'dist/outbox/index.js'],
  ['querywire/tabs', 'dist/tabs/index.js'],
]

const ROW = 26
const KILOBYTE_PX = 5
const LEFT = 160

const bar = ([name, path], at, limits) => {
  // A path may have several limits: the last is that of the whole entry.
  const { limit } = limits.findLast((each) => each.path === path)
  const kilobytes = Math.ceil(Number.parseFloat(limit))
  const y = 34 + at * ROW
  const width = kilobytes * KILOBYTE_PX
  return `  <text class="strong" text-anchor="end" x="${LEFT - 12}" y="${y + 13}">${name}</text>
  <rect x="${LEFT}" y="${y}" width="${width}" height="18" rx="4" class="accent"/>
  <text class="soft" x="${LEFT + width + 8}" y="${y + 13}">${kilobytes} kB</text>`
}

/** With the classes that the site colours, and colours of its own where it stands alone: see site/.vitepress/drawings.mjs. */
export const drawSizes = (
  limits,
) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 540 ${38 + BARS.length * ROW}">
  <title>Sizes of the entries</title>
  <style>
    svg { font: 13px system-ui, sans-serif; }
    .soft { fill: #59636e; } .strong { fill: #1f2328; font-weight: 600; } .accent { fill: #0b6b53; }
    @media (prefers-color-scheme: dark) {
      .soft { fill: #9198a1; } .strong { fill: #e6edf3; } .accent { fill: #5fd3b0; }
    }
  </style>
  <text class="soft" x="${LEFT}" y="18">whole entries, minified, gzip, at most</text>
${BARS.map((each, at) => bar(each, at, limits)).join('\n')}
</svg>
`

export const readLimits = async () => JSON.parse(await readFile(join(root, '.size-limit.json'), 'utf8'))

const REACT = ['react', 'react/jsx-runtime', 'react-dom', 'react-dom/client']
const built = (path) => join(root, 'dist', path)
const asModule = (imports) =>
  Object.entries(imports).map(([from, names]) => `export { ${names} } from '${from}'`)

/** What an application imports to have live data, or a chat, on the screen, and what it has anyway, where it uses that. */
const TANSTACK = { '@tanstack/react-query': 'QueryClient, QueryClientProvider, useQuery' }
const QUERY = ['@tanstack/react-query', 'zustand', 'zustand/vanilla', 'zod', 'zod/mini', 'idb-keyval']
const SUBJECTS = [
  [
    '**querywire/transport**: a connection',
    { [built('transport/index.js')]: 'createWebSocketManager' },
    QUERY,
  ],
  [
    '**querywire**: a live list',
    { [built('index.js')]: 'createWebSocketManager, createLive, LiveProvider, patch' },
    QUERY,
    TANSTACK,
  ],
  [
    '**querywire/chat**: a room',
    { [built('chat/index.js')]: 'createChat, ChatProvider, useMessages, useSendMessage' },
    QUERY,
    TANSTACK,
  ],
  ['phoenix: `Socket`', { phoenix: 'Socket' }],
  ['partysocket: `WebSocket`', { partysocket: 'WebSocket' }],
  ['@trpc/client: `wsLink`', { '@trpc/client': 'createTRPCClient, createWSClient, wsLink' }],
  ['socket.io-client: `io`', { 'socket.io-client': 'io' }],
  ['centrifuge: `Centrifuge`', { centrifuge: 'Centrifuge' }],
  [
    'TanStack DB: a query collection',
    {
      '@tanstack/db': 'createCollection',
      '@tanstack/query-db-collection': 'queryCollectionOptions',
    },
    ['@tanstack/query-core'],
    { '@tanstack/query-core': 'QueryClient' },
  ],
  ['Convex: a query', { 'convex/react': 'ConvexReactClient, ConvexProvider, useQuery' }],
  ['Ably: `Realtime`', { ably: 'Realtime' }],
  [
    'Ably Chat: a room',
    {
      ably: 'Realtime',
      '@ably/chat': 'ChatClient',
      '@ably/chat/react': 'ChatClientProvider, ChatRoomProvider, useMessages',
    },
  ],
  ['Stream Chat: `StreamChat`', { 'stream-chat': 'StreamChat' }],
]

const bundle = async (imports, external) => {
  const { outputFiles } = await build({
    stdin: { contents: asModule(imports).join('\n'), resolveDir: join(root, 'bench') },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    logLevel: 'error',
  })
  return outputFiles[0].contents
}

const kilobytes = (bytes) => (bytes.length / 1000).toFixed(1)

const row = async ([name, imports, peers = [], beside = {}]) => {
  const alone = await bundle(imports, [...REACT, ...peers])
  const whole = await bundle({ ...imports, ...beside }, REACT)
  const cells = [alone, whole].map((code) => kilobytes(gzipSync(code, { level: 9 })))
  return `| ${name} | ${cells.join(' | ')} | ${kilobytes(brotliCompressSync(whole))} |`
}

const versionOf = async (name) =>
  JSON.parse(await readFile(join(root, 'bench/node_modules', name, 'package.json'), 'utf8')).version

const OTHERS = [
  'phoenix',
  'partysocket',
  '@trpc/client',
  'socket.io-client',
  'centrifuge',
  'convex',
  'ably',
  '@ably/chat',
  'stream-chat',
]

const measure = async () => {
  if ((await installOwnPackage('bench')) !== 0) throw new Error('npm ci in bench/ failed')
  const rows = []
  for (const subject of SUBJECTS) rows.push(await row(subject))
  const versions = await Promise.all(OTHERS.map(async (name) => `${name} ${await versionOf(name)}`))
  return `| minified, kB | gzip | all but React, gzip | the same, brotli |
|---|---|---|---|
${rows.join('\n')}

${versions.join(', ')}.
`
}

if (process.argv[1] === undefined || import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(join(root, PICTURE), drawSizes(await readLimits()))
  if (process.argv.includes('--peers')) {
    const table = await measure()
    const page = await readFile(join(root, PAGE), 'utf8')
    if (!TABLE.test(page)) throw new Error(`${PAGE} has no place for the sizes`)
    await writeFile(
      join(root, PAGE),
      page.replace(TABLE, () => table),
    )
    console.log(table)
  }
}
