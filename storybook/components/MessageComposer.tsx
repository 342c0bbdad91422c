/** Where one writes. Enter sends, Shift+Enter breaks the line; what is not sent stays, also over a reload. */
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef } from 'react'
import { useChat } from '../../src/chat/index.ts'
import { AttachButton } from './composer/AttachButton.tsx'
import { ChosenFiles } from './composer/ChosenFiles.tsx'
import type { ComposerMode } from './composer/composerMode.ts'
import { LengthCounter } from './composer/LengthCounter.tsx'
import { MentionList } from './composer/MentionList.tsx'
import { ModeBar } from './composer/ModeBar.tsx'
import { useComposer } from './composer/useComposer.ts'
import { useDroppedFiles } from './composer/useDroppedFiles.ts'
import { useMentions } from './composer/useMentions.ts'
import { Icon } from './Icon.tsx'
import './MessageComposer.css'
import type { Id } from './messageRows.ts'

export interface MessageComposerProps {
  readonly roomId: Id
  readonly placeholder?: string
  readonly onSend?: () => void
  /** Answers a message, or changes one of one's own. */
  readonly mode?: ComposerMode | undefined
  readonly onModeEnd?: () => void
  /** The arrow key up where nothing is written. */
  readonly onEditLast?: () => void
  /** Changes a message once more, beginning with a text that was not taken. False: it is not there, or not to be changed. */
  readonly onEditAgain?: (messageId: Id, text: string) => boolean
  /** A change of a message that the server did not take, in words. */
  readonly onRefused?: (text: string) => void
  /** Bytes of the largest file that is taken. @default 20 MB */
  readonly maxFileBytes?: number
  /** Why one may not write here; stands where the field would be. */
  readonly readOnlyReason?: string | undefined
}

export function MessageComposer({ readOnlyReason, ...props }: MessageComposerProps) {
  if (readOnlyReason === undefined) return <Writable {...props} />
  return (
    <div className="qw-composer" data-read-only="">
      <p>{readOnlyReason}</p>
    </div>
  )
}

function Writable(props: MessageComposerProps) {
  const { mode, onModeEnd } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const composer = useComposer(props)
  const { text, error, files, attach } = composer
  const form = useRef<HTMLFormElement>(null)
  const isDropping = useDroppedFiles(form, attach)
  const send = () => {
    field.current?.focus()
    void composer.submit()
  }
  useFocusWith(field, mode)
  return (
    <form
      ref={form}
      className="qw-composer"
      data-dropping={isDropping || undefined}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {attach && <AttachButton onFiles={attach} />}
      <div className="qw-composer-field">
        {mode && <ModeBar mode={mode} onEnd={() => onModeEnd?.()} />}
        {error && (
          <p className="qw-composer-error" role="alert">
            {error}
          </p>
        )}
        <ChosenFiles
          files={files}
          onRemove={(file) => {
            composer.removeFile(file)
            field.current?.focus()
          }}
        />
        <Field {...props} field={field} composer={composer} onSend={send} />
        <LengthCounter text={text} maxLength={useChat().maxLength} />
      </div>
      <button
        type="submit"
        className="qw-icon-button qw-send"
        aria-label={mode?.kind === 'edit' ? 'Save' : 'Send'}
        disabled={text.trim() === '' && files.length === 0}
      >
        {mode?.kind === 'edit' ? <Icon name="check" /> : <PaperPlane />}
      </button>
    </form>
  )
}

interface FieldProps extends MessageComposerProps {
  readonly field: RefObject<HTMLTextAreaElement | null>
  readonly composer: ReturnType<typeof useComposer>
  readonly onSend: () => void
}

function Field({ roomId, placeholder = 'Message', field, composer, onSend, ...props }: FieldProps) {
  const { text, error, change, stop } = composer
  const mentions = useMentions(roomId, { field, text, change })
  const listId = useId()
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a character, Enter confirms the character.
    if (event.nativeEvent.isComposing || mentions.take(event)) return
    if (event.key === 'Escape' && props.mode) {
      event.stopPropagation()
      props.onModeEnd?.()
    } else if (event.key === 'ArrowUp' && text === '' && !props.mode) {
      event.preventDefault()
      props.onEditLast?.()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      onSend()
    }
  }
  return (
    <div className="qw-composer-text">
      <MentionList id={listId} mentions={mentions} />
      <textarea
        ref={field}
        aria-label="Message"
        aria-invalid={error !== undefined || undefined}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-controls={mentions.isOpen ? listId : undefined}
        aria-activedescendant={mentions.isOpen ? `${listId}-${mentions.activeIndex}` : undefined}
        placeholder={placeholder}
        dir="auto"
        rows={1}
        value={text}
        onChange={(event) => change(event.target.value)}
        onSelect={mentions.look}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const { files, types } = event.clipboardData
          // A word processor puts a picture of the text beside the text.
          if (!composer.attach || files.length === 0 || types.includes('text/plain')) return
          event.preventDefault()
          composer.attach([...files])
        }}
        onBlur={() => {
          stop()
          mentions.close()
        }}
      />
    </div>
  )
}

/** Whoever has chosen to answer, or to change something, writes next; what comes back by itself takes the focus from nobody. */
function useFocusWith(field: RefObject<HTMLTextAreaElement | null>, mode: ComposerMode | undefined) {
  useEffect(() => {
    const { current: element } = field
    if (!mode || mode.text !== undefined || !element) return
    element.focus()
    element.setSelectionRange(element.value.length, element.value.length)
  }, [field, mode])
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
