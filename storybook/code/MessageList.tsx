import { useMessages, useReadState, useSendMessage } from 'querywire/chat'
import { MessageList } from '../components/MessageList.tsx'

/** The list knows no hook: it is given what they give. */
export function Messages({ roomId, myId }: { roomId: string; myId: string }) {
  const { loadOlder, loadNewer, liveStatus, ...history } = useMessages(roomId)
  const { retry, discard } = useSendMessage(roomId)
  const { markRead, readersOf, firstUnreadId } = useReadState(roomId)

  return (
    <MessageList
      {...history}
      currentUserId={myId}
      hasGap={liveStatus.status === 'gap'}
      firstUnreadId={firstUnreadId}
      loadOlder={() => void loadOlder()}
      loadNewer={() => void loadNewer()}
      readersOf={(message) => readersOf(message).map(({ user }) => user)}
      onRetry={(key) => void retry(key)}
      onDiscard={discard}
      onAtEndChange={(isAtEnd) => isAtEnd && markRead()}
    />
  )
}
