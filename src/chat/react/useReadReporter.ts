'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { createReadReporter } from '../readReporter.ts'
import type { ChatMessage, Id } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

/** Says how far one has read; needs nothing of the room list. */
export function useReadReporter(roomId: Id, messages: readonly ChatMessage[]): (messageId?: Id) => void {
  const chat = useChat()
  const queryClient = useQueryClient()
  const reporter = useMemo(() => createReadReporter(chat, queryClient, roomId), [chat, queryClient, roomId])
  const newest = messages.findLast((message) => !message.local)?.id
  return useCallback(
    (messageId: Id | undefined = newest) => {
      if (messageId !== undefined) reporter.report(messageId, messages)
    },
    [reporter, newest, messages],
  )
}
