// Runs a development tool that needs an older TypeScript than the project's, out of a package of its own:
// `node scripts/tools.mjs eslint src`. Without a tool: only installs them, which is also done when the lock has changed.
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { root, run, stopChildrenOnSignals } from './processes.mjs'

const folder = join(root, 'tools')
const lock = join(folder, 'package-lock.json')
/** The lock that was installed last. */
const installedLock = join(folder, 'node_modules', '.installed-lock.json')

const textOf = (path) =>
  readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

const isInstalled = async () => (await textOf(installedLock)) === (await textOf(lock))

/** The exit code: 0 when they are there. */
const install = async () => {
  if (await isInstalled()) return 0
  const { code, output } = await run(['npm', 'ci', '--no-fund', '--no-audit'], { cwd: folder })
  if (code !== 0) console.error(output)
  else await copyFile(lock, installedLock)
  return code ?? 1
}

const main = async ([tool, ...args]) => {
  stopChildrenOnSignals()
  const installed = await install()
  if (installed !== 0 || tool === undefined) return installed
  const { code } = await run([join(folder, 'node_modules', '.bin', tool), ...args], { stdio: 'inherit' })
  return code ?? 1
}

process.exitCode = await main(process.argv.slice(2))
