// The blocks "Available Hooks" of the guide, each in a hook or component around it that hands its names on.
// biome-ignore-all format: kept to the letter
// biome-ignore-all lint/correctness/useExhaustiveDependencies: kept to the letter
import {
  type ChatMessage,
  useChatRooms,
  useChatWebSocket,
  useConnectionIndicator,
} from '../../../src/chat/index.ts'
import {
  useWebSocket,
  useWebSocketSend,
  useWebSocketStatus,
  useWebSocketSubscription,
} from '../../../src/index.ts'
import { useState } from '../ambient.ts'

export function useBlock1() {
const {
  isConnected,     // Connection status
  state,           // Current state (CONNECTING, CONNECTED, etc.)
  error,           // Connection error if any
  send,            // Send message function
  subscribe,       // Subscribe to message types
  connect,         // Manually connect
  disconnect,      // Manually disconnect
} = useWebSocket('/ws/chat/room-123/');
return { isConnected, state, error, send, subscribe, connect, disconnect }
}

export function useBlock2(roomId: string, console: Pick<Console, 'log'>) {
const [messages, setMessages] = useState<ChatMessage[]>([])
useWebSocketSubscription<ChatMessage>(
  'chat_message',
  (message) => {
    console.log('New message:', message);
    setMessages(prev => [...prev, message]);
  },
  [roomId]
);
return messages
}

export function useBlock3() {
const { send, isSending, error } = useWebSocketSend();

const handleClick = async () => {
  await send('my_event', { data: 'value' });
};
return { handleClick, isSending, error }
}

export function useBlock4() {
const {
  state,
  error,
  reconnectAttempts,
  lastConnectedAt,
  isAuthenticated,
  isConnected,
  isConnecting,
  isReconnecting,
  isDisconnected,
  hasError,
} = useWebSocketStatus();
return {
  state, error, reconnectAttempts, lastConnectedAt, isAuthenticated, isConnected, isConnecting, isReconnecting,
  isDisconnected, hasError,
}
}

export function useBlock5() {
const {
  messages,              // Array of messages
  typingUsers,          // Array of users typing
  isConnected,          // Connection status
  isSending,            // Sending state
  error,                // Error if any
  sendMessage,          // Send message
  sendTypingIndicator,  // Send typing status
  sendReadReceipt,      // Mark as read
  loadHistory,          // Load message history
  clearMessages,        // Clear messages
  scrollToBottom,       // Scroll to bottom
  messagesEndRef,       // Ref for auto-scroll
} = useChatWebSocket('room-123');
return {
  messages, typingUsers, isConnected, isSending, error, sendMessage, sendTypingIndicator, sendReadReceipt,
  loadHistory, clearMessages, scrollToBottom, messagesEndRef,
}
}

export function useBlock6() {
const {
  rooms,              // Array of rooms
  activeRoomId,       // Currently active room
  isConnected,        // Connection status
  loadRooms,          // Load rooms list
  joinRoom,           // Join a room
  leaveRoom,          // Leave a room
  markRoomAsRead,     // Mark room as read
} = useChatRooms();
return { rooms, activeRoomId, isConnected, loadRooms, joinRoom, leaveRoom, markRoomAsRead }
}

export function Block7() {
const { showIndicator, status } = useConnectionIndicator();

return (
  <>
    {showIndicator && (
      <div className="connection-indicator">
        {status.isReconnecting ? 'Reconnecting...' : 'Disconnected'}
      </div>
    )}
  </>
);
}
