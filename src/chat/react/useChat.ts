'use client'
import { createContext, useContext, useEffect } from 'react'
import { useStore } from 'zustand'
import { defaultManager } from '../../transport/react/index.ts'
import { type Chat, createChat } from '../createChat.ts'
import { type ChatContext, contextOf } from '../model/session/context.ts'

export const ProvidedChat = createContext<Chat | null>(null)

/** The manager that there is without a provider has one chat, for all hooks. */
const fallbacks = new WeakMap<object, Chat>()

/** The nearest provider's chat; without one a chat over the default manager (NEXT_PUBLIC_WS_URL). */
export function useChat(): Chat {
  const provided = useContext(ProvidedChat)
  const chat = provided ?? defaultChat()
  useEffect(() => (provided ? undefined : chat.start()), [provided, chat])
  return chat
}

/** What the chat is made of. */
export function useChatContext(): ChatContext {
  return contextOf(useChat())
}

/** Something of the chat's client state, always current. */
export function useChatState<T>(select: (context: ChatContext) => T): T {
  const context = useChatContext()
  return useStore(context.store, () => select(context))
}

function defaultChat(): Chat {
  const manager = defaultManager()
  const chat = fallbacks.get(manager) ?? createChat({ manager })
  fallbacks.set(manager, chat)
  return chat
}
