// The built Storybook as a static host would serve it: files, below a path of some other site.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { run } from './processes.mjs'

const BUILD_TIMEOUT_MS = 120_000
const PATH = '/some/where/'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const build = async (folder) => {
  const command = ['storybook', 'build', '-o', folder, '--quiet', '--disable-telemetry']
  const { code, output } = await run(command, { timeoutMs: BUILD_TIMEOUT_MS })
  if (code !== 0) throw new Error(`Storybook could not be built:\n${output}`)
}

const fileOf = async (folder, url) => {
  const { pathname } = new URL(url, 'http://localhost')
  if (!pathname.startsWith(PATH)) return undefined
  const name = pathname.slice(PATH.length) || 'index.html'
  try {
    return { body: await readFile(join(folder, normalize(name))), type: types[extname(name)] }
  } catch {
    // No such file: 404, as from any static host.
    return undefined
  }
}

/** Resolves with the address; `close` stops serving and removes what was built. */
export const startStorybook = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-storybook-'))
  await build(folder)
  const server = createServer(async (request, response) => {
    const file = await fileOf(folder, request.url)
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}${PATH}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
