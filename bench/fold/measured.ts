/** What one event costs between its text and a mounted observer, the network left out, by what is loaded. */
import { notifyManager, QueryClient } from '@tanstack/react-query'
import { type Subjects, startClock } from '../measure/subject.ts'
import { framesFor, type Operation } from './messages.ts'
import { type CreateSubject, careful, limit, querywire, usual } from './subjects.ts'

export interface FoldOptions {
  readonly operation: Operation
  readonly size: number
  readonly perFlush: number
  /** How many flushes are measured; as many go before them. */
  readonly flushes: number
}

/** The kernel counts a thread's time in ticks: less than this says nothing. Milliseconds, and passes. */
const LEAST_MS = 60
const MOST_PASSES = 8

const measured = (create: CreateSubject) => async (options: FoldOptions) => {
  // Everything in the same turn, for all subjects alike: a timer per notification would measure the event loop.
  notifyManager.setScheduler(queueMicrotask)
  let cpu = 0
  let wall = 0
  let passes = 0
  while (wall < LEAST_MS && passes < MOST_PASSES) {
    const pass = await runOnce(create, options)
    cpu += pass.cpu
    wall += pass.wall
    passes++
  }
  return { cpu: (cpu * 1_000) / (passes * options.flushes * options.perFlush) }
}

async function runOnce(create: CreateSubject, { operation, size, perFlush, flushes }: FoldOptions) {
  const queryClient = new QueryClient()
  const isList = operation.startsWith('receipt')
  const run = await create({ queryClient, size, isList, isSorted: operation.endsWith('reorders') })
  const frames = framesFor(operation, size, 2 * flushes * perFlush)
  const bursts = Array.from({ length: 2 * flushes }, (_, at) =>
    frames.slice(at * perFlush, (at + 1) * perFlush),
  )
  for (const burst of bursts.slice(0, flushes)) await run.flush(burst)
  // What setting up left behind is nobody's cost per event; what an event leaves behind is.
  globalThis.gc?.()
  const clock = startClock()
  for (const burst of bursts.slice(flushes)) await run.flush(burst)
  const figures = clock.stop()
  const added = { 'new message': frames.length, delete: -frames.length }[operation as string] ?? 0
  if (run.count() !== size + added)
    throw new Error(`${operation}: ${run.count()} items instead of ${size + added}`)
  run.stop()
  queryClient.clear()
  return figures
}

export const subjects: Subjects = {
  limit: measured(limit),
  usual: measured(usual),
  careful: measured(careful),
  querywire: measured(querywire),
}
