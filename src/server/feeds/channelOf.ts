/** A channel of some kind, and what it is called in the store and on the bus: two kinds may use one key. */
import type { ChannelFrames } from '../../transport/protocol.ts'

export interface ServedChannel {
  readonly kind: ChannelFrames
  readonly key: string
  readonly name: string
}

export const channelOf = (kind: ChannelFrames, key: string): ServedChannel => ({
  kind,
  key,
  name: `${kind.key}/${key}`,
})

/** The fields by which frames name it; nothing for one of a kind that the protocol does not have any more. */
export function fieldsOfChannel(
  kinds: readonly ChannelFrames[],
  name: string,
): Readonly<Record<string, string>> {
  const found = channelNamed(kinds, name)
  return found ? { [found.kind.key]: found.key } : {}
}

export function channelNamed(kinds: readonly ChannelFrames[], name: string): ServedChannel | undefined {
  const kind = kinds.find(({ key }) => name.startsWith(`${key}/`))
  return kind && { kind, key: name.slice(kind.key.length + 1), name }
}
