// `npm run test:cluster`: several processes behind nginx, over Redis and PostgreSQL or SQLite, and what happens to them while
// people talk. Installs what it needs where it may. What follows `--` goes to vitest; `CLUSTER_FAULT=nginx`: those faults alone.
import { run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, runVitest } from './vitestReport.mjs'

const BUILD_TIMEOUT_MS = 120_000
const TESTS_TIMEOUT_MS = 1_200_000

stopChildrenOnSignals()
const folder = temporaryFolder('cluster')
// The clients are what is built, as an application would have them.
const built = await run(['tsdown'], { timeoutMs: BUILD_TIMEOUT_MS })
if (built.code !== 0) console.log(built.output)
const result =
  built.code === 0
    ? await runVitest('cluster', { folder: folder.path, timeoutMs: TESTS_TIMEOUT_MS })
    : { passed: 0, failed: 1, failures: ['the build'] }
conclude('several machines', result)
folder.remove()
