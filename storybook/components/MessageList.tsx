/** The messages of a room, virtualised: only what is in view has elements, however long the history is. */
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import type { ChatMessage, ChatUser } from '../../src/chat/index.ts'
import type { MessageActions } from './actions/messageCommands.ts'
import { useMessageMenu } from './actions/useMessageMenu.tsx'
import { Edge, Empty, JumpToLatest, Spinner } from './ListNotes.tsx'
import { Message, type MessageProps } from './Message.tsx'
import './MessageList.css'
import { createToRows, type Id, isBy, type MessageRow, type MessageRows } from './messageRows.ts'
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
  readonly rows: MessageRows<ChatMessage>
  readonly list: ReturnType<typeof useMessageScroll>
}

function Rows({ rows, list, ...props }: RowsProps) {
  const { scrollRef, height, measureRow } = list
  const found = useRowsByElement(rows, props.currentUserId)
  const { menu, press, openFor, openAt, onMenu } = useMessageMenu({ ...props, find: found })
  const { soughtKey, seek } = useSeek(rows, list, props)
  const stops = useTabStop(list.rows, openAt)
  const lastOwn = useLastOwn(props)
  return (
    <>
      <StickyDay row={rows.at(list.firstInView)} isShown={list.isScrolling && !list.isAtEnd} />
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
                  row={rows.at(index)}
                  rows={rows}
                  lastOwn={lastOwn}
                  isTabStop={key === stops.key}
                  isSought={key === soughtKey}
                  hasMenu={openFor !== undefined && openFor === rows.at(index)?.message}
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

/** Who has read it is told below it. */
const useLastOwn = ({ messages, currentUserId }: MessageListProps) =>
  useMemo(() => messages.findLast((message) => isBy(message, currentUserId)), [messages, currentUserId])

function useMessageScroll(rows: MessageRows<ChatMessage>, props: MessageListProps) {
  const { around, hasOlder = false, hasNewer = false } = props
  const list = useEndAnchoredList({
    count: rows.length,
    keyAt: rows.keyAt,
    hasOlder,
    hasNewer,
    isLoadingOlder: props.isLoadingOlder ?? false,
    isLoadingNewer: props.isLoadingNewer ?? false,
    loadOlder: props.loadOlder ?? nothing,
    loadNewer: props.loadNewer ?? nothing,
    openAt: useCallback(() => (around === undefined ? -1 : rows.indexOf(around)), [rows, around]),
  })
  // Whoever sends something wants to see it there.
  const { jumpToEnd } = list
  const last = rows.at(rows.length - 1)
  const sentKey = last?.message.local ? last.key : undefined
  useLayoutEffect(() => {
    if (sentKey !== undefined) jumpToEnd()
  }, [jumpToEnd, sentKey])
  return list
}

/** How many messages of others have come below the view since the newest one was last seen. */
function useNewBelow(
  rows: MessageRows<ChatMessage>,
  isAtEnd: boolean,
  currentUserId: Id | undefined,
): number {
  const lastKey = rows.keyAt(rows.length - 1)
  const [seenKey, setSeenKey] = useState(lastKey)
  if (isAtEnd && seenKey !== lastKey) setSeenKey(lastKey)
  let count = 0
  for (let index = rows.length - 1; !isAtEnd && rows.keyAt(index) !== seenKey; index--) {
    const row = rows.at(index)
    if (!row) return 0
    if (!isBy(row.message, currentUserId)) count++
  }
  return count
}

interface RowProps
  extends MessageListProps,
    Pick<MessageProps, 'isTabStop' | 'isSought' | 'hasMenu' | 'onMenu'> {
  readonly row: MessageRow<ChatMessage> | undefined
  readonly rows: MessageRows<ChatMessage>
  readonly lastOwn: ChatMessage | undefined
  readonly seek: (messageId: Id) => void
}

function Row({ row, rows, lastOwn, currentUserId, ...props }: RowProps) {
  if (!row) return null
  const { key, ...shown } = row
  const isOwn = isBy(row.message, currentUserId)
  const { reply_to_id: quoted } = row.message
  return (
    <Message
      {...shown}
      isOwn={isOwn}
      readers={row.message === lastOwn ? props.readersOf?.(row.message) : undefined}
      onRetry={props.onRetry ?? nothing}
      onDiscard={props.onDiscard ?? nothing}
      actions={props.actions}
      onMenu={props.onMenu}
      hasMenu={props.hasMenu ?? false}
      isTabStop={props.isTabStop ?? false}
      isSought={props.isSought ?? false}
      isHeld={props.heldKeys?.has(key) ?? false}
      quoted={quoted == null ? undefined : rows.at(rows.indexOf(quoted))?.message}
      onJumpTo={props.seek}
    />
  )
}
