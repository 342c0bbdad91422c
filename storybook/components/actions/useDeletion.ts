/** Deletes a message. One that is gone already is deleted: another tab, or the page before, may have asked as well. */
import { useMutation } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useChat } from '../../../src/chat/index.ts'
import { isLiveError } from '../../../src/index.ts'
import type { Id } from '../messageRows.ts'

export function useDeletion(roomId: Id): (messageId: Id) => Promise<void> {
  const { mutateAsync } = useMutation(useChat().deleteMessage(roomId))
  return useCallback(
    async (messageId) => {
      try {
        await mutateAsync({ message_id: messageId })
      } catch (error) {
        if (!isLiveError(error) || error.reason !== 'not_found') throw error
      }
    },
    [mutateAsync],
  )
}
