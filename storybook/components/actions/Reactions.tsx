/** The reactions to a message, as buttons: a tap adds one's own, or takes it away. Each says who it is of. */
import { type KeyboardEvent, useState } from 'react'
import type { ChatMessage, ChatReaction } from '../../../src/chat/index.ts'
import { usePeople } from '../people.ts'
import { canReact, type MessageActions } from './messageCommands.ts'
import './Reactions.css'
import { whoReacted } from './whoReacted.ts'

export interface ReactionsProps {
  readonly message: ChatMessage
  /** Without it they only tell. */
  readonly actions?: MessageActions | undefined
  /** Whether the Tab key stops at them: it does at those of one message. */
  readonly isTabStop?: boolean | undefined
}

export function Reactions({ message, actions, isTabStop = true }: ReactionsProps) {
  if (!message.reactions?.length) return null
  return (
    <ul className="qw-reactions" aria-label="Reactions">
      {message.reactions.map((reaction) => (
        <li key={reaction.name}>
          <Chip
            reaction={reaction}
            isTabStop={isTabStop}
            onTap={actions && canReact(message) ? () => actions.react(message, reaction.name) : undefined}
          />
        </li>
      ))}
    </ul>
  )
}

interface ChipProps {
  readonly reaction: ChatReaction
  readonly isTabStop: boolean
  readonly onTap: (() => void) | undefined
}

function Chip({ reaction, isTabStop, onTap }: ChipProps) {
  const { name, count, me } = reaction
  const who = whoReacted(reaction, usePeople())
  // Shown by pointer and focus; what it covers can be seen by Escape, without leaving.
  const [isHidden, setIsHidden] = useState(false)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || isHidden) return
    event.stopPropagation()
    setIsHidden(true)
  }
  return (
    <>
      <button
        type="button"
        aria-pressed={me === true}
        aria-label={`${name} ${count}, ${who}`}
        tabIndex={isTabStop ? 0 : -1}
        disabled={!onTap}
        onClick={onTap}
        onKeyDown={onKeyDown}
        onBlur={() => setIsHidden(false)}
        onPointerLeave={() => setIsHidden(false)}
      >
        <span>{name}</span> {count}
      </button>
      {!isHidden && (
        <span className="qw-reaction-who" aria-hidden="true" dir="auto">
          {who}
        </span>
      )}
    </>
  )
}
