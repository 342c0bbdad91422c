/** A room: who is there, what was said, who is writing, and where to write oneself. */
import { type KeyboardEvent, useCallback, useState } from 'react'
import { ChatHeader } from './ChatHeader.tsx'
import './ChatRoom.css'
import type { Id } from './messageRows.ts'
import { Conversation } from './room/Conversation.tsx'

export interface ChatRoomProps {
  readonly roomId: Id
  /** Opens at this message instead of at the newest. */
  readonly around?: Id | undefined
  /** Shows a way back, where there is room for one pane only. */
  readonly onBack?: (() => void) | undefined
  /** The address of a message; stays the same from one rendering to the next. @default `?room=<id>&message=<id>` */
  readonly hrefOf?: (roomId: Id, messageId: Id) => string
  /** Why one may not write here; there is no composer then. */
  readonly readOnlyReason?: string | undefined
}

const searchOf = (roomId: Id, messageId: Id) =>
  `?${new URLSearchParams({ room: String(roomId), message: String(messageId) })}`

export function ChatRoom({ roomId, around, onBack, hrefOf = searchOf, readOnlyReason }: ChatRoomProps) {
  const [window, setWindow] = useState({ roomId, opened: around, around })
  const isElsewhere = window.roomId !== roomId || window.opened !== around
  if (isElsewhere) setWindow({ roomId, opened: around, around })
  const jumpTo = (messageId: Id | undefined) => setWindow({ roomId, opened: around, around: messageId })
  // Out of the past first, then out of the room. Not while an input method takes the key for itself.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing || event.defaultPrevented) return
    if (window.around !== undefined) jumpTo(undefined)
    else onBack?.()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key that nothing inside of the room took
    <section className="qw-chat-room" tabIndex={-1} onKeyDown={onKeyDown}>
      <ChatHeader roomId={roomId} onBack={onBack} />
      <Conversation
        key={roomId}
        roomId={roomId}
        around={window.around}
        onJumpTo={jumpTo}
        hrefOf={useCallback((messageId: Id) => hrefOf(roomId, messageId), [hrefOf, roomId])}
        readOnlyReason={readOnlyReason}
      />
    </section>
  )
}
