'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { ChatMember, ChatMessage, Id, RegisteredMember } from '../model/data/types.ts'
import { readReporterOf } from '../model/readState/readReporter.ts'
import { usePlaces } from './reading/usePlaces.ts'
import { useReadersOf } from './reading/useReadersOf.ts'
import { useReading } from './reading/useReading.ts'
import { useReadReporter } from './reading/useReadReporter.ts'
import { useUnreadDivider } from './reading/useUnreadDivider.ts'
import { useChat } from './useChat.ts'
import { useHistory } from './useMessages.ts'

export interface UseReadStateResult<B extends ChatMember = RegisteredMember> {
  /** As the server counts; never added up here. */
  readonly unreadCount: number
  readonly mentionCount: number
  readonly lastReadMessageId: Id | null
  /** Up to this message, the newest loaded one by default. Sent at most twice a second, and never backwards. */
  readonly markRead: (messageId?: Id) => void
  /**
   * From this message on, on all of one's devices; what was read and is not reported yet is not. Taken back when the
   * server refuses.
   *
   * @throws LiveError `rejected`, with reason `unsupported` at level 0
   */
  readonly markUnread: (messageId: Id) => Promise<void>
  /** The first message that was unread when the room was opened; reading on does not move it. `null`: none was. */
  readonly firstUnreadId: Id | null
  /** For when one has seen it, e.g. after sending. */
  readonly clearDivider: () => void
  /** Others who have read up to this message or further, those who have read furthest last. */
  readonly readersOf: (message: ChatMessage) => readonly B[]
}

export interface UseReadStateOptions {
  /**
   * The newest message is in view, in a window that somebody looks at, and is marked as read by `markRead`: what comes then
   * does not count as unread, be it for a moment. @default false
   */
  readonly isReading?: boolean | undefined
}

const NO_MEMBERS: readonly ChatMember[] = []

/** What is unread in a room, where that begins, and who else has read what. Loads history and members of the room. */
export function useReadState<B extends ChatMember = RegisteredMember>(
  roomId: Id,
  { isReading = false }: UseReadStateOptions = {},
): UseReadStateResult<B> {
  const chat = useChat()
  const { data: state } = useQuery(chat.readState(roomId))
  const { data: members = NO_MEMBERS } = useQuery(chat.members(roomId))
  const queryClient = useQueryClient()
  const {
    history: { messages, isLoading },
    pages,
  } = useHistory(roomId)
  const placeOf = usePlaces(roomId, pages)
  const { mutateAsync } = useMutation(chat.markUnread(roomId))
  const { firstUnreadId, clearDivider } = useUnreadDivider(roomId, state, { messages, isLoading, placeOf })
  // Where the unread ones begin is known by then: it is told by the counts that this hides.
  useReading(roomId, isReading && !isLoading && state !== undefined)

  return {
    unreadCount: state?.unread_count ?? 0,
    mentionCount: state?.mention_count ?? 0,
    lastReadMessageId: state?.last_read_message_id ?? null,
    markRead: useReadReporter(roomId, { messages, placeOf }),
    markUnread: useCallback(
      async (messageId: Id) => {
        const marking = mutateAsync({ message_id: messageId })
        readReporterOf(chat, queryClient, roomId).takeBack(marking)
        await marking
      },
      [mutateAsync, chat, queryClient, roomId],
    ),
    firstUnreadId,
    clearDivider,
    readersOf: useReadersOf(members as readonly B[], placeOf),
  }
}
