/** The messages of a room, virtualised: only what is in view has elements, however long the history is. */
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import { type ChatMessage, type ChatUser, keyOf } from '../../src/chat/index.ts'
import type { MessageActions } from './actions/messageCommands.ts'
import { useMessageMenu } from './actions/useMessageMenu.tsx'
import { Edge, Empty, JumpToLatest, Spinner } from './ListNotes.tsx'
import { Message, type MessageProps } from './Message.tsx'
import './MessageList.css'
import { createToRows, type Id, isBy, isSame, type MessageRow } from './messageRows.ts'
import { StickyDay } from './StickyDay.tsx'
import { useEndAnchoredList } from './useEndAnchoredList.ts'
import { useRowsByElement } from './useRowsByElement.ts'
import { useSeek } from './useSeek.ts'
import { useTabStop } from './useTabStop.ts'

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
  /** What can be done with a message. Stays the same from one rendering to the next. */
  readonly actions?: MessageActions | undefined
  /** The keys of messages that are removed, and may still be brought back. */
  readonly heldKeys?: ReadonlySet<string>
  /** Shows a message that is not loaded. */
  readonly onJumpTo?: (messageId: Id) => void
  /** What the menu of a message tells of it. */
  readonly detailsOf?: (message: ChatMessage) => ReactNode
  /** Stands below the messages, beside the way to the latest. */
  readonly children?: ReactNode
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
  const { isAtEnd } = list
  useEffect(() => onAtEndChange?.(isAtEnd), [isAtEnd, onAtEndChange])
  const newBelow = useNewBelow(rows, isAtEnd, props.currentUserId) + (props.unseen ?? 0)
  return (
    <div className="qw-list">
      <Rows rows={rows} list={list} {...props} />
      {props.hasGap && (
        <div className="qw-list-gap">
          <Spinner label="Loading missing messages" />
          Some messages are missing here
        </div>
      )}
      <div className="qw-list-foot">
        {props.children}
        {(!isAtEnd || hasNewer) && rows.length > 0 && (
          <JumpToLatest
            count={newBelow}
            onClick={hasNewer ? (props.onJumpToLatest ?? nothing) : list.scrollToEnd}
          />
        )}
      </div>
    </div>
  )
}

interface RowsProps extends MessageListProps {
  readonly rows: readonly MessageRow<ChatMessage>[]
  readonly list: ReturnType<typeof useMessageScroll>
}

function Rows({ rows, list, ...props }: RowsProps) {
  const { scrollRef, height, measureRow } = list
  const found = useRowsByElement(rows, props.currentUserId)
  const { menu, press, openFor, openAt, onMenu } = useMessageMenu({ ...props, find: found })
  const { soughtKey, seek } = useSeek(rows, list, props)
  const stops = useTabStop(list.rows, openAt)
  return (
    <>
      <StickyDay row={rows[list.firstInView]} isShown={list.isScrolling && !list.isAtEnd} />
      <div
        ref={scrollRef}
        className="qw-list-scroll"
        role="log"
        aria-label="Messages"
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onFocus={stops.onFocus}
        onKeyDown={stops.onKeyDown}
        {...press}
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
                <Row
                  row={rows[index]}
                  isTabStop={key === stops.key}
                  isSought={key === soughtKey}
                  hasMenu={openFor !== undefined && openFor === rows[index]?.message}
                  onMenu={onMenu}
                  seek={seek}
                  {...props}
                />
              </div>
            ))}
          </div>
        )}
      </div>
      {menu}
    </>
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

interface RowProps
  extends MessageListProps,
    Pick<MessageProps, 'isTabStop' | 'isSought' | 'hasMenu' | 'onMenu'> {
  readonly row: MessageRow<ChatMessage> | undefined
  readonly seek: (messageId: Id) => void
}

function Row({ row, currentUserId, messages, ...props }: RowProps) {
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
      actions={props.actions}
      onMenu={props.onMenu}
      hasMenu={props.hasMenu ?? false}
      isTabStop={props.isTabStop ?? false}
      isSought={props.isSought ?? false}
      isHeld={props.heldKeys?.has(key) ?? false}
      quoted={quotedIn(messages, row.message.reply_to_id)}
      onJumpTo={props.seek}
    />
  )
}

/** From the end: what is answered is recent as a rule. */
function quotedIn(messages: readonly ChatMessage[], id: Id | null | undefined): ChatMessage | undefined {
  return id == null ? undefined : messages.findLast((message) => isSame(message.id, id))
}

function lastOwnKey(messages: readonly ChatMessage[], userId: Id | undefined): string | undefined {
  const last = messages.findLast((message) => isBy(message, userId))
  return last && keyOf(last)
}
