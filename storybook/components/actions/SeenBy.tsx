/** At the end of a message's menu: who has read it. */
import { type ChatMember, type ChatMessage, useReaders } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'

const MOST_NAMES = 6
const names = new Intl.ListFormat('en', { type: 'conjunction' })

export function SeenBy({ message }: { readonly message: ChatMessage }) {
  const text = seenText(useReaders(message))
  if (text === undefined) return null
  return (
    <div className="qw-menu-note" role="menuitem" aria-disabled="true" tabIndex={-1}>
      <Icon name="eye" />
      {text}
    </div>
  )
}

/** Nothing is said of a message far behind, of which nobody knows who has got as far. */
export function seenText(readers: readonly Pick<ChatMember, 'user'>[] | undefined): string | undefined {
  if (readers === undefined) return undefined
  if (readers.length === 0) return 'Seen by nobody else yet'
  const all = readers.map(({ user }) => user.username)
  const more = all.length - MOST_NAMES
  return `Seen by ${names.format(more > 0 ? [...all.slice(-MOST_NAMES), `${more} more`] : all)}`
}
