/** Time and chance, as everywhere else in this library. */
import { browserEnvironment } from '../transport/environment.ts'

const { now, wallNow, setTimer, createId } = browserEnvironment()

export { createId, now, setTimer, wallNow }

export const delay = (ms: number): Promise<void> => new Promise((resolve) => void setTimer(resolve, ms))

/** The value, or `undefined` when it takes too long. */
export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let cancel = (): void => undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = setTimer(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}
