/** One message: what stands above it, its bubble, and what became of it. Renders again only when its row changes. */
import { memo } from 'react'
import type { ChatMessage, ChatUser } from '../../src/chat/index.ts'
import { Avatar } from './Avatar.tsx'
import { errorText } from './errorText.ts'
import { FailedMessage } from './FailedMessage.tsx'
import './Message.css'
import { MessageStatus } from './MessageStatus.tsx'
import { MessageText } from './MessageText.tsx'
import type { MessageRow } from './messageRows.ts'
import { personColor } from './personColor.ts'
import { ReadReceipts } from './ReadReceipts.tsx'
import { dayText, exactText, timeText } from './times.ts'

export interface MessageProps extends Omit<MessageRow<ChatMessage>, 'key'> {
  readonly isOwn: boolean
  readonly readers?: readonly ChatUser[] | undefined
  readonly onRetry: (key: string) => void
  readonly onDiscard: (key: string) => void
}

export const Message = memo(function Message(props: MessageProps) {
  const { message, isOwn, startsDay, startsUnread, startsGroup, endsGroup, readers = [] } = props
  const { sender, local } = message
  return (
    <>
      {startsDay && (
        <div className="qw-day">
          <span>{dayText(message.timestamp)}</span>
        </div>
      )}
      {startsUnread && <div className="qw-unread">New messages</div>}
      <article
        className="qw-message"
        data-message-id={message.id}
        data-own={isOwn || undefined}
        data-starts-group={startsGroup || undefined}
        data-ends-group={endsGroup || undefined}
        data-status={local?.status}
        data-person={personColor(sender.username)}
      >
        {!isOwn && endsGroup && (
          <div className="qw-message-avatar">
            <Avatar name={sender.username} />
          </div>
        )}
        <div className="qw-message-body">
          <span className={isOwn || !startsGroup ? 'qw-only-read' : 'qw-message-sender'}>
            {isOwn ? 'You' : sender.username}
          </span>
          <Bubble message={message} isOwn={isOwn} />
          <Reactions message={message} />
          {local?.status === 'failed' && (
            <FailedMessage
              reason={local.error && errorText(local.error)}
              onRetry={() => props.onRetry(local.key)}
              onDiscard={() => props.onDiscard(local.key)}
            />
          )}
          <ReadReceipts readers={readers} />
        </div>
      </article>
    </>
  )
})

function Bubble({ message, isOwn }: { readonly message: ChatMessage; readonly isOwn: boolean }) {
  const { content, timestamp, edited_at, deleted_at, local } = message
  const isDeleted = deleted_at != null
  return (
    <div className="qw-bubble" dir="auto">
      <span className="qw-bubble-text" data-deleted={isDeleted || undefined}>
        {isDeleted ? 'Message deleted' : <MessageText content={content} />}
      </span>
      <span className="qw-bubble-meta">
        {edited_at != null && !isDeleted && <span>edited</span>}
        <time dir="auto" dateTime={timestamp} title={exactText(timestamp)}>
          {timeText(timestamp)}
        </time>
        {isOwn && <MessageStatus status={local?.status ?? 'sent'} />}
      </span>
    </div>
  )
}

function Reactions({ message }: { readonly message: ChatMessage }) {
  if (!message.reactions?.length) return null
  return (
    <ul className="qw-reactions" aria-label="Reactions">
      {message.reactions.map(({ name, count, me }) => (
        <li key={name} data-mine={me || undefined}>
          {name} {count}
        </li>
      ))}
    </ul>
  )
}
