/** What does not come back is not waited for: others wait behind it. */
import type { ServerEnvironment } from '../environment.ts'
import { unavailable } from '../requestError.ts'

/** What the work makes. Its end is nobody's any more where it comes too late. @throws RequestError `unavailable` */
export async function inTime<Result>(
  { setTimer }: Pick<ServerEnvironment, 'setTimer'>,
  { waitMs, what }: { readonly waitMs: number; readonly what: string },
  work: () => Result | Promise<Result>,
): Promise<Result> {
  let cancel = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    cancel = setTimer(() => {
      const message = `${what} did not come back within ${waitMs} ms`
      reject(unavailable('Took too long', new Error(message)))
    }, waitMs)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    cancel()
  }
}
