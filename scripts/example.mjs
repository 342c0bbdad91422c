// `npm run board`, `npm run dashboard`: an example's server and its page, until Ctrl-C. When one of the two ends, so does the other.
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { start, stop, stopChildrenOnSignals } from './processes.mjs'

const signals = stopChildrenOnSignals()
const [name = '', server = ''] = process.argv.slice(2)
const folder = join('examples', name)
const children = [
  ['node', join(folder, server)],
  ['vite', folder],
].map((command) => start(command, { stdio: ['ignore', 'inherit', 'inherit'] }))
await Promise.race(children.map((child) => once(child, 'exit')))
if (!signals.received) {
  await Promise.all(children.map((child) => stop(child)))
  process.exitCode = 1
}
