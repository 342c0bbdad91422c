// The demo's page: built when it, or what it is made of, has changed, and served from what was built. A page is then a few
// requests; Vite's own server sends every module by itself, and bundles what they import while somebody looks at nothing.
import { createHash } from 'node:crypto'
import { glob, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { build, createServer, preview } from 'vite'
import { root } from './processes.mjs'

const app = join(root, 'examples', 'demo')
/** What the last build was made of. */
const stamp = join(app, 'dist', '.made-of')
const SOURCES = [
  'src/**/*.{ts,tsx}',
  'storybook/components/**/*',
  'examples/demo/*.*',
  'examples/demo/src/**/*',
  'package-lock.json',
]

const sourcesNow = async () => {
  const lines = []
  for await (const path of glob(SOURCES, { cwd: root })) {
    const { mtimeMs, size } = await stat(join(root, path))
    lines.push(`${path} ${mtimeMs} ${size}`)
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

const missing = (error) => {
  if (error.code === 'ENOENT') return undefined
  throw error
}

/** Resolves with whether there was anything to build. */
export const buildDemo = async () => {
  const sources = await sourcesNow()
  if ((await readFile(stamp, 'utf8').catch(missing)) === sources) return false
  // React's warnings, our own and the devtools are what a demo is for; a browser on the same machine takes no notice of the size.
  process.env.NODE_ENV = 'development'
  await build({ root: app, mode: 'development', logLevel: 'error', build: { minify: false } })
  await writeFile(stamp, sources)
  return true
}

const serving = (options) => ({ root: app, clearScreen: false, logLevel: 'error', ...options })

/** `chatUrl`: the WebSocket server, without a path. `port`: where the search for a free one starts; 0: any. */
export const serveDemo = async ({ chatUrl, port, host = 'localhost' }) => {
  process.env.VITE_WS_URL = chatUrl
  const server = await preview(serving({ preview: { host, port, open: false } }))
  return { url: server.resolvedUrls.local[0], close: () => server.close() }
}

/** The same from the sources, with hot module replacement. */
export const developDemo = async ({ chatUrl, port, customLogger }) => {
  process.env.VITE_WS_URL = chatUrl
  const server = await createServer(serving({ customLogger, server: { port } }))
  await server.listen()
  return { url: server.resolvedUrls.local[0], close: () => server.close() }
}
