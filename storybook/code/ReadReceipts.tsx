import { type ChatMessage, useReadState } from 'querywire/chat'
import { ReadReceipts } from '../components/ReadReceipts.tsx'

/** Those who have read this message, and none of the later ones. */
export function ReadBy({ roomId, message }: { roomId: string; message: ChatMessage }) {
  const { readersOf } = useReadState(roomId)
  return <ReadReceipts readers={readersOf(message).map(({ user }) => user)} />
}
