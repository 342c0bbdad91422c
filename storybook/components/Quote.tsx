/** The message that another one answers, in a few words; a click leads to it. */
import type { ChatMessage } from '../../src/chat/index.ts'
import { isDeleted } from './actions/messageCommands.ts'
import { contentText } from './attachments/attachmentTexts.ts'
import { personColor } from './personColor.ts'
import './Quote.css'
import { plainText } from './text/MessageText.tsx'

/** As much as is shown of it. */
export type Quoted = Pick<ChatMessage, 'id' | 'sender' | 'content' | 'attachments' | 'deleted_at'>

export interface QuoteProps {
  readonly id: ChatMessage['id']
  /** `undefined`: it is not loaded, and can be had by a click. */
  readonly quoted: Quoted | undefined
  readonly isTabStop?: boolean | undefined
  readonly onJumpTo?: ((messageId: ChatMessage['id']) => void) | undefined
}

export function Quote({ id, quoted, isTabStop = true, onJumpTo }: QuoteProps) {
  const name = quoted?.sender.username
  return (
    <button
      type="button"
      className="qw-quote"
      data-person={name === undefined ? undefined : personColor(name)}
      aria-label={name === undefined ? 'Show the message that this answers' : undefined}
      tabIndex={isTabStop ? 0 : -1}
      disabled={!onJumpTo}
      onClick={() => onJumpTo?.(id)}
    >
      {name !== undefined && <span className="qw-only-read">Answers </span>}
      <span className="qw-quote-name">
        <bdi>{name ?? 'An earlier message'}</bdi>
      </span>
      <span className="qw-quote-text" dir="auto">
        {quotedText(quoted)}
      </span>
    </button>
  )
}

/** More than one line never shows, however long it is. */
const MOST_CHARACTERS = 280

export function quotedText(
  quoted: Pick<Quoted, 'content' | 'attachments' | 'deleted_at'> | undefined,
): string {
  if (!quoted) return 'Show it'
  return isDeleted(quoted as ChatMessage)
    ? 'Message deleted'
    : plainText(contentText(quoted).slice(0, MOST_CHARACTERS))
}
