import { type ChatMessage, useSendMessage } from 'querywire/chat'
import { FailedMessage } from '../components/FailedMessage.tsx'

/** Below a message that was refused, or could not be sent in time. */
export function NotSent({ roomId, message }: { roomId: string; message: ChatMessage }) {
  const { retry, discard } = useSendMessage(roomId)
  const { local } = message
  if (local?.status !== 'failed') return null

  return (
    <FailedMessage
      reason={local.error?.message}
      onRetry={() => retry(local.key)}
      onDiscard={() => discard(local.key)}
    />
  )
}
