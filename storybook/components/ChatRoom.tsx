/** A room: who is there, what was said, who is writing, and where to write oneself. One hook per concern. */
import { type KeyboardEvent, useEffect, useState } from 'react'
import {
  type ChatMessage,
  useMessages,
  useReadState,
  useSendMessage,
  useTyping,
} from '../../src/chat/index.ts'
import { ChatHeader } from './ChatHeader.tsx'
import './ChatRoom.css'
import { MessageAnnouncer } from './MessageAnnouncer.tsx'
import { MessageComposer } from './MessageComposer.tsx'
import { MessageList } from './MessageList.tsx'
import type { Id } from './messageRows.ts'
import { TypingIndicator } from './TypingIndicator.tsx'
import { useCurrentUser } from './useCurrentUser.ts'
import { usePageVisible } from './usePageVisible.ts'

export interface ChatRoomProps {
  readonly roomId: Id
  /** Opens at this message instead of at the newest. */
  readonly around?: Id | undefined
  /** Shows a way back, where there is room for one pane only. */
  readonly onBack?: (() => void) | undefined
}

export function ChatRoom({ roomId, around, onBack }: ChatRoomProps) {
  const [window, setWindow] = useState({ roomId, around })
  const toLatest = () => setWindow({ roomId, around: undefined })
  if (window.roomId !== roomId) setWindow({ roomId, around })
  // Out of the past first, then out of the room. Not while an input method takes the key for itself.
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing) return
    if (window.around !== undefined) toLatest()
    else onBack?.()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key that nothing inside of the room took
    <section className="qw-chat-room" onKeyDown={onKeyDown}>
      <ChatHeader roomId={roomId} onBack={onBack} />
      {/* Another room or another place in it is another list, with its own scroll position. */}
      <RoomMessages
        key={`${roomId} ${window.around ?? ''}`}
        roomId={roomId}
        around={window.around}
        onJumpToLatest={toLatest}
      />
      <RoomTyping roomId={roomId} />
      <MessageComposer key={roomId} roomId={roomId} onSend={toLatest} />
    </section>
  )
}

interface RoomMessagesProps {
  readonly roomId: Id
  readonly around: Id | undefined
  readonly onJumpToLatest: () => void
}

function RoomMessages({ roomId, around, onJumpToLatest }: RoomMessagesProps) {
  const { messages, loadOlder, loadNewer, liveStatus, ...history } = useMessages(roomId, { around })
  const { retry, discard } = useSendMessage(roomId)
  const user = useCurrentUser()
  const [isAtEnd, setIsAtEnd] = useState(true)
  const isReading = usePageVisible() && isAtEnd
  const { markRead, readersOf, firstUnreadId, clearDivider } = useReadState(roomId, { isReading })
  const hasAnswered = messages.at(-1)?.local !== undefined
  const newestId = messages.findLast(({ local }) => local === undefined)?.id
  // Read is what was in view, on a page that was in view.
  useEffect(() => {
    if (isReading && newestId !== undefined) markRead(newestId)
  }, [isReading, newestId, markRead])
  // Whoever answers has read.
  useEffect(() => {
    if (hasAnswered) clearDivider()
  }, [hasAnswered, clearDivider])
  return (
    <>
      <MessageList
        {...history}
        messages={messages}
        hasGap={useLasting(liveStatus.status === 'gap')}
        currentUserId={user?.id}
        around={around}
        firstUnreadId={firstUnreadId}
        loadOlder={() => void loadOlder()}
        loadNewer={() => void loadNewer()}
        readersOf={(message: ChatMessage) => readersOf(message).map((member) => member.user)}
        onRetry={(key) => void retry(key)}
        onDiscard={discard}
        onAtEndChange={setIsAtEnd}
        onJumpToLatest={onJumpToLatest}
      />
      <MessageAnnouncer messages={messages} currentUserId={user?.id} />
    </>
  )
}

/** A gap is closed within a few hundred milliseconds, as a rule; only one that lasts is worth a line. */
const LASTING_MS = 500

function useLasting(isSo: boolean): boolean {
  const [hasLasted, setHasLasted] = useState(false)
  useEffect(() => {
    if (!isSo) return
    const timer = setTimeout(() => setHasLasted(true), LASTING_MS)
    return () => {
      clearTimeout(timer)
      setHasLasted(false)
    }
  }, [isSo])
  return hasLasted
}

/** A component of its own, so that a keystroke of somebody else renders this line and nothing more. */
function RoomTyping({ roomId }: { readonly roomId: Id }) {
  const { typers } = useTyping(roomId)
  return <TypingIndicator names={typers.map(({ username }) => username)} />
}
