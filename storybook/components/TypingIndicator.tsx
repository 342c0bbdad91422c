/** Who is writing. Not announced: a screen reader that says so at every keystroke is of no use. */
import './TypingIndicator.css'

export interface TypingIndicatorProps {
  readonly names: readonly string[]
}

export function TypingIndicator({ names }: TypingIndicatorProps) {
  return (
    <div className="qw-typing">
      {names.length > 0 && (
        <>
          <span className="qw-typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span>{typingText(names)}</span>
        </>
      )}
    </div>
  )
}

const MOST_NAMED = 3

/** "Bob is typing", "Bob and Carol are typing", and from four on without names. */
function typingText(names: readonly string[]): string {
  if (names.length === 0) return ''
  if (names.length > MOST_NAMED) return 'Several people are typing'
  const list = new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
  return `${list} ${names.length === 1 ? 'is' : 'are'} typing`
}
