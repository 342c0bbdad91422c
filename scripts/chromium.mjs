// Finds a Chromium for the browser tests, or provides one. As a command: prints its path, or runs what follows
// `--` with CHROMIUM_PATH set.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { run } from './processes.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const fixedPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Absent or not executable: either way not a browser that can be started.
    return false
  }
}

const onSystem = () => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...fixedPlaces].find(
    isExecutable,
  )
}

const playwrightsOwn = async () => {
  const { chromium } = await import('playwright-core')
  const path = chromium.executablePath()
  return existsSync(path) ? path : undefined
}

const downloaded = async (log) => {
  log('no Chromium on this system; trying the download of Playwright')
  const { code } = await run(['playwright', 'install', 'chromium'], { timeoutMs: 180_000 })
  return code === 0 ? await playwrightsOwn() : undefined
}

const fromApt = async (log) => {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return undefined
  log('installing the chromium package with apt-get')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run(['apt-get', 'update'], { env, timeoutMs: 120_000 })
  const packages = ['chromium', 'fonts-liberation', 'fonts-noto-color-emoji']
  await run(['apt-get', 'install', '-y', '--no-install-recommends', ...packages], { env, timeoutMs: 300_000 })
  return onSystem()
}

const missing = `No Chromium was found, and none could be installed.
One of these helps:
  - set CHROMIUM_PATH to the executable of a Chromium or Chrome
  - install the chromium package of your system (Debian: apt-get install chromium)
  - npx playwright install chromium
`

/** Resolves with the path of a Chromium; rejects with a message that names the ways to get one. */
export const findChromium = async (log = () => {}) => {
  const named = process.env.CHROMIUM_PATH
  if (named) {
    if (isExecutable(named)) return named
    throw new Error(`CHROMIUM_PATH is ${named}, which cannot be executed.`)
  }
  const found = onSystem() ?? (await playwrightsOwn()) ?? (await downloaded(log)) ?? (await fromApt(log))
  if (found === undefined) throw new Error(missing)
  return found
}

const runAsCommand = async () => {
  const path = await findChromium((line) => console.error(line))
  const separator = process.argv.indexOf('--')
  if (separator === -1) return console.log(path)
  const command = process.argv.slice(separator + 1)
  const { code } = await run(command, { env: { CHROMIUM_PATH: path }, stdio: 'inherit', detached: false })
  process.exitCode = code ?? 1
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) {
  runAsCommand().catch((error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
