// The Quick Start of the guide, with its import path changed and nothing else (besides the imports it takes for granted).
// biome-ignore-all format: kept to the letter
// biome-ignore-all lint/style/noDefaultExport: kept to the letter
// biome-ignore-all lint/a11y/useButtonType: kept to the letter
// biome-ignore-all lint/nursery/noMisusedPromises: kept to the letter
'use client';

import type React from 'react';
import { useState } from 'react';
import { useChatWebSocket } from '../../../src/chat/index.ts';

export default function ChatRoom({ roomId }: { roomId: string }) {
  const {
    messages,
    isConnected,
    sendMessage,
    sendTypingIndicator,
    messagesEndRef,
  } = useChatWebSocket(roomId);

  const [input, setInput] = useState('');

  const handleSend = async () => {
    if (input.trim()) {
      await sendMessage(input);
      setInput('');
    }
  };

  const handleInputChange = (e: React.ChangeEvent<HTMLInputElement>) => {
    setInput(e.target.value);
    sendTypingIndicator(true);
  };

  return (
    <div className="flex flex-col h-screen">
      {/* Connection Status */}
      {!isConnected && (
        <div className="bg-yellow-100 text-yellow-800 px-4 py-2 text-center">
          Reconnecting...
        </div>
      )}

      {/* Messages */}
      <div className="flex-1 overflow-y-auto p-4">
        {messages.map((msg) => (
          <div key={msg.id} className="mb-4">
            <div className="font-semibold">{msg.sender.username}</div>
            <div>{msg.content}</div>
            <div className="text-xs text-gray-500">{msg.timestamp}</div>
          </div>
        ))}
        <div ref={messagesEndRef} />
      </div>

      {/* Input */}
      <div className="p-4 border-t">
        <input
          value={input}
          onChange={handleInputChange}
          onKeyPress={(e) => e.key === 'Enter' && handleSend()}
          placeholder="Type a message..."
          className="w-full px-4 py-2 border rounded-lg"
        />
        <button onClick={handleSend}>Send</button>
      </div>
    </div>
  );
}
