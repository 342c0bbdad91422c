/** Where one writes. Enter sends, Shift+Enter breaks the line; what is not sent stays, also over a reload. */
import { type KeyboardEvent, useId, useRef, useState } from 'react'
import { useDraft, useSendMessage, useTyping } from '../../src/chat/index.ts'
import { isLiveError } from '../../src/index.ts'
import './MessageComposer.css'
import type { Id } from './messageRows.ts'

export interface MessageComposerProps {
  readonly roomId: Id
  readonly placeholder?: string
  readonly onSend?: () => void
}

export function MessageComposer({ roomId, placeholder = 'Message', onSend }: MessageComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const { draft, error, change, submit, stop } = useComposer(roomId, onSend)
  const errorId = useId()
  const send = () => {
    field.current?.focus()
    void submit()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter confirms the character.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  return (
    <form
      className="qw-composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <div className="qw-composer-field">
        {error && (
          <p className="qw-composer-error" id={errorId} role="alert">
            {error}
          </p>
        )}
        <textarea
          ref={field}
          aria-label="Message"
          aria-describedby={error && errorId}
          placeholder={placeholder}
          dir="auto"
          rows={1}
          value={draft}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={stop}
        />
      </div>
      <button
        type="submit"
        className="qw-icon-button qw-send"
        aria-label="Send"
        disabled={draft.trim() === ''}
      >
        <PaperPlane />
      </button>
    </form>
  )
}

function useComposer(roomId: Id, onSend: (() => void) | undefined) {
  const [draft, setDraft] = useDraft(roomId)
  const { send } = useSendMessage(roomId)
  const { keystroke, stop } = useTyping(roomId)
  const [error, setError] = useState<string>()
  const change = (text: string) => {
    setDraft(text)
    setError(undefined)
    if (text.trim() === '') stop()
    else keystroke()
  }
  const submit = async () => {
    const text = draft.trim()
    if (text === '') return
    try {
      await send(text)
      setDraft('')
      stop()
      onSend?.()
    } catch (cause) {
      // Too long, for example. Whatever happens after this is told by the message itself, in the list.
      setError(refusalText(cause))
    }
  }
  return { draft, error, change, submit, stop }
}

/** The message of an error is for developers; people get a sentence of their own. */
function refusalText(cause: unknown): string {
  const isTooLong = isLiveError(cause) && cause.reason === 'too_long'
  return isTooLong ? 'This is too long for one message.' : 'This message cannot be sent.'
}

const PaperPlane = () => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <path
      d="M3 10 2.2 3.6c-.1-.7.6-1.2 1.2-.9l14 6.4c.7.3.7 1.4 0 1.7l-14 6.5c-.6.3-1.3-.3-1.2-.9L3 10Zm0 0h7"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  </svg>
)
