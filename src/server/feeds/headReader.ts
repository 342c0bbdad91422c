/** Where channels stand, in one read for all who ask in the same turn, or while another read is under way. */
import type { ServerEnvironment } from '../environment.ts'
import type { Head, Store } from '../store.ts'

type Heads = ReadonlyMap<string, Head>

export type ReadHeads = (channels: Iterable<string>) => Promise<Heads>

interface Read {
  readonly channels: Set<string>
  /** How many have asked. */
  asks: number
  readonly heads: Promise<Heads>
  /** Where it failed at what somebody asked for, and the store answers. */
  readonly isWorthAsking: Promise<boolean>
}

export function createHeadReader(
  store: Pick<Store<unknown>, 'heads'>,
  { setTimer }: Pick<ServerEnvironment, 'setTimer'>,
): ReadHeads {
  let last: Promise<unknown> = Promise.resolve()
  let next: Read | undefined
  const isAnswering = async () => {
    await store.heads([])
    return true
  }
  const plan = (): Read => {
    const channels = new Set<string>()
    // Those of other sockets come in turns of their own, which a promise would not wait for.
    const turn = new Promise<void>((resolve) => void setTimer(resolve, 0))
    const heads = Promise.all([last, turn]).then(() => {
      next = undefined
      return store.heads([...channels])
    })
    const isWorthAsking = heads.then(
      () => false,
      () => read.asks > 1 && isAnswering().catch(() => false),
    )
    last = isWorthAsking
    const read: Read = { channels, asks: 0, heads, isWorthAsking }
    return read
  }
  return async (asked) => {
    const own = [...asked]
    next ??= plan()
    const read = next
    read.asks++
    for (const channel of own) read.channels.add(channel)
    try {
      return await read.heads
    } catch (error) {
      // One name that the store cannot look for is not everybody's trouble.
      if (await read.isWorthAsking) return store.heads(own)
      throw error
    }
  }
}
