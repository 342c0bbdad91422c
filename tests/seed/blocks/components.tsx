// "State Management" and "UI Components" of the guide, with their import paths changed.
// biome-ignore-all format: kept to the letter
// biome-ignore-all assist/source/organizeImports: kept to the letter
// biome-ignore-all lint/complexity/noUselessFragments: kept to the letter
import { useWebSocketStore } from '../../../src/index.ts';

export { StatusBar, TypingIndicator }

function StatusBar() {
  const state = useWebSocketStore((state) => state.state);
  const reconnectAttempts = useWebSocketStore((s) => s.reconnectAttempts);

  return (
    <div>
      Status: {state}
      {reconnectAttempts > 0 && ` (Attempt ${reconnectAttempts})`}
    </div>
  );
}

import { useConnectionIndicator } from '../../../src/chat/index.ts';

export function ConnectionIndicator() {
  const { showIndicator, status } = useConnectionIndicator();

  if (!showIndicator) return null;

  return (
    <div className="fixed top-0 left-0 right-0 bg-yellow-500 text-white px-4 py-2 text-center z-50">
      {status.isReconnecting && (
        <>
          Reconnecting... (Attempt {status.reconnectAttempts})
        </>
      )}
      {status.isDisconnected && <>Connection lost. Trying to reconnect...</>}
    </div>
  );
}

function TypingIndicator({ typingUsers }: { typingUsers: string[] }) {
  if (typingUsers.length === 0) return null;

  return (
    <div className="text-sm text-gray-500 italic px-4 py-2">
      {typingUsers.join(', ')} {typingUsers.length === 1 ? 'is' : 'are'} typing...
    </div>
  );
}
