// "Multiple Message Subscriptions" of the guide; its handlers come from outside.
// biome-ignore-all format: kept to the letter
// biome-ignore-all lint/correctness/useExhaustiveDependencies: kept to the letter
import { useEffect } from 'react'
import type { ChatMessage, ChatUser } from '../../../src/chat/index.ts'
import { useWebSocket } from '../../../src/index.ts'

export interface Handlers {
  readonly handleMessage: (message: ChatMessage) => void
  readonly handleTyping: (typing: { user: ChatUser; is_typing: boolean }) => void
  readonly handleUserStatus: (status: { user_id: string; status: string }) => void
}

export function createChatRoom({ handleMessage, handleTyping, handleUserStatus }: Handlers) {
return ChatRoom

function ChatRoom({ roomId }: { roomId: string }) {
  const { subscribe } = useWebSocket(`/ws/chat/${roomId}/`);

  useEffect(() => {
    // Subscribe to multiple events
    const unsubMessages = subscribe('chat_message', handleMessage);
    const unsubTyping = subscribe('typing_indicator', handleTyping);
    const unsubStatus = subscribe('user_status', handleUserStatus);

    return () => {
      unsubMessages();
      unsubTyping();
      unsubStatus();
    };
  }, [roomId]);
}
}
