'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { type ChatRoom, type Id, sameId } from '../../model/data/types.ts'
import { useChat } from '../useChat.ts'

/** Marks a whole room as read, up to the last message its list entry knows of. */
export function useMarkRoomRead(rooms: readonly ChatRoom[]): (roomId: Id) => Promise<void> {
  const chat = useChat()
  const queryClient = useQueryClient()
  return useCallback(
    async (roomId: Id) => {
      const last = rooms.find(({ id }) => sameId(id, roomId))?.last_message?.id
      if (last !== undefined) await chat.markRead.start(queryClient, { message_id: last }, { roomId })
    },
    [chat, queryClient, rooms],
  )
}
