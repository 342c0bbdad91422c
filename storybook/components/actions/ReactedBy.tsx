/** At the end of a message's menu: who has reacted how. Where there is no pointer to rest on a chip. */
import type { ChatMessage } from '../../../src/chat/index.ts'
import { usePeople } from '../people.ts'
import { whoReacted } from './whoReacted.ts'

export function ReactedBy({ message }: { readonly message: ChatMessage }) {
  const people = usePeople()
  return message.reactions?.map((reaction) => (
    <div key={reaction.name} className="qw-menu-note" role="menuitem" aria-disabled="true" tabIndex={-1}>
      <span className="qw-menu-emoji">{reaction.name}</span>
      {whoReacted(reaction, people)}
    </div>
  ))
}
