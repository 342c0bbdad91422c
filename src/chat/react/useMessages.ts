'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { type LiveState, type Op, rows, type TimelinePage } from '../../query/index.ts'
import type { BaseMessage, ChatMessage, Id, RegisteredMessage, Row } from '../model/data/types.ts'
import { useChat } from './useChat.ts'
import { useLive } from './visit/useLive.ts'
import { useRemoval } from './visit/useRemoval.ts'
import { useRoomStatus } from './visit/useRoomStatus.ts'
import { useVisit } from './visit/useVisit.ts'

export interface MessagesWindow {
  /** Start at this message instead of at the newest. */
  readonly around?: Id | undefined
  /** Messages per page. @default the chat's `pageSize` (50) */
  readonly pageSize?: number | undefined
}

export interface UseMessagesResult<M extends BaseMessage = RegisteredMessage> {
  /** Oldest first; own messages that the server has not confirmed come last. An unchanged row is the same object. */
  readonly messages: readonly Row<M>[]
  readonly isLoading: boolean
  /** One is no longer in the room, or its history could not be loaded. */
  readonly error: Error | null
  readonly hasOlder: boolean
  /** The window ends before the newest message. */
  readonly hasNewer: boolean
  readonly isLoadingOlder: boolean
  readonly isLoadingNewer: boolean
  /** Resolves with whether there is more. A failure is in `error`, and the answer then as before. */
  readonly loadOlder: () => Promise<boolean>
  readonly loadNewer: () => Promise<boolean>
  /** Messages that arrived beyond a window that ends before the newest. */
  readonly unseen: number
  /** Shows the history around a message; `jumpToLatest` comes back to where live messages arrive. */
  readonly jumpTo: (messageId: Id) => void
  readonly jumpToLatest: () => void
  /** Whether it is live, and since when, in milliseconds since 1970. */
  readonly liveStatus: LiveState
}

const NO_PAGES: readonly TimelinePage<ChatMessage>[] = []

/** The messages of a room. The same query as `useInfiniteQuery(chat.messages(roomId))`, in reading order. */
export function useMessages<M extends BaseMessage = RegisteredMessage>(
  roomId: Id,
  window?: MessagesWindow,
): UseMessagesResult<M> {
  return useHistory<M>(roomId, window).history
}

/** With the pages that they come in: what changed since the last time is found by these. */
export function useHistory<M extends BaseMessage>(roomId: Id, window?: MessagesWindow) {
  const chat = useChat()
  const removal = useRemoval(roomId)
  const { around, jumpTo, jumpToLatest } = useAnchor(roomId, window?.around)
  const options = chat.messages(roomId, { ...window, around })
  const query = useInfiniteQuery(options)
  const { fetchNextPage, fetchPreviousPage } = query
  const pages = query.data?.pages ?? NO_PAGES
  const early = useEarlyRows(options.queryKey, !query.data)
  const messages = early.length > 0 ? early : rows(query.data)

  const loadOlder = useCallback(async () => {
    // A refetch that is under way is joined, not cancelled; the page is then still to be loaded.
    const before = (await fetchNextPage({ cancelRefetch: false })).data
    if (!before || before.pages.length > pages.length) return before !== undefined && hasMore(before.pages)
    const { data } = await fetchNextPage({ cancelRefetch: false })
    return data !== undefined && hasMore(data.pages)
  }, [fetchNextPage, pages.length])

  const loadNewer = useCallback(async () => {
    const { data } = await fetchPreviousPage({ cancelRefetch: false })
    return data?.pages[0]?.hasNewer ?? false
  }, [fetchPreviousPage])

  const history: UseMessagesResult<M> = {
    messages: messages as readonly Row<M>[],
    isLoading: query.isPending,
    error: removal ?? query.error,
    hasOlder: query.hasNextPage,
    hasNewer: query.hasPreviousPage,
    isLoadingOlder: query.isFetchingNextPage,
    isLoadingNewer: query.isFetchingPreviousPage,
    loadOlder,
    loadNewer,
    unseen: pages[0]?.unseen ?? 0,
    jumpTo,
    jumpToLatest,
    liveStatus: useRoomStatus(options.queryKey),
  }
  return { history, pages }
}

/** Where the view starts: as its caller says, until the reader jumps elsewhere, and again once they have left. */
function useAnchor(roomId: Id, given: Id | undefined) {
  const [jumped, setJumped] = useVisit<{ readonly to: Id | undefined }>(
    JSON.stringify([roomId, given ?? null].map(String)),
  )
  const jumpTo = useCallback((to: Id) => setJumped({ to }), [setJumped])
  const jumpToLatest = useCallback(() => setJumped({ to: undefined }), [setJumped])
  return { around: jumped ? jumped.to : given, jumpTo, jumpToLatest }
}

const NO_ROWS: readonly ChatMessage[] = []
const NO_OPS: readonly Op<unknown>[] = []

/** What was sent where there is no page to show it in: before the first one, or where that could not be loaded. */
function useEarlyRows(queryKey: readonly unknown[], isEmpty: boolean): readonly ChatMessage[] {
  const ops = useLive(
    (live, queryClient) => (isEmpty ? live.optimistic(queryClient, queryKey) : NO_OPS),
    NO_OPS,
  )
  return useMemo(
    () =>
      ops.length > 0 ? ops.flatMap((op) => (op.kind === 'insert' ? [op.item as ChatMessage] : [])) : NO_ROWS,
    [ops],
  )
}

function hasMore(pages: readonly TimelinePage<ChatMessage>[]): boolean {
  return pages.at(-1)?.hasOlder ?? false
}
