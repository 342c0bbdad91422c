/** Above the field: which message one answers, or changes, and the way out of it. */
import { Icon } from '../Icon.tsx'
import { personColor } from '../personColor.ts'
import { quotedText } from '../Quote.tsx'
import type { ComposerMode } from './composerMode.ts'
import './ModeBar.css'

export function ModeBar({ mode, onEnd }: { readonly mode: ComposerMode; readonly onEnd: () => void }) {
  const { kind, message } = mode
  const { username } = message.sender
  return (
    <div className="qw-mode-bar" data-person={personColor(username)}>
      <Icon name={kind} />
      <p>
        <strong>
          {kind === 'edit' ? (
            'Edit message'
          ) : (
            <>
              Reply to <bdi>{username}</bdi>
            </>
          )}
        </strong>
        <span dir="auto">{quotedText(message)}</span>
      </p>
      <button
        type="button"
        className="qw-icon-button"
        aria-label={kind === 'edit' ? 'Leave it as it was' : 'Do not reply'}
        onClick={onEnd}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
