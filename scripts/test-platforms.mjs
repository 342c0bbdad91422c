// `npm run test:platforms`: the applications that use the packed package, each in a folder outside of the repository, built, and driven
// in Chromium. What follows `--` goes to vitest. `UPDATE=1` writes their lock files.
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { findChromium } from './chromium.mjs'
import { installExample, packOwn, step } from './ownTarball.mjs'
import { stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const TESTS_TIMEOUT_MS = 1_800_000
const applications = ['examples/vite', 'examples/router', 'tests/platforms/neighbours', 'examples/next']

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

/** The pages of Next.js know their back end from when they were built. */
const environment = async (folder) => {
  const port = await freePort()
  return {
    PLATFORMS: folder,
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_PUBLIC_BACKEND: `127.0.0.1:${port}`,
    BACKEND_PORT: String(port),
  }
}

const test = async (folder) => {
  const env = await environment(folder)
  const tarball = await packOwn(folder)
  for (const name of applications) {
    const to = join(folder, basename(name))
    await installExample(name, { to, tarball })
    await step(`${name}: npm run build`, ['npm', 'run', 'build'], { cwd: to, env })
  }
  const chromium = await findChromium(console.log)
  return runVitest('platforms', {
    env: { ...env, CHROMIUM_PATH: chromium },
    folder,
    timeoutMs: TESTS_TIMEOUT_MS,
  })
}

stopChildrenOnSignals()
const folder = temporaryFolder('platforms')
const result = await test(folder.path).catch((error) => {
  console.error(error.message)
  return { passed: 0, failed: 1, failures: [error.message.split('\n')[0]] }
})
conclude('platforms', result)
folder.remove()
