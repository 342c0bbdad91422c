/** Tells the server how far one has read: not for every row that scrolls by, and never backwards. */
import type { QueryClient } from '@tanstack/react-query'
import { compareKeys } from '../query/index.ts'
import type { Chat } from './createChat.ts'
import { orderOf } from './messages.ts'
import { readStateIn } from './rooms.ts'
import { type ChatMessage, type ChatRoom, type Id, sameId } from './types.ts'

/** Trailing: a reader who scrolls through a room reports once, at the end. Milliseconds. */
const QUIET_MS = 500

export interface ReadReporter {
  report(messageId: Id, messages: readonly ChatMessage[]): void
}

export function createReadReporter(chat: Chat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const { clock } = chat.manager.port
  let waiting: ChatMessage | undefined
  /** As far as is known here; the room list, where there is one, knows of other devices too. */
  let reported: Id | null = null

  function pointer(): Id | null {
    const rooms = queryClient.getQueryData<readonly ChatRoom[]>(chat.rooms().queryKey)
    return rooms?.some(({ id }) => sameId(id, roomId))
      ? readStateIn(rooms, roomId).last_read_message_id
      : reported
  }

  function send(): void {
    const messageId = waiting?.id
    waiting = undefined
    if (messageId === undefined) return
    reported = messageId
    chat.markRead.start(queryClient, { message_id: messageId }, { roomId }).catch(() => {
      // Not told, and shown as unread again; the next row that is read tells it.
      if (sameId(reported, messageId)) reported = null
    })
  }

  return {
    report(messageId, messages) {
      const find = (wanted: Id | null) => messages.find(({ id, local }) => !local && sameId(id, wanted))
      const message = find(messageId)
      const reached = waiting ?? find(pointer())
      if (!message || (reached && compareKeys(orderOf(message), orderOf(reached)) <= 0)) return
      if (!waiting) clock.setTimer(send, QUIET_MS)
      waiting = message
    },
  }
}
