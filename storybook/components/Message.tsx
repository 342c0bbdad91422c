/** One message: what stands above it, its bubble, and what became of it. Renders again only when its row changes. */
import { type FocusEvent, memo, type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { type ChatMessage, type ChatUser, isStreaming } from '../../src/chat/index.ts'
import { Avatar } from './Avatar.tsx'
import { type MenuKind, MessageToolbar } from './actions/MessageToolbar.tsx'
import { commandsFor, isDeleted, type MessageActions } from './actions/messageCommands.ts'
import { Reactions } from './actions/Reactions.tsx'
import { Attachments } from './attachments/Attachments.tsx'
import { errorText } from './errorText.ts'
import { FailedMessage } from './FailedMessage.tsx'
import './Message.css'
import { MessageStatus } from './MessageStatus.tsx'
import type { MessageRow } from './messageRows.ts'
import { personColor } from './personColor.ts'
import { Quote, type Quoted } from './Quote.tsx'
import { ReadReceipts } from './ReadReceipts.tsx'
import { endingOf, Streaming } from './streaming/Streaming.tsx'
import { isFewEmoji, MessageText } from './text/MessageText.tsx'
import { dayText, exactText, timeText } from './times.ts'
import { useToday } from './useToday.ts'

export interface MessageProps extends Omit<MessageRow<ChatMessage>, 'key'> {
  readonly isOwn: boolean
  readonly readers?: readonly ChatUser[] | undefined
  readonly onRetry: (key: string) => void
  readonly onDiscard: (key: string) => void
  /** Without it nothing can be done but to read. */
  readonly actions?: MessageActions | undefined
  readonly onMenu?: ((kind: MenuKind, anchor: HTMLElement) => void) | undefined
  /** Its menu is open, elsewhere on the page. */
  readonly hasMenu?: boolean
  /** Of all the messages the one that the Tab key stops at. */
  readonly isTabStop?: boolean
  /** One is shown where it is, having asked for it. */
  readonly isSought?: boolean
  /** Removed, and may still be brought back. */
  readonly isHeld?: boolean
  readonly quoted?: Quoted | undefined
  readonly onJumpTo?: ((messageId: ChatMessage['id']) => void) | undefined
}

export const Message = memo(function Message(props: MessageProps) {
  const { message, isOwn, startsDay, startsUnread, startsGroup, endsGroup } = props
  const { sender, local } = message
  const { ref, isActive, ...pointed } = usePointed()
  return (
    <>
      {startsDay && <Day timestamp={message.timestamp} />}
      {startsUnread && (
        <div className="qw-unread">
          <span>New messages</span>
        </div>
      )}
      <article
        ref={ref}
        className="qw-message"
        data-message-id={message.id}
        data-own={isOwn || undefined}
        data-starts-group={startsGroup || undefined}
        data-ends-group={endsGroup || undefined}
        data-status={local?.status}
        data-person={personColor(sender.username)}
        data-active={isActive || props.hasMenu || undefined}
        data-sought={props.isSought || undefined}
        tabIndex={props.isTabStop ? 0 : -1}
        {...pointed}
      >
        {!isOwn && endsGroup && (
          <div className="qw-message-avatar">
            <Avatar name={sender.username} />
          </div>
        )}
        <div className="qw-message-body">
          <span className={isOwn || !startsGroup ? 'qw-only-read' : 'qw-message-sender'}>
            {isOwn ? 'You' : <bdi>{sender.username}</bdi>}
          </span>
          {props.isHeld ? (
            <Held {...props} />
          ) : (
            <Body {...props} isActive={isActive || props.hasMenu === true} />
          )}
        </div>
      </article>
    </>
  )
})

/** A component of its own: at midnight it renders again, and its message does not. */
function Day({ timestamp }: { readonly timestamp: string }) {
  const day = dayText(timestamp, useToday())
  if (day === '') return null
  return (
    <div className="qw-day">
      <span>{day}</span>
    </div>
  )
}

/** Under the pointer, or with the focus of somebody at the keyboard. */
function usePointed() {
  const ref = useRef<HTMLElement>(null)
  const [isUnder, setIsUnder] = useState(false)
  const [hasFocus, setHasFocus] = useState(false)
  const focused = useRef<Element>(undefined)
  // A button that is gone with what it did leaves the focus to its message.
  useLayoutEffect(() => {
    if (document.activeElement !== document.body) return
    if (focused.current && !ref.current?.contains(focused.current))
      ref.current?.focus({ preventScroll: true })
  })
  useLayoutEffect(() => {
    const article = ref.current
    // A row that is gone must not take the focus with it: the next key is meant for the list.
    return () => {
      if (article?.contains(document.activeElement)) {
        article.closest<HTMLElement>('[role="log"]')?.focus({ preventScroll: true })
      }
    }
  }, [])
  return {
    ref,
    isActive: isUnder || hasFocus,
    onPointerEnter: ({ pointerType }: { readonly pointerType: string }) =>
      setIsUnder(pointerType === 'mouse'),
    onPointerLeave: () => setIsUnder(false),
    onFocus: ({ target }: FocusEvent) => {
      focused.current = target
      setHasFocus(target.matches(':focus-visible'))
    },
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => {
      if (relatedTarget) focused.current = undefined
      setHasFocus((had) => had && currentTarget.contains(relatedTarget))
    },
  }
}

function Body(props: MessageProps & { readonly isActive: boolean }) {
  const { message, isOwn, actions, onMenu, readers = [] } = props
  const { local } = message
  const hasToolbar = props.isActive && actions && onMenu && commandsFor(message, isOwn).length > 0
  return (
    <>
      <div className="qw-bubble-line">
        <Bubble {...props} />
        {hasToolbar && <MessageToolbar message={message} isOwn={isOwn} actions={actions} onMenu={onMenu} />}
      </div>
      <Streaming message={message} actions={actions} isTabStop={props.isTabStop} />
      <Reactions message={message} actions={actions} isTabStop={props.isTabStop} />
      {local?.status === 'failed' && (
        <FailedMessage
          reason={local.error && errorText(local.error)}
          onRetry={() => props.onRetry(local.key)}
          onDiscard={() => props.onDiscard(local.key)}
        />
      )}
      <ReadReceipts readers={readers} />
    </>
  )
}

function Bubble({ message, isOwn, quoted, isTabStop, onJumpTo }: MessageProps) {
  const { content, timestamp, edited_at, local } = message
  if (isDeleted(message)) return <Gone timestamp={timestamp} />
  const isGrowing = isStreaming(message)
  // Nothing yet, and that it is being written is told below.
  if (isGrowing && content === '' && message.reply_to_id == null) return null
  const ending = endingOf(message)
  return (
    <div
      className="qw-bubble"
      dir="auto"
      aria-busy={isGrowing || undefined}
      data-emoji={(isPlain(message) && !isGrowing && isFewEmoji(content)) || undefined}
    >
      {message.reply_to_id != null && <Quote id={message.reply_to_id} {...{ quoted, isTabStop, onJumpTo }} />}
      <Attachments message={message} isTabStop={isTabStop} />
      <div className="qw-bubble-text">
        {content === '' && ending ? (
          <i>{UNWRITTEN}</i>
        ) : (
          hasText(message) && <MessageText content={content} isGrowing={isGrowing} />
        )}
      </div>
      <span className="qw-bubble-meta">
        {edited_at != null && <span>edited</span>}
        {ending && <span>{ending}</span>}
        <time dir="auto" dateTime={timestamp} title={exactText(timestamp)}>
          {timeText(timestamp)}
        </time>
        {isOwn && <MessageStatus status={local?.status ?? 'sent'} />}
      </span>
    </div>
  )
}

const UNWRITTEN = 'It had not begun'

/** Nothing but its text is in the bubble. */
const isPlain = ({ reply_to_id, attachments }: ChatMessage) => reply_to_id == null && !attachments?.length

/** What comes with a picture need not say anything. */
const hasText = ({ content, attachments }: ChatMessage) => content.trim() !== '' || !attachments?.length

function Gone({ timestamp, children }: { readonly timestamp: string; readonly children?: ReactNode }) {
  return (
    <div className="qw-bubble" data-deleted="">
      <span className="qw-bubble-text">Message deleted</span>
      {children ?? (
        <time dir="auto" dateTime={timestamp} title={exactText(timestamp)}>
          {timeText(timestamp)}
        </time>
      )}
    </div>
  )
}

/** Gone for whoever looks, and still to be had back. */
function Held({ message, actions }: MessageProps) {
  return (
    <Gone timestamp={message.timestamp}>
      <button type="button" className="qw-undo" onClick={() => actions?.restore(message)}>
        Undo
      </button>
    </Gone>
  )
}
