'use client'
import { useCallback } from 'react'
import type { LiveError } from '../errors.ts'
import type { Request, RequestOptions } from '../manager/managerTypes.ts'
import type { RegisteredProtocol } from '../protocol.ts'
import { usePending } from './usePending.ts'
import { useManager } from './WebSocketProvider.tsx'

export interface UseWebSocketRequestResult {
  /** Resolves with the payload of the reply. @throws LiveError */
  readonly request: Request<RegisteredProtocol>
  readonly isLoading: boolean
  readonly error: LiveError | null
}

/** Asks and waits for the reply. For data that is shown, a query (`querywire/query`) is the better place. */
export function useWebSocketRequest({
  endpoint,
}: {
  readonly endpoint?: string
} = {}): UseWebSocketRequestResult {
  const manager = useManager()
  const { isPending, error, track } = usePending()
  const request = useCallback(
    (type: string, data?: unknown, options?: number | RequestOptions) =>
      track(
        manager.request(type, data, {
          endpoint,
          ...(typeof options === 'number' ? { timeoutMs: options } : options),
        }),
      ),
    [manager, endpoint, track],
  )
  return { request: request as Request<RegisteredProtocol>, isLoading: isPending, error }
}
