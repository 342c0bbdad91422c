'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { ChatMessage, Id } from '../../model/data/types.ts'
import { readReporterOf } from '../../model/readState/readReporter.ts'
import type { PlaceOf } from '../../model/session/context.ts'
import { useChat } from '../useChat.ts'

interface Loaded {
  readonly messages: readonly ChatMessage[]
  readonly placeOf: PlaceOf
}

/** Says how far one has read; needs nothing of the room list. */
export function useReadReporter(roomId: Id, { messages, placeOf }: Loaded): (messageId?: Id) => void {
  const chat = useChat()
  const queryClient = useQueryClient()
  const newest = messages.findLast((message) => !message.local)?.id
  return useCallback(
    (messageId: Id | undefined = newest) => {
      if (messageId !== undefined) readReporterOf(chat, queryClient, roomId).report(messageId, placeOf)
    },
    [chat, queryClient, roomId, newest, placeOf],
  )
}
