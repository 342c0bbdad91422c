import { useTyping } from 'querywire/chat'
import { TypingIndicator } from '../components/TypingIndicator.tsx'

/** A component of its own: a keystroke of somebody else renders nothing more. */
export function RoomTyping({ roomId }: { roomId: string }) {
  const { typers } = useTyping(roomId)
  return <TypingIndicator names={typers.map(({ username }) => username)} />
}
