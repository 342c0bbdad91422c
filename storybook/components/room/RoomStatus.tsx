/** The line below the messages: what has just been done, else who is typing. A component of its own: a keystroke of somebody else renders nothing more. */
import { useTyping } from '../../../src/chat/index.ts'
import type { Id } from '../messageRows.ts'
import { TypingIndicator } from '../TypingIndicator.tsx'
import './RoomStatus.css'
import type { Notice } from './useNotice.ts'

export function RoomStatus({ roomId, notice }: { readonly roomId: Id; readonly notice: Notice }) {
  const { typers } = useTyping(roomId)
  return (
    <div className="qw-room-status">
      <div role="status" aria-label="What was done">
        {/* Another element for the same words: nobody is told of a text that stays as it is. */}
        {notice.text !== '' && <span key={notice.number}>{notice.text}</span>}
      </div>
      {notice.text === '' && <TypingIndicator names={typers.map(({ username }) => username)} />}
    </div>
  )
}
