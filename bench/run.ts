/**
 * `npm run bench` measures everything (about half an hour on a quiet machine) and writes `bench/results.md`; `npm run bench:quick`
 * takes less than two minutes, and only prints. Words choose sections, by their names:
 * `npm run bench -- requests channels`.
 */
import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { machine } from './measure/machine.ts'
import { markdown } from './measure/report.ts'
import { type Context, sections } from './sections.ts'

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const chosen = words.filter((word) => !word.startsWith('--'))

const server = fork(new URL('stream/server.ts', import.meta.url))
const { port } = await new Promise<{ port: number }>((resolve) =>
  server.once('message', (message) => resolve(message as { port: number })),
)
const context: Context = { port, isQuick, rounds: isQuick ? 3 : 10 }

const isWritten = !isQuick && chosen.length === 0
const path = fileURLToPath(new URL('results.md', import.meta.url))
const texts = [
  '# Results',
  '',
  `\`npm ci && npm --prefix bench ci && npm run build && npm run bench\`, ${new Date().toISOString().slice(0, 10)}.`,
  machine(),
  '',
  'Medians of ten rounds, quartiles in brackets. All subjects of a table run alternately, each in a process (or page) of its own that lives',
  'through all rounds; CPU is that of the thread that is measured alone. “× base” is the median of the ratios within each round: more is dearer.',
  'What these figures say, and where others are better, is in [README.md](README.md).',
  '',
]

for (const { name, run } of sections) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const began = performance.now()
  for (const section of await run(context)) {
    texts.push(markdown(section))
    console.log(texts.at(-1))
    if (isWritten) writeFileSync(path, texts.join('\n'))
  }
  console.log(`(${name}: ${Math.round((performance.now() - began) / 1_000)} s)\n`)
}
server.disconnect()
process.exit(0)
