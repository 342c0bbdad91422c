/** Below a message that could not be sent: why, and what can be done about it. */
import './FailedMessage.css'

export interface FailedMessageProps {
  /** What went wrong, for people. @default 'Not sent' */
  readonly reason?: string | undefined
  readonly onRetry: () => void
  readonly onDiscard: () => void
}

export function FailedMessage({ reason = 'Not sent', onRetry, onDiscard }: FailedMessageProps) {
  return (
    <div className="qw-failed">
      <span>{reason}</span>
      <span className="qw-failed-choice">
        <button type="button" onClick={onRetry}>
          Retry
        </button>
        <button type="button" onClick={onDiscard}>
          Discard
        </button>
      </span>
    </div>
  )
}
