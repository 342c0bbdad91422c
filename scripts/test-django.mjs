// `npm run test:django`: the app's own tests on SQLite and on PostgreSQL, the example's, then the integration tests against a
// real daphne.
// What follows `--` goes to vitest. Ends with a line `N passed, N failed`.
import { join } from 'node:path'
import { startPostgres } from './databases.mjs'
import {
  appFolder,
  databaseUrlOf,
  findPython,
  projectFolder,
  pythonEnvironment,
  startDjango,
  testSecret,
} from './django.mjs'
import { findNginx, writeNginxConfig } from './nginx.mjs'
import { run, stopChildrenOnSignals, temporaryFolder } from './processes.mjs'
import { conclude, inCi, runVitest } from './vitestReport.mjs'

const PYTHON_TESTS_TIMEOUT_MS = 400_000
const VITEST_TIMEOUT_MS = 300_000
const KEPT_LOG_LINES = 60

const inApp = ['-m', 'django', 'test', '--settings', 'tests.settings']

/** What cannot be seen from a socket. */
const runPythonTests = async (python, { name, cwd, args, env }) => {
  const { code, output } = await run([python, ...args, '--noinput'], {
    cwd,
    env: { ...pythonEnvironment, ...env },
    timeoutMs: PYTHON_TESTS_TIMEOUT_MS,
  })
  const total = Number(/Ran (\d+) tests?/.exec(output)?.[1] ?? 0)
  const broken = [...output.matchAll(/(?:failures|errors)=(\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
  const failed = Math.max(broken, code === 0 && total > 0 ? 0 : 1)
  console.log(failed === 0 ? `ok    ${total} tests of ${name}` : `FAIL  ${name}\n\n${output}`)
  return { passed: Math.max(total - broken, 0), failed, failures: failed > 0 ? [name] : [] }
}

const runOnPostgres = async (python) => {
  const name = 'the app on PostgreSQL'
  const postgres = await startPostgres((line) => console.log(line)).catch((error) => {
    console.log(`${inCi ? 'FAIL' : 'SKIPPED'}  ${name}\n\n${error.message}`)
  })
  if (!postgres) return { passed: 0, failed: inCi ? 1 : 0, failures: inCi ? [name] : [] }
  const env = { DATABASE_URL: databaseUrlOf(postgres) }
  try {
    return await runPythonTests(python, { name, cwd: appFolder, args: inApp, env })
  } finally {
    await postgres.stop()
  }
}

/** That nginx takes the configuration which the example comes with. */
const checkNginx = async (folder) => {
  const name = 'the configuration of nginx'
  const nginx = await findNginx((line) => console.log(line)).catch((error) => {
    console.log(`${inCi ? 'FAIL' : 'SKIPPED'}  ${name}\n\n${error.message}`)
  })
  if (!nginx) return { passed: 0, failed: inCi ? 1 : 0, failures: inCi ? [name] : [] }
  const site = join(projectFolder, 'deploy', 'nginx.conf')
  const config = await writeNginxConfig(folder, { site, port: 18080 })
  const { code, output } = await run([nginx, '-t', '-c', config, '-e', 'stderr'], { timeoutMs: 30_000 })
  console.log(code === 0 ? `ok    ${name}` : `FAIL  ${name}\n\n${output}`)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, failures: code === 0 ? [] : [name] }
}

const runOwnTests = async (python, folder) => {
  const example = {
    DJANGO_SECRET_KEY: testSecret,
    DJANGO_DB: join(folder, 'tests.sqlite3'),
    DJANGO_LOG_LEVEL: 'CRITICAL',
    DATABASE_CONN_MAX_AGE: '0',
  }
  return [
    await runPythonTests(python, { name: 'the app on SQLite', cwd: appFolder, args: inApp }),
    await runOnPostgres(python),
    await runPythonTests(python, {
      name: 'the example',
      cwd: projectFolder,
      args: ['manage.py', 'test'],
      env: example,
    }),
    await checkNginx(folder),
  ]
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
    const own = await runOwnTests(python, folder.path)
    django = await startDjango({ log: (line) => serverLog.push(line) })
    console.log(`ok    daphne at ${django.url}`)
    const shared = await runVitest('integration django', {
      folder: folder.path,
      env: { DJANGO_URL: django.url, DJANGO_TOKEN_URL: django.tokenUrl, DJANGO_HTTP_URL: django.httpUrl },
      timeoutMs: VITEST_TIMEOUT_MS,
    })
    if (shared.failed > 0)
      console.log(`\nThe last lines of daphne:\n${serverLog.slice(-KEPT_LOG_LINES).join('\n')}`)
    const parts = [...own, shared]
    const sum = (key) => parts.reduce((total, part) => total + part[key], 0)
    return { passed: sum('passed'), failed: sum('failed'), failures: parts.flatMap((part) => part.failures) }
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
