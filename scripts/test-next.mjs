// `npm run test:next`: examples/next with the packed package, built, and driven in Chromium. What follows `--` goes to vitest.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { installOwnPackage } from './ownPackage.mjs'
import { root, run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const SILENCE_MS = 300_000
const TESTS_TIMEOUT_MS = 600_000
const example = 'examples/next'

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

stopChildrenOnSignals()
const folder = temporaryFolder('next')
// The page knows its back end from when it was built.
const port = await freePort()
const env = {
  NEXT_TELEMETRY_DISABLED: '1',
  NEXT_PUBLIC_BACKEND: `127.0.0.1:${port}`,
  BACKEND_PORT: String(port),
}
const tarball = join(folder.path, 'querywire-*.tgz')

const steps = [
  ['the package', ['tsdown'], {}],
  ['its tarball', ['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder.path], {}],
  [
    'its installation',
    ['sh', '-c', `npm install --no-save --no-package-lock ${tarball}`],
    { cwd: join(root, example) },
  ],
  ['the application', ['node_modules/.bin/next', 'build'], { cwd: join(root, example), env }],
]

/** The name of what failed, if anything did. */
const build = async () => {
  if ((await installOwnPackage(example)) !== 0) return `npm ci in ${example}`
  for (const [name, command, options] of steps) {
    const { code, output } = await run(command, { silenceMs: SILENCE_MS, ...options })
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name}`)
    if (code !== 0) {
      console.log(output)
      return name
    }
  }
  return undefined
}

const test = async () => {
  const chromium = await findChromium(console.log)
  const tested = { ...env, CHROMIUM_PATH: chromium }
  return runVitest('next', { env: tested, folder: folder.path, timeoutMs: TESTS_TIMEOUT_MS })
}

const failed = await build()
conclude('Next.js', failed === undefined ? await test() : { passed: 0, failed: 1, failures: [failed] })
folder.remove()
