'use client'
import { useEffect } from 'react'
import type { LiveError } from '../../../transport/index.ts'
import type { Id } from '../../model/data/types.ts'
import { useChatContext, useChatState } from '../useChat.ts'

/** Why one is no longer in a room that is on screen, also where that happened while one was away. */
export function useRemoval(roomId: Id): LiveError | undefined {
  const { membership } = useChatContext()
  useEffect(() => membership.watch(roomId), [membership, roomId])
  return useChatState(() => membership.removalOf(roomId))
}
