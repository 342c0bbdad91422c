/** At the end of a message's menu: who has read it. */
import { type ChatMessage, useReaders } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'

const MOST_NAMES = 6
const names = new Intl.ListFormat('en', { type: 'conjunction' })

export function SeenBy({ message }: { readonly message: ChatMessage }) {
  const readers = useReaders(message).map(({ user }) => user.username)
  const more = readers.length - MOST_NAMES
  const shown = more > 0 ? [...readers.slice(-MOST_NAMES), `${more} more`] : readers
  return (
    <div className="qw-menu-note" role="menuitem" aria-disabled="true" tabIndex={-1}>
      <Icon name="eye" />
      {readers.length === 0 ? 'Seen by nobody else yet' : `Seen by ${names.format(shown)}`}
    </div>
  )
}
