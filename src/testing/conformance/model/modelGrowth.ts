/** Items of the model server whose text grows, and what it tells of that: pieces without numbers, cut anywhere. */
import { countOf } from '../../../query/fold/growth.ts'
import type { LiveEvent } from '../../../transport/port.ts'
import type { Random } from '../../server/random.ts'
import type { ConformanceItem } from '../backEnd.ts'

/** Of a keyboard with characters that take two units, and some that take several. */
const WORDS = ['so ', 'it ', 'grows', '… ', '😀', '漢字 ', '👩‍🚀', '\n', 'e\u0301 ']
const MAX_WORDS = 4

export interface Grown {
  readonly item: ConformanceItem
  readonly events: readonly LiveEvent[]
}

export function grow(item: ConformanceItem, random: Random): Grown {
  const drawn = () => WORDS[Math.floor(random() * WORDS.length)] ?? ''
  const added = Array.from({ length: 1 + Math.floor(random() * MAX_WORDS) }, drawn).join('')
  const text = item.text + added
  const cut = item.text.length + Math.floor(random() * added.length)
  // Some of it is told once more with what follows.
  const again = Math.max(0, item.text.length - Math.floor(random() * 8))
  const parts =
    random() < 0.5
      ? [[item.text.length, cut] as const, [cut, text.length] as const]
      : [[again, text.length] as const]
  const events = parts.map(([from, to]): LiveEvent => {
    const payload = { id: item.id, at: countOf(text.slice(0, from)), text: text.slice(from, to) }
    return { type: 'appended', payload }
  })
  return { item: { ...item, text }, events }
}

/** What every item has ever said, as far as that got. */
export interface Said {
  hear(item: ConformanceItem): void
  of(id: number): readonly string[]
}

export function createSaid(): Said {
  const said = new Map<number, string[]>()
  return {
    hear({ id, text }) {
      const texts = said.get(id) ?? []
      said.set(id, texts)
      if (text.startsWith(texts.at(-1) ?? '\0')) texts.pop()
      texts.push(text)
    },
    of: (id) => said.get(id) ?? [],
  }
}
