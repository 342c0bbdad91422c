// `npm run docs`: builds the site into site/dist, then tries it: every link, and how it looks in Chromium. What follows `--` goes
// to vitest; DOCS_PICTURES=folder keeps the pictures. `npm run docs -- serve` shows what was built.
import { join } from 'node:path'
import process from 'node:process'
import { preview } from 'vite'
import { findChromium } from './chromium.mjs'
import { installOwnPackage } from './ownPackage.mjs'
import { root, run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const SILENCE_MS = 180_000
const TESTS_TIMEOUT_MS = 300_000
const site = join(root, 'site')

const steps = [
  [
    'the skills (TanStack Intent)',
    [join(site, 'node_modules/.bin/intent'), 'validate', '../skills', '--check'],
  ],
  ['the reference (typedoc)', [join(site, 'node_modules/.bin/typedoc')]],
  ['the site (VitePress)', ['node', 'build.mjs']],
]

/** The name of what failed, if anything did. */
const build = async () => {
  if ((await installOwnPackage('site')) !== 0) return 'npm ci in site/'
  for (const [name, command] of steps) {
    const startedAt = performance.now()
    const { code, output } = await run(command, { cwd: site, silenceMs: SILENCE_MS })
    const took = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${took.padStart(7)} s  ${name}`)
    if (code !== 0) {
      console.log(output)
      return name
    }
  }
  return undefined
}

const test = async () => {
  const folder = temporaryFolder('docs')
  const env = { CHROMIUM_PATH: await findChromium(console.log) }
  const result = await runVitest('site', { env, folder: folder.path, timeoutMs: TESTS_TIMEOUT_MS })
  folder.remove()
  return { ...result, passed: result.passed + steps.length }
}

const serve = async () => {
  const server = await preview({ root: site, configFile: false, preview: { open: false } })
  server.printUrls()
}

stopChildrenOnSignals()
if (process.argv[2] === 'serve') await serve()
else {
  const failed = await build()
  conclude('docs', failed === undefined ? await test() : { passed: 0, failed: 1, failures: [failed] })
}
