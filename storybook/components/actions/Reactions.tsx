/** The reactions to a message, as buttons: a tap adds one's own, or takes it away. */
import type { ChatMessage, ChatReaction } from '../../../src/chat/index.ts'
import { type People, usePeople } from '../people.ts'
import { canReact, type MessageActions } from './messageCommands.ts'
import './Reactions.css'

export interface ReactionsProps {
  readonly message: ChatMessage
  /** Without it they only tell. */
  readonly actions?: MessageActions | undefined
  /** Whether the Tab key stops at them: it does at those of one message. */
  readonly isTabStop?: boolean | undefined
}

export function Reactions({ message, actions, isTabStop = true }: ReactionsProps) {
  const { nameOf } = usePeople()
  if (!message.reactions?.length) return null
  return (
    <ul className="qw-reactions" aria-label="Reactions">
      {message.reactions.map((reaction) => {
        const { name, count, me } = reaction
        const who = whoReacted(reaction, nameOf)
        return (
          <li key={name}>
            <button
              type="button"
              aria-pressed={me === true}
              aria-label={`${name} ${count}, ${who}`}
              title={who}
              tabIndex={isTabStop ? 0 : -1}
              disabled={!actions || !canReact(message)}
              onClick={() => actions?.react(message, name)}
            >
              <span>{name}</span> {count}
            </button>
          </li>
        )
      })}
    </ul>
  )
}

const names = new Intl.ListFormat('en', { type: 'conjunction' })

/** "You, bob and 3 others". A server that does not say who leaves their number. */
function whoReacted({ count, me, user_ids }: ChatReaction, nameOf: People['nameOf']): string {
  const known = ((user_ids as readonly (string | number)[] | undefined) ?? []).flatMap(
    (id) => nameOf(id) ?? [],
  )
  const shown = [...(me ? ['You'] : []), ...known].slice(0, MOST_NAMES)
  const others = count - shown.length
  const rest = others > 0 ? [`${others} ${others === 1 ? 'person' : 'people'}`] : []
  return names.format([...shown, ...(shown.length > 0 && others > 0 ? [`${others} more`] : rest)])
}

const MOST_NAMES = 8
