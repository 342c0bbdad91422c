// A vitest run beside `npm test`: shown as it goes, and counted.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { run } from './processes.mjs'

export const inCi = Boolean(process.env.CI) && process.env.CI !== 'false'

/** What a vitest run says of itself; `undefined` when it ended before it could. */
export const readReport = async (path) => {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What follows `--` on this process's command line goes to vitest. `folder`: for its report. */
export const runVitest = async (projects, { env = {}, folder, timeoutMs }) => {
  const path = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const { code } = await run(
    [
      'vitest',
      'run',
      ...[projects].flat().map((name) => `--project=${name}`),
      ...reporters,
      ...process.argv.slice(2),
    ],
    { env, stdio: 'inherit', timeoutMs },
  )
  const report = await readReport(path)
  const passed = report?.numPassedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  // A run can fail with no failed test: a file that does not load, an unhandled error. CI skips nothing.
  const ranBadly = code !== 0 || passed === 0 || (inCi && skipped > 0)
  if (skipped > 0) console.log(`${skipped} tests skipped`)
  const failures = (report?.testResults ?? [])
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName }) => fullName)
  return { passed, failed: Math.max(report?.numFailedTests ?? 0, ranBadly ? 1 : 0), failures }
}

/** The last lines, which `.ci/run` reads, and this process's exit code. */
export const conclude = (heading, { passed, failed, failures = [] }) => {
  // Named again at the end: what servers printed may be long.
  if (failures.length > 0) console.log(['\nFailed:', `  ${heading}`, ...failures].join('\n    '))
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
