// Development tools in packages of their own, each with its own lock: `tools`, `site`, examples.
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run } from './processes.mjs'

const textOf = (path) =>
  readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** Installs what the lock of a folder says, unless that was installed last. Resolves with the exit code. */
export const installOwnPackage = async (name) => {
  const folder = join(root, name)
  const lock = join(folder, 'package-lock.json')
  const installed = join(folder, 'node_modules', '.installed-lock.json')
  if ((await textOf(installed)) === (await textOf(lock))) return 0
  const { code, output } = await run(['npm', 'ci', '--no-fund', '--no-audit'], { cwd: folder })
  if (code !== 0) console.error(output)
  else await copyFile(lock, installed)
  return code ?? 1
}
