/** Where channels stand, in one read for all who ask in the same turn, or while another read is under way. */
import type { ServerEnvironment } from '../environment.ts'
import type { Head, Store } from '../store.ts'

export type ReadHeads = (channels: Iterable<string>) => Promise<ReadonlyMap<string, Head>>

export function createHeadReader(
  store: Pick<Store<unknown>, 'heads'>,
  { setTimer }: Pick<ServerEnvironment, 'setTimer'>,
): ReadHeads {
  let last: Promise<unknown> = Promise.resolve()
  let next: { readonly channels: Set<string>; readonly heads: Promise<ReadonlyMap<string, Head>> } | undefined
  const plan = () => {
    const channels = new Set<string>()
    // Those of other sockets come in turns of their own, which a promise would not wait for.
    const turn = new Promise<void>((resolve) => void setTimer(resolve, 0))
    const heads = Promise.all([last, turn]).then(() => {
      next = undefined
      return store.heads([...channels])
    })
    last = heads.catch(() => undefined)
    return { channels, heads }
  }
  return (channels) => {
    next ??= plan()
    for (const channel of channels) next.channels.add(channel)
    return next.heads
  }
}
