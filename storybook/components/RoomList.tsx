/** The rooms of the user as links: last activity first, what is unread, and the last thing that was said. */
import type { MouseEvent, ReactNode } from 'react'
import { type ChatRoom as Room, useChatRooms } from '../../src/chat/index.ts'
import { Avatar } from './Avatar.tsx'
import { contentText } from './attachments/attachmentTexts.ts'
import { errorText } from './errorText.ts'
import { type Id, isSame } from './messageRows.ts'
import { moveFocus } from './moveFocus.ts'
import './RoomList.css'
import { useLasting } from './room/useLasting.ts'
import { useRoomTitle } from './room/useRoomTitle.ts'
import { useWaiting } from './room/useWaiting.ts'
import { plainText } from './text/MessageText.tsx'
import { recentText } from './times.ts'
import { useCurrentUser } from './useCurrentUser.ts'
import { useToday } from './useToday.ts'

export interface RoomListProps {
  readonly selectedRoomId?: Id | undefined
  /** @default `?room=<id>` */
  readonly hrefOf?: (roomId: Id) => string
  /** Instead of following the link. A click that asks for a new tab still gets one. */
  readonly onSelect?: (roomId: Id) => void
}

const searchOf = (roomId: Id) => `?${new URLSearchParams({ room: String(roomId) })}`

export function RoomList({ selectedRoomId, hrefOf = searchOf, onSelect }: RoomListProps) {
  const { rooms, isLoading, error } = useChatRooms()
  const today = useToday()
  return (
    <nav className="qw-rooms" aria-label="Rooms">
      {rooms.length === 0 && <p className="qw-rooms-note">{noteFor(isLoading, error)}</p>}
      <ul onKeyDown={(event) => moveFocus(event, 'a')}>
        {rooms.map((room) => (
          <li key={room.id}>
            <RoomLink
              room={room}
              today={today}
              isSelected={selectedRoomId !== undefined && isSame(room.id, selectedRoomId)}
              href={hrefOf(room.id)}
              onSelect={onSelect}
            />
          </li>
        ))}
      </ul>
    </nav>
  )
}

interface RoomLinkProps {
  readonly room: Room
  readonly today: Date
  readonly isSelected: boolean
  readonly href: string
  readonly onSelect: ((roomId: Id) => void) | undefined
}

function RoomLink({ room, today, isSelected, href, onSelect }: RoomLinkProps) {
  const { last_activity_at } = room
  const { name, imageUrl, peer } = useRoomTitle(room.id, room)
  // What is open is being read; a number that comes and goes with every message would only be restless.
  const unread = isSelected ? 0 : (room.unread_count ?? 0)
  const onClick = (event: MouseEvent) => {
    if (!onSelect || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    onSelect(room.id)
  }
  return (
    <a
      className="qw-room"
      href={href}
      aria-current={isSelected ? 'page' : undefined}
      data-unread={unread > 0 || undefined}
      onClick={onClick}
    >
      <Avatar name={name} imageUrl={imageUrl} size={44} />
      <span className="qw-room-name" dir="auto">
        {name}
      </span>
      {last_activity_at ? (
        <time className="qw-room-time" dir="auto" dateTime={last_activity_at}>
          {recentText(last_activity_at, today)}
        </time>
      ) : (
        <span className="qw-room-time" />
      )}
      <span className="qw-room-preview" dir="auto">
        <Preview room={room} isDirect={peer !== undefined} />
      </span>
      {unread > 0 && (
        <span className="qw-unread-badge">
          {unread > 99 ? '99+' : unread}
          <span className="qw-only-read"> unread</span>
        </span>
      )}
    </a>
  )
}

interface PreviewProps {
  readonly room: Room
  /** There is one other person only, and no need to name them. */
  readonly isDirect: boolean
}

function Preview({ room, isDirect }: PreviewProps): ReactNode {
  const user = useCurrentUser()
  const waiting = useWaiting(room.id)
  // On its way for a moment is every message.
  const isLate = useLasting(waiting?.hasFailed === false)
  if (waiting) {
    return (
      <>
        {waiting.hasFailed && <span className="qw-room-waiting">Not sent: </span>}
        <span className="qw-room-said">
          {!waiting.hasFailed && 'You: '}
          {plainText(waiting.content)}
        </span>
        {isLate && <span className="qw-room-waiting"> (waiting)</span>}
      </>
    )
  }
  const message = room.last_message
  if (!message) return 'No messages yet'
  // What is being written has no word yet.
  const content = plainText(contentText(message) || '…')
  const { sender } = message as { readonly sender?: { readonly id: Id; readonly username: string } }
  const isOwn = user && sender && isSame(sender.id, user.id)
  if (!sender || (isDirect && !isOwn)) return content
  return `${isOwn ? 'You' : sender.username}: ${content}`
}

function noteFor(isLoading: boolean, error: Error | null): string {
  if (isLoading) return 'Loading rooms…'
  return error ? `The rooms could not be loaded: ${errorText(error)}` : 'You are in no room yet.'
}
