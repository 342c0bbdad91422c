/** What is measured, and the two clocks it is measured by. */
import process from 'node:process'

/** By name: CPU and wall milliseconds, bytes, counts. */
export type Figures = Readonly<Record<string, number>>

export type Measure = (options: never) => Promise<Figures>

export type Subjects = Readonly<Record<string, Measure>>

export interface Clock {
  /** Of this thread since the start, and of the wall; milliseconds. */
  stop(): { readonly cpu: number; readonly wall: number }
}

/** The thread's own time: what others do on the machine, and the server in its process, are not in it. */
export function startClock(): Clock {
  const wall = performance.now()
  const cpu = process.threadCpuUsage()
  return {
    stop() {
      const { user, system } = process.threadCpuUsage(cpu)
      return { cpu: (user + system) / 1_000, wall: performance.now() - wall }
    },
  }
}
