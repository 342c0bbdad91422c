// The package as it would be published, and folders outside of the repository that have it.
import { cp, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { root, run } from './processes.mjs'

/** For every `npm` of these runs: what was fetched once is not asked for again, and nobody is there to say yes. */
export const npmEnvironment = {
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_yes: 'true',
}

const SILENCE_MS = 300_000

/** Runs to its end and says how that was. Rejects with its output when it failed. */
export const step = async (name, command, options = {}) => {
  const startedAt = performance.now()
  const env = { ...npmEnvironment, ...options.env }
  const { code, output } = await run(command, { silenceMs: SILENCE_MS, ...options, env })
  const took = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${took.padStart(7)} s  ${name}`)
  if (code !== 0) throw new Error(`${name}\n${output}`)
  return output
}

/** Builds and packs. Resolves with the path of the tarball, which lies in `folder`. */
export const packOwn = async (folder) => {
  await step('the package', ['tsdown'])
  const pack = ['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  return join(folder, (await step('its tarball', pack)).trim().split('\n').at(-1))
}

const isSource = (path) => !['node_modules', 'dist', '.next', '.installed-lock.json'].includes(basename(path))

/** Which versions an application gets: those of its lock, which has no querywire, because that is not published yet. */
const keepLock = async (from, to) => {
  const lock = JSON.parse(await readFile(join(to, 'package-lock.json'), 'utf8'))
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8'))
  delete lock.packages['node_modules/querywire']
  lock.packages[''].dependencies = { ...manifest.dependencies }
  await writeFile(join(from, 'package-lock.json'), `${JSON.stringify(lock, undefined, 2)}\n`)
}

/**
 * Copies an application of the repository into `to` and installs it there as whoever opens it elsewhere does, with the tarball in the
 * place of the registry. `UPDATE=1` keeps the versions that it got as those of its lock.
 */
export const installExample = async (name, { to, tarball }) => {
  const from = join(root, name)
  await cp(from, to, { recursive: true, filter: isSource })
  await step(`${name}: npm install`, ['npm', 'install', tarball], { cwd: to })
  if (process.env.UPDATE) await keepLock(from, to)
}
