'use client'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useCallback, useSyncExternalStore } from 'react'
import type { Live } from '../../../query/index.ts'
import { useChat } from '../useChat.ts'

/** Something that `live` knows, always current. `queryHash`: nothing else than what becomes of that query changes it. */
export function useLive<T>(
  read: (live: Live, queryClient: QueryClient) => T,
  initially: T,
  queryHash?: string,
): T {
  const { live } = useChat()
  const queryClient = useQueryClient()
  const subscribe = useCallback(
    (listener: () => void) => live.subscribe(queryClient, listener, queryHash),
    [live, queryClient, queryHash],
  )
  return useSyncExternalStore(
    subscribe,
    () => read(live, queryClient),
    () => initially,
  )
}
