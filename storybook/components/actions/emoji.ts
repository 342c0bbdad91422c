/** All emoji, by group, with the words they are found by: the data of emojibase, loaded when they are first wanted. */
export interface Emoji {
  readonly character: string
  readonly label: string
  /** In lower case. */
  readonly words: string
}

export interface EmojiGroup {
  readonly name: string
  readonly emoji: readonly Emoji[]
}

let loaded: Promise<readonly EmojiGroup[]> | undefined

export function loadEmoji(): Promise<readonly EmojiGroup[]> {
  loaded ??= load().catch((error: unknown) => {
    // Without a network, say: the next one who wants them tries again.
    loaded = undefined
    throw error
  })
  return loaded
}

async function load(): Promise<readonly EmojiGroup[]> {
  const [{ default: all }, { default: messages }] = await Promise.all([
    import('emojibase-data/en/compact.json'),
    import('emojibase-data/en/messages.json'),
  ])
  return messages.groups
    .filter(({ key }) => key !== 'component')
    .map(({ message, order }) => ({
      name: message.charAt(0).toUpperCase() + message.slice(1),
      emoji: all
        .filter(({ group }) => group === order)
        .map(({ unicode, label, tags = [] }) => ({
          character: unicode,
          label,
          words: [label, ...tags].join(' ').toLowerCase(),
        })),
    }))
}

/** Those that have all of the words, or the beginnings of them. */
export function findEmoji(groups: readonly EmojiGroup[], query: string): readonly EmojiGroup[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return groups
  const isFound = ({ words }: Emoji) => wanted.every((word) => ` ${words}`.includes(` ${word}`))
  return groups
    .map((group) => ({ ...group, emoji: group.emoji.filter(isFound) }))
    .filter(({ emoji }) => emoji.length > 0)
}
