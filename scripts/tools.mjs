// Runs a development tool that needs an older TypeScript than the project's, out of a package of its own:
// `node scripts/tools.mjs eslint src`. Without a tool: only installs them, which is also done when the lock has changed.
import { join } from 'node:path'
import process from 'node:process'
import { installOwnPackage } from './ownPackage.mjs'
import { root, run, stopChildrenOnSignals } from './processes.mjs'

const main = async ([tool, ...args]) => {
  stopChildrenOnSignals()
  const installed = await installOwnPackage('tools')
  if (installed !== 0 || tool === undefined) return installed
  const { code } = await run([join(root, 'tools', 'node_modules', '.bin', tool), ...args], {
    stdio: 'inherit',
  })
  return code ?? 1
}

process.exitCode = await main(process.argv.slice(2))
