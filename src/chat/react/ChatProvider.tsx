'use client'
import { type ReactNode, useEffect } from 'react'
import { LiveProvider } from '../../query/index.ts'
import { WebSocketProvider } from '../../transport/react/index.ts'
import type { Chat } from '../createChat.ts'
import { ProvidedChat } from './useChat.ts'

export interface ChatProviderProps {
  readonly chat: Chat
  readonly children?: ReactNode
}

/** Gives a chat to the hooks below; stands inside a `QueryClientProvider`. Nothing connects until a hook needs it. */
export function ChatProvider({ chat, children }: ChatProviderProps): ReactNode {
  useEffect(() => chat.start(), [chat])
  return (
    <ProvidedChat.Provider value={chat}>
      <WebSocketProvider manager={chat.manager}>
        <LiveProvider live={chat.live}>{children}</LiveProvider>
      </WebSocketProvider>
    </ProvidedChat.Provider>
  )
}
