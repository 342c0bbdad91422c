/**
 * A process of one subject: it is warm when it counts, and nobody else's code has spoiled the compiler's guesses about it.
 * `node measure/worker.ts <module> <subject>`; takes options by IPC, answers with figures.
 */
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { Figures, Subjects } from './subject.ts'

const [, , path = '', name = ''] = process.argv

const { subjects } = (await import(pathToFileURL(path).href)) as { readonly subjects: Subjects }
const measure = subjects[name]
if (!measure) throw new Error(`${path} has no subject "${name}"`)

process.on('message', (options: Readonly<Record<string, unknown>>) => {
  measure(options).then(
    (figures: Figures) => process.send?.({ figures }),
    (error: unknown) => process.send?.({ error: String((error as Error)?.stack ?? error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
