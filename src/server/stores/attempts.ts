/** One at a time, and again where somebody else was in the way. */
import type { ServerEnvironment } from '../environment.ts'
import { ConflictError } from '../store.ts'

export type Line = <Result>(work: () => Promise<Result>) => Promise<Result>

/** Each begins when the one before has ended, however it ended. */
export function createLine(): Line {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}

const MAX_ATTEMPTS = 25
const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 250

/** Runs it until it does not end in a conflict, for about five seconds. @throws what it throws, the last conflict too */
export async function attempt<Result>(
  { setTimer, random }: Pick<ServerEnvironment, 'setTimer' | 'random'>,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let failed = 0; ; failed++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConflictError) || failed + 1 >= MAX_ATTEMPTS) throw error
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** failed, LONGEST_WAIT_MS) * (0.5 + random() / 2)
      await new Promise<void>((resolve) => void setTimer(resolve, waitMs))
    }
  }
}
