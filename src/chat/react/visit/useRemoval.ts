'use client'
import { useEffect } from 'react'
import { useStore } from 'zustand'
import type { LiveError } from '../../../transport/index.ts'
import type { Id } from '../../model/data/types.ts'
import { useChat } from '../ChatProvider.tsx'

/** Why one is no longer in a room that is on screen, also where that happened while one was away. */
export function useRemoval(roomId: Id): LiveError | undefined {
  const { context, store } = useChat()
  const { membership } = context
  useEffect(() => membership.watch(roomId), [membership, roomId])
  return useStore(store, () => membership.removalOf(roomId))
}
