/** How much memory is in use, after all that is not has been collected. */
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const SAME_BYTES = 4_096
const collect: () => void = runInNewContext('gc')

const MAX_LOOKS = 30

/** The heap, and what hangs from it outside, as soon as it stays what it is: what was closed is let go of by and by. */
export async function bytesInUse(): Promise<number> {
  let last = Number.POSITIVE_INFINITY
  for (let look = 0; look < MAX_LOOKS; look++) {
    await sleep(200)
    collect()
    const { heapUsed, external } = process.memoryUsage()
    const bytes = heapUsed + external
    if (Math.abs(last - bytes) < SAME_BYTES) return bytes
    last = bytes
  }
  return last
}
