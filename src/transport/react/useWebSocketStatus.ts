'use client'
import { useMemo } from 'react'
import { type ConnectionStatus, IDLE_STATUS, summarize, type WebSocketState } from '../machine/status.ts'
import { entryOf } from '../protocol.ts'
import { useWebSocketStore } from './useWebSocketStore.ts'

export interface WebSocketStatus extends ConnectionStatus {
  readonly isConnected: boolean
  readonly isConnecting: boolean
  readonly isReconnecting: boolean
  /** Not connected, and not about to be. */
  readonly isDisconnected: boolean
  readonly hasError: boolean
}

/**
 * The state of one connection; without an endpoint that of the default one, or of the worst of all. `null`: the worst of
 * all, whether there is a default one or not. Opens nothing.
 */
export function useWebSocketStatus(endpoint?: string | null): WebSocketStatus {
  const status = useWebSocketStore((all) => statusOf(all, endpoint))
  return useMemo(() => {
    const { state, error } = status
    return {
      ...status,
      isConnected: state === 'CONNECTED',
      isConnecting: state === 'CONNECTING',
      isReconnecting: state === 'RECONNECTING',
      isDisconnected: state === 'DISCONNECTED' || state === 'FAILED',
      hasError: error !== null,
    }
  }, [status])
}

export function statusOf(state: WebSocketState, endpoint: string | null | undefined): ConnectionStatus {
  if (endpoint === null) return summarize(state.connections)
  return endpoint === undefined ? state : (entryOf(state.connections, endpoint) ?? IDLE_STATUS)
}
