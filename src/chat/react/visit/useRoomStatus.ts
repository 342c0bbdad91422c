'use client'
import { hashKey, useQueryClient } from '@tanstack/react-query'
import { useCallback, useSyncExternalStore } from 'react'
import type { LiveState } from '../../../query/index.ts'
import { useChat } from '../useChat.ts'

const OFFLINE: LiveState = { status: 'offline', since: 0 }

/** `useLiveStatus`, by key and also without a provider. */
export function useRoomStatus(queryKey: readonly unknown[]): LiveState {
  const { live } = useChat()
  const queryClient = useQueryClient()
  const queryHash = hashKey(queryKey)
  const subscribe = useCallback(
    (listener: () => void) => live.subscribe(queryClient, listener, queryHash),
    [live, queryClient, queryHash],
  )
  return useSyncExternalStore(
    subscribe,
    () => live.status(queryClient, queryKey),
    () => OFFLINE,
  )
}
