'use client'
import { type ReactNode, useEffect } from 'react'
import { LiveProvider } from '../../query/index.ts'
import { WebSocketProvider } from '../../transport/react/index.ts'
import type { Chat } from '../createChat.ts'
import { ProvidedChat } from './useChat.ts'

/** What depends on the schemas is no matter here: a chat of any will do. */
type AnyChat = Omit<Chat, 'rooms' | 'room' | 'messages' | 'members' | 'readState'>

export interface ChatProviderProps {
  readonly chat: AnyChat
  readonly children?: ReactNode
}

/** Gives a chat to the hooks below; stands inside a `QueryClientProvider`. Nothing connects until a hook needs it. */
export function ChatProvider({ chat, children }: ChatProviderProps): ReactNode {
  useEffect(() => chat.start(), [chat])
  return (
    <ProvidedChat.Provider value={chat as Chat}>
      <WebSocketProvider manager={chat.manager}>
        <LiveProvider live={chat.live}>{children}</LiveProvider>
      </WebSocketProvider>
    </ProvidedChat.Provider>
  )
}
