'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Id } from '../model/data/types.ts'
import { checkContent, checkMember, isEmpty, type SendVariables } from '../model/messages/sendMessage.ts'
import { useChat, useChatContext } from './useChat.ts'

export interface UseSendMessageResult {
  /**
   * Resolves as soon as the message is on screen and on its way, so that an input can be cleared while offline.
   * An empty one is ignored. Rejects only what can never be sent; what happens later is on the row (`local.status`).
   *
   * @throws LiveError `invalid_params` for no text, or one that is too long; `forbidden` in a room one is no longer in
   */
  readonly send: (message: SendVariables) => Promise<void>
  /** Tries a failed one again, by its `local.key`; resolves when that has ended, either way. One that did not fail is left alone. */
  readonly retry: (key: string) => Promise<void>
  /**
   * Takes one away that failed or waits; it is never sent. One that is on its way may have arrived, and comes back as
   * a message then.
   */
  readonly discard: (key: string) => void
  /** Ends the upload of a message, by its `local.key`: it has failed then, and can be tried again. False: none is under way. */
  readonly cancelUpload: (key: string) => boolean
}

/** Sends to a room, in the order of the calls, also while offline. Loads and shows nothing. */
export function useSendMessage(roomId: Id): UseSendMessageResult {
  const { sendMessage, cancelUpload } = useChat()
  const context = useChatContext()
  const queryClient = useQueryClient()

  const send = useCallback(
    async (message: SendVariables) => {
      // Enter in an empty field is no mistake, and must not end the action of a form with an error.
      if (isEmpty(message)) return
      checkMember(context, roomId)
      checkContent(message, context)
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

  return { send, retry, discard, cancelUpload }
}
