// `npm run board`: the board's server and its page, until Ctrl-C. When one of the two ends, so does the other.
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { start, stop, stopChildrenOnSignals } from './processes.mjs'

const signals = stopChildrenOnSignals()
const folder = join('examples', 'board')
const children = [
  ['node', join(folder, 'server.ts')],
  ['vite', folder],
].map((command) => start(command, { stdio: ['ignore', 'inherit', 'inherit'] }))
await Promise.race(children.map((child) => once(child, 'exit')))
if (!signals.received) {
  await Promise.all(children.map((child) => stop(child)))
  process.exitCode = 1
}
