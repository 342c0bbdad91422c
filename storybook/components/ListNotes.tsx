/** What a list of messages says besides messages: where it begins, that it loads, that there is more below. */
import type { ReactNode } from 'react'
import { errorText } from './errorText.ts'
import type { MessageListProps } from './MessageList.tsx'

export function Edge({ hasOlder, isLoadingOlder, error, loadOlder }: MessageListProps) {
  if (error && hasOlder && !isLoadingOlder) {
    return (
      <div className="qw-list-edge">
        <button type="button" className="qw-button" onClick={loadOlder}>
          Could not load more. Try again
        </button>
      </div>
    )
  }
  return (
    <div className="qw-list-edge">
      {hasOlder ? <Spinner label="Loading older messages" /> : 'This is where it began'}
    </div>
  )
}

export function Empty({ isLoading, error }: MessageListProps): ReactNode {
  if (isLoading)
    return (
      <div className="qw-list-empty">
        <Spinner label="Loading messages" />
      </div>
    )
  return (
    <div className="qw-list-empty">
      {error ? `The messages could not be loaded: ${errorText(error)}` : 'No messages yet. Say hello!'}
    </div>
  )
}

export const Spinner = ({ label }: { readonly label: string }) => (
  <div className="qw-spinner" role="img" aria-label={label} />
)

export function JumpToLatest({ count, onClick }: { readonly count: number; readonly onClick: () => void }) {
  const text = count === 1 ? '1 new message' : `${count} new messages`
  return (
    <button
      type="button"
      className="qw-jump"
      data-new={count > 0 || undefined}
      aria-label={count > 0 ? undefined : 'Jump to latest'}
      onClick={onClick}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path
          d="M10 4v11m-4.5-4.5L10 15l4.5-4.5"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.8"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      {count > 0 && text}
    </button>
  )
}
