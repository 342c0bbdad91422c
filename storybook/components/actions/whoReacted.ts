/** Who is behind a reaction, in words. Pure. */
import type { ChatReaction } from '../../../src/chat/index.ts'
import type { People } from '../people.ts'

const MOST_NAMES = 8
const names = new Intl.ListFormat('en', { type: 'conjunction' })

/** "You, bob and 3 others". Of those whom nobody names, and who are not known here, their number. */
export function whoReacted({ count, me, user_ids }: ChatReaction, { nameOf, isMe }: People): string {
  const known = (user_ids ?? []).filter((id) => !isMe(id)).flatMap((id) => nameOf(id) ?? [])
  const shown = [...(me ? ['You'] : []), ...known].slice(0, Math.min(MOST_NAMES, count))
  const others = count - shown.length
  if (shown.length === 0) return `${others} ${others === 1 ? 'person' : 'people'}`
  return names.format([...shown, ...(others > 0 ? [`${others} ${others === 1 ? 'other' : 'others'}`] : [])])
}
