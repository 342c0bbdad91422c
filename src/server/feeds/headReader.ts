/** Where channels stand, for all who ask while a read is under way in the next one. */
import type { Head, Store } from '../store.ts'

export type ReadHeads = (channels: Iterable<string>) => Promise<ReadonlyMap<string, Head>>

export function createHeadReader(store: Pick<Store<unknown>, 'heads'>): ReadHeads {
  let last: Promise<unknown> = Promise.resolve()
  let next: { readonly channels: Set<string>; readonly heads: Promise<ReadonlyMap<string, Head>> } | undefined
  const plan = () => {
    const channels = new Set<string>()
    const heads = last.then(() => {
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
