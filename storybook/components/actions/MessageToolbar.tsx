/** Beside the message under the pointer, or with the focus: react, reply, and everything else. One stop of the Tab key. */
import type { ChatMessage } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'
import { moveFocus } from '../moveFocus.ts'
import './MessageToolbar.css'
import { canReact, commandsFor, type MessageActions } from './messageCommands.ts'

export type MenuKind = 'menu' | 'reactions'

export interface MessageToolbarProps {
  readonly message: ChatMessage
  readonly isOwn: boolean
  readonly actions: MessageActions
  readonly onMenu: (kind: MenuKind, anchor: HTMLElement) => void
}

export function MessageToolbar({ message, isOwn, actions, onMenu }: MessageToolbarProps) {
  const reply = commandsFor(message, isOwn).find(({ name }) => name === 'reply')
  return (
    <div
      className="qw-toolbar"
      role="toolbar"
      aria-label="Message actions"
      onKeyDown={(event) => {
        moveFocus(event, 'button')
        if (event.key.startsWith('Arrow')) event.stopPropagation()
      }}
    >
      {canReact(message) && (
        <button
          type="button"
          aria-label="React"
          title="React"
          aria-haspopup="dialog"
          onClick={({ currentTarget }) => onMenu('reactions', currentTarget)}
        >
          <Icon name="smile" />
        </button>
      )}
      {reply && (
        <button
          type="button"
          tabIndex={-1}
          aria-label="Reply"
          title="Reply"
          onClick={() => actions.reply(message)}
        >
          <Icon name="reply" />
        </button>
      )}
      <button
        type="button"
        tabIndex={reply ? -1 : 0}
        aria-label="More actions"
        title="More actions"
        aria-haspopup="menu"
        onClick={({ currentTarget }) => onMenu('menu', currentTarget)}
      >
        <Icon name="more" />
      </button>
    </div>
  )
}
