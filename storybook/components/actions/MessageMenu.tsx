/** Everything that can be done with one message. */
import type { ReactNode } from 'react'
import type { ChatMessage } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'
import { moveFocus } from '../moveFocus.ts'
import './MessageMenu.css'
import { canReact, commandsFor, hasReacted, type MessageActions, QUICK_REACTIONS } from './messageCommands.ts'
import { Popup } from './Popup.tsx'

export interface MessageMenuProps {
  readonly message: ChatMessage
  readonly isOwn: boolean
  readonly actions: MessageActions
  readonly anchor: HTMLElement
  readonly returnTo: HTMLElement | null
  readonly onClose: () => void
  readonly onMoreReactions: () => void
  /** What else is known of it. */
  readonly children?: ReactNode
}

export function MessageMenu({ children, ...props }: MessageMenuProps) {
  const { message, isOwn, actions, onClose } = props
  return (
    <Popup {...props} role="menu" label="Message actions" onKeyDown={(event) => moveFocus(event, ITEMS)}>
      {canReact(message) && <QuickReactions {...props} />}
      {commandsFor(message, isOwn).map(({ name, label, icon, isDangerous }) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className="qw-menu-item"
          data-dangerous={isDangerous}
          onClick={() => {
            onClose()
            actions[name](message)
          }}
        >
          <Icon name={icon} />
          {label}
        </button>
      ))}
      {children}
    </Popup>
  )
}

const ITEMS = '[role^="menuitem"]'

function QuickReactions({ message, actions, onClose, onMoreReactions }: Omit<MessageMenuProps, 'children'>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
    <div role="group" aria-label="React" className="qw-menu-reactions">
      {QUICK_REACTIONS.map((reaction) => (
        <button
          key={reaction}
          type="button"
          role="menuitemcheckbox"
          tabIndex={-1}
          aria-checked={hasReacted(message, reaction)}
          onClick={() => {
            onClose()
            actions.react(message, reaction)
          }}
        >
          {reaction}
        </button>
      ))}
      <button
        type="button"
        role="menuitem"
        tabIndex={-1}
        aria-label="More reactions"
        onClick={onMoreReactions}
      >
        <Icon name="plus" />
      </button>
    </div>
  )
}
