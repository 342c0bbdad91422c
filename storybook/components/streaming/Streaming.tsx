/** What a message says of itself while it is being written, and of an end that was none. */
import { useState } from 'react'
import { type ChatMessage, isStreaming } from '../../../src/chat/index.ts'
import type { MessageActions } from '../actions/messageCommands.ts'
import { Icon } from '../Icon.tsx'
import '../TypingIndicator.css'
import './Streaming.css'

/** How it ended, where that was not by getting to its end. */
export const endingOf = ({ status }: ChatMessage): string | undefined => ENDINGS.get(status ?? '')

const ENDINGS: ReadonlyMap<string, string> = new Map([
  ['stopped', 'stopped'],
  ['failed', 'broken off'],
])

export interface StreamingProps {
  readonly message: ChatMessage
  /** Without it, it can only be waited for. */
  readonly actions?: MessageActions | undefined
  /** Whether the Tab key stops at its button: it does at that of one message. */
  readonly isTabStop?: boolean | undefined
}

export function Streaming({ message, actions, isTabStop = true }: StreamingProps) {
  const [isStopping, setIsStopping] = useState(false)
  if (!isStreaming(message)) return null
  const stop = () => {
    if (isStopping) return
    setIsStopping(true)
    void actions?.stop(message).finally(() => setIsStopping(false))
  }
  return (
    <div className="qw-streaming">
      <span className="qw-typing-dots" role="img" aria-label="Being written">
        <i />
        <i />
        <i />
      </span>
      {actions && (
        <button
          type="button"
          className="qw-button"
          // Not `disabled`: that would take the focus away from whoever has just pressed it.
          aria-disabled={isStopping}
          tabIndex={isTabStop ? 0 : -1}
          onClick={stop}
        >
          <Icon name="stop" />
          {isStopping ? 'Stopping…' : 'Stop'}
        </button>
      )}
    </div>
  )
}
