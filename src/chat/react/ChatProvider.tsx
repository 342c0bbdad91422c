'use client'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { LiveProvider } from '../../query/index.ts'
import { defaultManager, WebSocketProvider } from '../../transport/react/index.ts'
import { type Chat, createChat } from '../createChat.ts'

const ChatContext = createContext<Chat | null>(null)

export interface ChatProviderProps {
  readonly chat: Chat
  readonly children?: ReactNode
}

/** Gives a chat to the hooks below; stands inside a `QueryClientProvider`. Nothing connects until a hook needs it. */
export function ChatProvider({ chat, children }: ChatProviderProps): ReactNode {
  useEffect(() => chat.start(), [chat])
  return (
    <ChatContext.Provider value={chat}>
      <WebSocketProvider manager={chat.manager}>
        <LiveProvider live={chat.live}>{children}</LiveProvider>
      </WebSocketProvider>
    </ChatContext.Provider>
  )
}

const fallbacks = new WeakMap<object, Chat>()

/** The nearest provider's chat; without one a chat over the default manager (NEXT_PUBLIC_WS_URL). */
export function useChat(): Chat {
  const provided = useContext(ChatContext)
  const chat = provided ?? defaultChat()
  useEffect(() => (provided ? undefined : chat.start()), [provided, chat])
  return chat
}

function defaultChat(): Chat {
  const manager = defaultManager()
  const chat = fallbacks.get(manager) ?? createChat({ manager })
  fallbacks.set(manager, chat)
  return chat
}
