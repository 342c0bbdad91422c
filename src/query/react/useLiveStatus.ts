'use client'
import { hashKey, useQueryClient } from '@tanstack/react-query'
import { useCallback, useSyncExternalStore } from 'react'
import { type LiveState, OFFLINE } from '../live/records.ts'
import { useLive } from './LiveProvider.tsx'

/**
 * How current a live query is: `live`, `catching-up` (connected again, old data still shown), `gap` (an event is
 * missing and has been asked for) or `offline`. Renders only when that changes, never for an event.
 */
export function useLiveStatus(options: { readonly queryKey: readonly unknown[] }): LiveState {
  const live = useLive(options.queryKey)
  const queryClient = useQueryClient()
  const queryHash = hashKey(options.queryKey)
  const subscribe = useCallback(
    (listener: () => void) => live.subscribe(queryClient, listener, queryHash),
    [live, queryClient, queryHash],
  )
  return useSyncExternalStore(
    subscribe,
    () => live.status(queryClient, options.queryKey, queryHash),
    () => OFFLINE,
  )
}
