'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { checkContent, checkMember, type SendVariables } from '../sendMessage.ts'
import type { Id } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

export interface UseSendMessageResult {
  /**
   * Resolves as soon as the message is on screen and on its way, so that an input can be cleared while offline.
   * Rejects only what can never be sent; what happens later is on the row (`local.status`).
   */
  readonly send: (message: SendVariables) => Promise<void>
  readonly retry: (key: string) => Promise<void>
  readonly discard: (key: string) => void
}

export function useSendMessage(roomId: Id): UseSendMessageResult {
  const { sendMessage, context } = useChat()
  const queryClient = useQueryClient()

  const send = useCallback(
    async (message: SendVariables) => {
      checkMember(context, roomId)
      checkContent(message, context.maxLength)
      sendMessage.start(queryClient, message, { roomId }).catch(() => {
        // The row shows it, with the way to try again.
      })
    },
    [sendMessage, context, queryClient, roomId],
  )
  const retry = useCallback(
    (key: string) =>
      sendMessage.retry(queryClient, key).catch(() => {
        // Failed again; the row says so.
      }),
    [sendMessage, queryClient],
  )
  const discard = useCallback(
    (key: string) => sendMessage.discard(queryClient, key),
    [sendMessage, queryClient],
  )

  return { send, retry, discard }
}
