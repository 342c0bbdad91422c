'use client'
import { useCallback } from 'react'
import type { LiveError } from '../errors.ts'
import type { Send, SendOptions } from '../manager/managerTypes.ts'
import type { RegisteredProtocol } from '../protocol.ts'
import { usePending } from './usePending.ts'
import { useManager } from './WebSocketProvider.tsx'

export interface UseWebSocketSendResult {
  /** Resolves when the frame was written to the socket. @throws LiveError when it never will be */
  readonly send: Send<RegisteredProtocol>
  /** A frame is on its way to the socket; a queued one counts. */
  readonly isSending: boolean
  readonly error: LiveError | null
}

/** Sends frames and follows them to the socket. Opens the connection only when there is something to send. */
export function useWebSocketSend({ endpoint }: { readonly endpoint?: string } = {}): UseWebSocketSendResult {
  const manager = useManager()
  const { isPending, error, track } = usePending()
  const send = useCallback(
    (type: string, data: unknown, options?: SendOptions) =>
      track(manager.send(type, data, { endpoint, ...options })),
    [manager, endpoint, track],
  )
  return { send: send as Send<RegisteredProtocol>, isSending: isPending, error }
}
