'use client'
import { hashKey } from '@tanstack/react-query'
import type { LiveState } from '../../../query/index.ts'
import { useLive } from './useLive.ts'

const OFFLINE: LiveState = { status: 'offline', since: 0 }

/** `useLiveStatus`, by key and also without a provider. */
export function useRoomStatus(queryKey: readonly unknown[]): LiveState {
  const queryHash = hashKey(queryKey)
  return useLive((live, queryClient) => live.status(queryClient, queryKey, queryHash), OFFLINE, queryHash)
}
