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
  /** After it failed: whether the store answers at all. */
  probe?: Promise<unknown>
}

export function createHeadReader(
  store: Pick<Store<unknown>, 'heads'>,
  { setTimer }: Pick<ServerEnvironment, 'setTimer'>,
): ReadHeads {
  let last: Promise<unknown> = Promise.resolve()
  let next: Read | undefined
  const plan = (): Read => {
    const channels = new Set<string>()
    // Those of other sockets come in turns of their own, which a promise would not wait for.
    const turn = new Promise<void>((resolve) => void setTimer(resolve, 0))
    const heads = Promise.all([last, turn]).then(() => {
      next = undefined
      return store.heads([...channels])
    })
    last = heads.catch(() => undefined)
    return { channels, asks: 0, heads }
  }
  return (asked) => {
    const own = [...asked]
    next ??= plan()
    const read = next
    read.asks++
    for (const channel of own) read.channels.add(channel)
    return read.heads.catch(async (error: unknown) => {
      if (read.asks === 1) throw error
      // One name that the store cannot look for is not everybody's trouble, and a store that is away is left alone.
      read.probe ??= store.heads([])
      await read.probe
      return store.heads(own)
    })
  }
}
