// "Reconnection Strategy", "Message Format" and "Error Handling" of the guide.
// biome-ignore-all format: kept to the letter
// biome-ignore-all lint/correctness/useExhaustiveDependencies: kept to the letter
// biome-ignore-all assist/source/organizeImports: kept to the letter
// biome-ignore-all lint/nursery/noFloatingPromises: kept to the letter
import { useEffect } from 'react'
import { useWebSocket, useWebSocketStatus } from '../../../src/index.ts'

const WS_CONFIG = {
  RECONNECT: true,
  MAX_RECONNECT_ATTEMPTS: 10,
  RECONNECT_INTERVAL: 1000,      // Initial delay
  RECONNECT_DECAY: 1.5,           // Exponential multiplier
  HEARTBEAT_INTERVAL: 30000,      // 30 seconds
};
export { WS_CONFIG }

// @ts-expect-error This repository compiles erasable syntax only, which an enum is not.
enum WebSocketCloseCode {
  NORMAL_CLOSURE = 1000,        // Normal close
  GOING_AWAY = 1001,            // Page refresh
  PROTOCOL_ERROR = 1002,        // Protocol error
  UNAUTHORIZED = 4001,          // Not authenticated
  FORBIDDEN = 4003,             // No permission
  INVALID_TOKEN = 4004,         // Token invalid
}
export { WebSocketCloseCode as GuideCloseCode }

export function useSendingMessages() {
const { send } = useWebSocket('/ws/chat/room-123/')
return () => {
send('message_type', {
  // Your data here
  key: 'value'
});
}
}

export const internally =
// Internally becomes:
{
  "type": "message_type",
  "data": { "key": "value" },
  "timestamp": "2024-01-15T10:30:00Z",
  "id": "1234567890-abc123"
}

interface MyDataType { readonly key: string }

export function useReceivingMessages(console: Pick<Console, 'log'>) {
const { subscribe } = useWebSocket('/ws/chat/room-123/')
useEffect(() =>
subscribe<MyDataType>('message_type', (data) => {
  // data is already typed and extracted
  console.log(data.key); // 'value'
})
, [subscribe, console])
}

export function useErrorRecovery(toast: { error(message: string): void }, console: Pick<Console, 'log'>) {
const { error, state } = useWebSocketStatus();

useEffect(() => {
  if (error) {
    if (error.code === 4001) {
      // Token expired - auth system will handle
      console.log('Authentication required');
    } else {
      // Other error - show to user
      toast.error(error.reason);
    }
  }
}, [error]);
return state
}
