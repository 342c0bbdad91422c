// `npm run test:django`: the example back end's own tests, then the integration tests against a real daphne.
// What follows `--` goes to vitest. Ends with a line `N passed, N failed`.
import { join } from 'node:path'
import { findPython, projectFolder, startDjango, testSecret } from './django.mjs'
import { run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, inCi, runVitest } from './vitestReport.mjs'

const PYTHON_TESTS_TIMEOUT_MS = 240_000
const VITEST_TIMEOUT_MS = 300_000
const KEPT_LOG_LINES = 60

/** The example's own tests: what cannot be seen from a socket. */
const runPythonTests = async (python, folder) => {
  const { code, output } = await run([python, 'manage.py', 'test', '--noinput'], {
    cwd: projectFolder,
    env: {
      PYTHONDONTWRITEBYTECODE: '1',
      DJANGO_SECRET_KEY: testSecret,
      DJANGO_DB: join(folder, 'tests.sqlite3'),
      DJANGO_LOG_LEVEL: 'CRITICAL',
    },
    timeoutMs: PYTHON_TESTS_TIMEOUT_MS,
  })
  const total = Number(/Ran (\d+) tests?/.exec(output)?.[1] ?? 0)
  const broken = [...output.matchAll(/(?:failures|errors)=(\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
  const failed = Math.max(broken, code === 0 && total > 0 ? 0 : 1)
  console.log(
    failed === 0 ? `ok    ${total} tests of the back end itself` : `FAIL  the back end itself\n\n${output}`,
  )
  return { passed: Math.max(total - broken, 0), failed }
}

const skip = (error) => {
  console.log(`${inCi ? 'FAIL' : 'SKIPPED'}  the tests against Django did not run\n\n${error.message}`)
  return { passed: 0, failed: inCi ? 1 : 0 }
}

const runAll = async () => {
  const python = await findPython((line) => console.log(line)).catch(skip)
  if (typeof python !== 'string') return python
  const folder = temporaryFolder('django')
  const serverLog = []
  let django
  try {
    const own = await runPythonTests(python, folder.path)
    django = await startDjango({ log: (line) => serverLog.push(line) })
    console.log(`ok    daphne at ${django.url}`)
    const shared = await runVitest('integration django', {
      folder: folder.path,
      env: { DJANGO_URL: django.url, DJANGO_TOKEN_URL: django.tokenUrl, DJANGO_HTTP_URL: django.httpUrl },
      timeoutMs: VITEST_TIMEOUT_MS,
    })
    if (shared.failed > 0)
      console.log(`\nThe last lines of daphne:\n${serverLog.slice(-KEPT_LOG_LINES).join('\n')}`)
    return {
      passed: own.passed + shared.passed,
      failed: own.failed + shared.failed,
      failures: [...(own.failed > 0 ? ['the back end itself'] : []), ...shared.failures],
    }
  } finally {
    await django?.stop()
    folder.remove()
  }
}

stopChildrenOnSignals()
const result = await runAll().catch((error) => {
  console.error(error)
  return { passed: 0, failed: 1 }
})
conclude('tests against Django', result)
