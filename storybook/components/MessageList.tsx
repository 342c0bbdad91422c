/** The messages of a room, virtualised: only what is in view has elements, however long the history is. */
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { type ChatMessage, type ChatUser, keyOf } from '../../src/chat/index.ts'
import { errorText } from './errorText.ts'
import { Message } from './Message.tsx'
import './MessageList.css'
import { createToRows, type Id, isSame, type MessageRow } from './messageRows.ts'
import { useEndAnchoredList } from './useEndAnchoredList.ts'

export interface MessageListProps {
  /** Oldest first. */
  readonly messages: readonly ChatMessage[]
  readonly currentUserId: Id | undefined
  readonly isLoading?: boolean
  readonly hasOlder?: boolean
  readonly hasNewer?: boolean
  readonly isLoadingOlder?: boolean
  readonly isLoadingNewer?: boolean
  readonly loadOlder?: () => void
  readonly loadNewer?: () => void
  /** Something was said that has not arrived, and is being asked for. */
  readonly hasGap?: boolean
  /** What went wrong while loading. */
  readonly error?: Error | null
  /** The first message that was unread when the room was opened: the divider stands above it. */
  readonly firstUnreadId?: Id | null | undefined
  /** Opens at this message instead of at the newest. */
  readonly around?: Id | undefined
  /** Messages that came after a window in the middle of the history. */
  readonly unseen?: number
  readonly readersOf?: (message: ChatMessage) => readonly ChatUser[]
  readonly onRetry?: (key: string) => void
  readonly onDiscard?: (key: string) => void
  /** Whether the newest message is in view. */
  readonly onAtEndChange?: (isAtEnd: boolean) => void
  /** Leaves a window in the middle of the history. */
  readonly onJumpToLatest?: () => void
}

const nothing = () => {}

export function MessageList(props: MessageListProps) {
  const { messages, hasOlder = false, hasNewer = false, firstUnreadId, onAtEndChange } = props
  const [toRows] = useState(createToRows<ChatMessage>)
  const rows = useMemo(
    () => toRows(messages, { hasOlder, firstUnreadId }),
    [toRows, messages, hasOlder, firstUnreadId],
  )
  const list = useMessageScroll(rows, props)
  const { isAtEnd, scrollRef, height, measureRow } = list
  useEffect(() => onAtEndChange?.(isAtEnd), [isAtEnd, onAtEndChange])
  const newBelow = useNewBelow(rows, isAtEnd, props.currentUserId) + (props.unseen ?? 0)
  return (
    <div className="qw-list">
      <div
        ref={scrollRef}
        className="qw-list-scroll"
        role="log"
        aria-label="Messages"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {rows.length === 0 ? (
          <Empty {...props} />
        ) : (
          <div className="qw-list-sizer" style={{ blockSize: height }}>
            <Edge {...props} />
            {list.rows.map(({ key, index, start }) => (
              <div
                key={key}
                ref={measureRow}
                data-index={index}
                className="qw-list-row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Row row={rows[index]} {...props} />
              </div>
            ))}
          </div>
        )}
      </div>
      {props.hasGap && (
        <div className="qw-list-gap">
          <Spinner label="Loading missing messages" />
          Some messages are missing here
        </div>
      )}
      {(!isAtEnd || hasNewer) && rows.length > 0 && (
        <JumpToLatest
          count={newBelow}
          onClick={hasNewer ? (props.onJumpToLatest ?? nothing) : list.scrollToEnd}
        />
      )}
    </div>
  )
}

function useMessageScroll(rows: readonly MessageRow<ChatMessage>[], props: MessageListProps) {
  const { around, hasOlder = false, hasNewer = false } = props
  const keys = useMemo(() => rows.map(({ key }) => key), [rows])
  const opensAt = useMemo(
    () => (around === undefined ? undefined : rows.find(({ message }) => isSame(message.id, around))),
    [rows, around],
  )
  const list = useEndAnchoredList({
    keys,
    hasOlder,
    hasNewer,
    isLoadingOlder: props.isLoadingOlder ?? false,
    isLoadingNewer: props.isLoadingNewer ?? false,
    loadOlder: props.loadOlder ?? nothing,
    loadNewer: props.loadNewer ?? nothing,
    openAt: opensAt?.key,
  })
  // Whoever sends something wants to see it there.
  const { jumpToEnd } = list
  const last = rows.at(-1)
  const sentKey = last?.message.local ? last.key : undefined
  useLayoutEffect(() => {
    if (sentKey !== undefined) jumpToEnd()
  }, [jumpToEnd, sentKey])
  return list
}

/** How many messages of others have come below the view since the newest one was last seen. */
function useNewBelow(
  rows: readonly MessageRow<ChatMessage>[],
  isAtEnd: boolean,
  currentUserId: Id | undefined,
): number {
  const lastKey = rows.at(-1)?.key
  const [seenKey, setSeenKey] = useState(lastKey)
  if (isAtEnd && seenKey !== lastKey) setSeenKey(lastKey)
  if (isAtEnd || seenKey === lastKey) return 0
  const seenIndex = rows.findLastIndex(({ key }) => key === seenKey)
  return seenIndex < 0
    ? 0
    : rows.slice(seenIndex + 1).filter(({ message }) => !isBy(message, currentUserId)).length
}

function Row({
  row,
  currentUserId,
  messages,
  ...props
}: MessageListProps & { readonly row: MessageRow<ChatMessage> | undefined }) {
  if (!row) return null
  const { key, ...shown } = row
  const isOwn = isBy(row.message, currentUserId)
  const isLastOwn = isOwn && key === lastOwnKey(messages, currentUserId)
  return (
    <Message
      {...shown}
      isOwn={isOwn}
      readers={isLastOwn ? props.readersOf?.(row.message) : undefined}
      onRetry={props.onRetry ?? nothing}
      onDiscard={props.onDiscard ?? nothing}
    />
  )
}

/** What is pending is one's own, also while nobody has said yet who one is. */
const isBy = ({ sender, local }: ChatMessage, userId: Id | undefined) =>
  local !== undefined || (userId !== undefined && String(sender.id) === String(userId))

function lastOwnKey(messages: readonly ChatMessage[], userId: Id | undefined): string | undefined {
  const last = messages.findLast((message) => isBy(message, userId))
  return last && keyOf(last)
}

function Edge({ hasOlder, isLoadingOlder, error, loadOlder }: MessageListProps) {
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

function Empty({ isLoading, error }: MessageListProps): ReactNode {
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

const Spinner = ({ label }: { readonly label: string }) => (
  <div className="qw-spinner" role="img" aria-label={label} />
)

function JumpToLatest({ count, onClick }: { readonly count: number; readonly onClick: () => void }) {
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
