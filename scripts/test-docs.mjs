// `npm run test:docs`: the pages that begin with an empty folder, followed to the letter with the packed package, and what they promise
// seen in Chromium. What follows `--` goes to vitest.
import { findChromium } from './chromium.mjs'
import { findPython } from './django.mjs'
import { packOwn } from './ownTarball.mjs'
import { stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const TESTS_TIMEOUT_MS = 1_800_000

const test = async (folder) => {
  const env = {
    TARBALL: await packOwn(folder),
    CHROMIUM_PATH: await findChromium(console.log),
  }
  await findPython(console.log)
  return runVitest('followed', { env, folder, timeoutMs: TESTS_TIMEOUT_MS })
}

stopChildrenOnSignals()
const folder = temporaryFolder('docs')
const result = await test(folder.path).catch((error) => {
  console.error(error.message)
  return { passed: 0, failed: 1, failures: [error.message.split('\n')[0]] }
})
conclude('pages that are followed', result)
folder.remove()
