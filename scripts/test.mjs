// `npm test`: every gate, in order, with one line each; the output of a gate that fails follows its line.
// `npm test -- unit stories` runs the gates whose names contain one of the words (and the build, if one needs it).
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { findChromium } from './chromium.mjs'
import { root, run, stopChildrenOnSignals } from './processes.mjs'
import { inCi, readReport } from './vitestReport.mjs'

/** A limit on silence, not on duration: a slow machine is no fault of what is tested. */
const GATE_SILENCE_MS = 300_000

const check = (name, command, { needs = [] } = {}) => ({ name, kind: 'check', command, needs })
const tests = (name, projects, { browser = false, needs = [] } = {}) => ({
  name,
  kind: 'tests',
  browser,
  needs,
  command: ['vitest', 'run', ...projects.map((project) => `--project=${project}`)],
})

/** Checks are short and use one core: two at a time. Test runs measure time: one at a time, afterwards. */
const gates = [
  check('format and lint', ['biome', 'check', '--error-on-warnings', '--colors=off', '--max-diagnostics=60']),
  check('types', ['npm', 'run', '--silent', 'types']),
  check('tools', ['node', 'scripts/tools.mjs']),
  check('React hooks (eslint)', ['npm', 'run', '--silent', 'lint:hooks'], { needs: ['tools'] }),
  check('build', ['tsdown']),
  check('package (publint)', ['publint', '--strict'], { needs: ['build'] }),
  check('package (attw)', ['npm', 'run', '--silent', 'pack:types'], { needs: ['build', 'tools'] }),
  check('unused code (knip)', ['knip']),
  check('size', ['size-limit'], { needs: ['build'] }),
  tests('unit tests', ['unit', 'dom', 'types']),
  tests('package tests', ['package'], { needs: ['build'] }),
  tests('integration tests', ['integration node', 'integration msw']),
  tests('browser tests and stories', ['browser', 'storybook'], { browser: true }),
  tests('end-to-end tests', ['e2e'], { browser: true, needs: ['build'] }),
]

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`.padStart(8)
const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`

const names = (report, wanted) =>
  report.testResults.flatMap((file) =>
    file.assertionResults.filter(({ status }) => wanted.includes(status)).map(({ fullName }) => fullName),
  )

const runCheck = async (gate) => {
  const { code, output } = await run(gate.command, { silenceMs: GATE_SILENCE_MS })
  const ok = code === 0
  return { ok, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], note: '', output }
}

const runTests = async (gate, { chromium, folder }) => {
  const path = join(folder, `${gate.name.replaceAll(' ', '-')}.json`)
  const command = [...gate.command, '--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  const env = gate.browser ? { CHROMIUM_PATH: chromium } : {}
  const { code, output } = await run(command, { env, silenceMs: GATE_SILENCE_MS })
  const report = await readReport(path)
  const skipped = report ? names(report, ['skipped', 'pending', 'todo', 'disabled']) : []
  const failures = report ? names(report, ['failed']) : []
  const passed = report?.numPassedTests ?? 0
  // A run can fail with no failed test: an unhandled error, a file that does not load, a crash.
  const ranBadly = code !== 0 || passed === 0 || (inCi && skipped.length > 0)
  const failed = Math.max(report?.numFailedTests ?? 0, ranBadly ? 1 : 0)
  return { ok: failed === 0, passed, failed, skipped, failures, note: plural(passed, 'test'), output }
}

const skippedGate = (reason) => ({
  ok: !inCi,
  passed: 0,
  failed: inCi ? 1 : 0,
  skipped: [],
  reason,
  note: '',
  output: '',
})

const runGate = (gate, context) => {
  const missing = gate.needs.find((name) => !context.results.get(name)?.ok)
  if (missing) return { ...skippedGate(`${missing} failed`), ok: false, failed: 1 }
  if (gate.browser && context.chromium === undefined) return skippedGate(context.noChromium)
  return gate.kind === 'check' ? runCheck(gate) : runTests(gate, context)
}

const print = (gate, result, durationMs) => {
  const word = result.ok ? (result.reason ? 'skip' : 'ok') : 'FAIL'
  const detail = [result.note, result.reason].filter(Boolean).join(', ')
  console.log(`${word.padEnd(5)}${seconds(durationMs)}  ${gate.name}${detail ? ` (${detail})` : ''}`)
  if (!result.ok && result.output) console.log(`\n${result.output.trimEnd()}\n`)
}

const runAndPrint = async (gate, context) => {
  const startedAt = performance.now()
  const result = await runGate(gate, context)
  context.results.set(gate.name, result)
  print(gate, result, performance.now() - startedAt)
}

/** Takes the first gate whose needs have been met until none is left; two such takers run at once. */
const work = async (queue, context) => {
  while (queue.length > 0) {
    const index = queue.findIndex(({ needs }) => needs.every((name) => context.results.has(name)))
    if (index === -1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    const [gate] = queue.splice(index, 1)
    await runAndPrint(gate, context)
  }
}

const chosen = () => {
  const words = process.argv.slice(2)
  if (words.length === 0) return gates
  const wanted = gates.filter(({ name }) => words.some((word) => name.includes(word)))
  const needed = new Set(wanted.flatMap(({ needs }) => needs))
  return gates.filter((gate) => wanted.includes(gate) || needed.has(gate.name))
}

const browserOf = async (selected) => {
  if (!selected.some(({ browser }) => browser)) return {}
  try {
    return { chromium: await findChromium(console.log) }
  } catch (error) {
    // Not the end of the run: without a browser the other gates still tell something.
    return { noChromium: error.message.split('\n')[0], advice: error.message }
  }
}

const summarize = (results, { advice, startedAt }) => {
  const all = [...results.values()]
  const sum = (key) => all.reduce((total, result) => total + result[key], 0)
  const skipped = all.flatMap((result) => result.skipped)
  const skippedGates = [...results].filter(([, { reason }]) => reason)
  if (advice) console.log(`\n${advice}`)
  if (skipped.length + skippedGates.length > 0) console.log('\nSkipped:')
  for (const [name, { reason }] of skippedGates) console.log(`  ${name}: ${reason}`)
  for (const name of skipped) console.log(`  ${name}: marked as skipped or to do in its test file`)
  const failedGates = [...results].filter(([, { ok }]) => !ok)
  // Named again at the end: the output of a gate may be long.
  if (failedGates.length > 0) console.log('\nFailed:')
  for (const [name, { failures = [] }] of failedGates) console.log([`  ${name}`, ...failures].join('\n    '))
  console.log(`\n${plural(results.size, 'gate')} in ${seconds(performance.now() - startedAt).trim()}`)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  return failedGates.length === 0 ? 0 : 1
}

const main = async () => {
  stopChildrenOnSignals()
  process.chdir(root)
  const startedAt = performance.now()
  const selected = chosen()
  const folder = await mkdtemp(join(tmpdir(), 'querywire-test-'))
  const browser = await browserOf(selected)
  const context = { results: new Map(), folder, ...browser }
  const checks = selected.filter(({ kind }) => kind === 'check')
  await Promise.all([work(checks, context), work(checks, context)])
  for (const gate of selected.filter(({ kind }) => kind === 'tests')) await runAndPrint(gate, context)
  await rm(folder, { recursive: true, force: true })
  return summarize(context.results, { ...browser, startedAt })
}

process.exitCode = await main()
