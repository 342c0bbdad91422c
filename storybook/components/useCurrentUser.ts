/** Who is signed in: told by the `currentUser` option, the token, or the server. */
import { useStore } from 'zustand'
import { type ChatUser, useChat } from '../../src/chat/index.ts'

export function useCurrentUser(): ChatUser | undefined {
  const chat = useChat()
  return useStore(chat.store, () => chat.currentUser())
}
