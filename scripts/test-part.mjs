// `npm run test:random`, `test:versions`, `test:check`, `test:examples`, `test:cluster`: what takes too long for `npm test`, one part each.
// What follows `--` goes to vitest.
import process from 'node:process'
import { findChromium } from './chromium.mjs'
import { run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const TIMEOUT_MS = 1_500_000

const parts = {
  // The same schedules as in `npm test`, many more of them.
  random: {
    heading: 'random schedules',
    projects: ['unit'],
    files: [
      'tests/query/conformance.test.ts',
      'tests/server/conformance.test.ts',
      'tests/stack/',
      'tests/fuzz/hostile.test.ts',
      'tests/outbox/schedules.test.ts',
      'tests/tabs/random.test.ts',
    ],
    env: {
      CONFORMANCE_SCHEDULES: '8000',
      STACK_SCHEDULES: '150',
      HOSTILE_INPUTS: '20000',
      OUTBOX_SCHEDULES: '40',
      TABS_SCHEDULES: '300',
    },
  },
  // The same tests on the oldest TanStack Query and the oldest React that are supported.
  versions: { heading: 'oldest versions', projects: ['oldest*', 'react 18'] },
  // The checker on servers that keep, bend and break their promises.
  check: { heading: 'the checker', projects: ['check'] },
  // Examples that are installed or built, in Chromium.
  examples: { heading: 'examples', projects: ['examples'], built: true, browser: true },
  // Several processes behind nginx, over Redis and PostgreSQL or SQLite, and what happens to them while people talk; the
  // clients are what is built. Installs what it needs where it may. `CLUSTER_FAULT=nginx`: those faults alone.
  cluster: { heading: 'several machines', projects: ['cluster'], built: true },
}

const part = parts[process.argv[2]]
if (!part) throw new Error(`Not a part: ${process.argv[2]}. There are: ${Object.keys(parts).join(', ')}.`)
process.argv.splice(2, 1, ...(part.files ?? []))

stopChildrenOnSignals()
const folder = temporaryFolder('part')

const test = async () => {
  if (part.built) {
    const { code, output } = await run(['tsdown'], { timeoutMs: TIMEOUT_MS })
    if (code !== 0) {
      console.log(output)
      return { passed: 0, failed: 1, failures: ['the build'] }
    }
  }
  // What the caller's environment says comes first.
  const env = { ...part.env, ...process.env }
  if (part.browser) env.CHROMIUM_PATH = await findChromium(console.log)
  return runVitest(part.projects, { env, folder: folder.path, timeoutMs: TIMEOUT_MS })
}

conclude(part.heading, await test())
folder.remove()
