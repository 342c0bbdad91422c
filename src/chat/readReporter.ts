/** Tells the server how far one has read: not for every row that scrolls by, and never backwards. */
import type { QueryClient } from '@tanstack/react-query'
import { compareKeys } from '../query/index.ts'
import type { Chat } from './createChat.ts'
import { orderOf } from './messages.ts'
import { type ChatMessage, type Id, sameId } from './types.ts'

/** Trailing: a reader who scrolls through a room reports once, at the end. Milliseconds. */
const QUIET_MS = 500

export interface ReadReporter {
  report(messageId: Id, messages: readonly ChatMessage[]): void
}

export function createReadReporter(chat: Chat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const { clock } = chat.manager.port
  let furthest: ChatMessage | undefined
  let reported: Id | undefined
  let isWaiting = false

  function send(): void {
    isWaiting = false
    if (!furthest || sameId(furthest.id, reported)) return
    const messageId = furthest.id
    reported = messageId
    chat.markRead.start(queryClient, { message_id: messageId }, { roomId }).catch(() => {
      // Not told; the next row that is read tells it.
      if (sameId(reported, messageId)) reported = undefined
    })
  }

  return {
    report(messageId, messages) {
      const message = messages.find(({ id, local }) => !local && sameId(id, messageId))
      if (!message || (furthest && compareKeys(orderOf(message), orderOf(furthest)) <= 0)) return
      furthest = message
      if (isWaiting) return
      isWaiting = true
      clock.setTimer(send, QUIET_MS)
    },
  }
}
