'use client'
import { useEffect, useMemo } from 'react'
import type { ConnectionProblem, ConnectionState } from '../machine/status.ts'
import type { Send, SendOptions, Subscribe } from '../manager/managerTypes.ts'
import type { RegisteredProtocol } from '../protocol.ts'
import { statusOf } from './useWebSocketStatus.ts'
import { useWebSocketStore } from './useWebSocketStore.ts'
import { useManager } from './WebSocketProvider.tsx'

export interface UseWebSocketResult {
  readonly isConnected: boolean
  readonly state: ConnectionState
  readonly error: ConnectionProblem | null
  /** Resolves when the frame was written. The functions keep their identity as long as the endpoint is the same. */
  readonly send: Send<RegisteredProtocol>
  readonly subscribe: Subscribe<RegisteredProtocol>
  /** Brings the connection back after `disconnect`, or after it gave up. */
  readonly connect: () => void
  readonly disconnect: () => void
}

/**
 * Holds a connection open while mounted, shared with everyone else who uses the endpoint. A message renders nothing:
 * it goes to the handlers of `subscribe`.
 */
export function useWebSocket(endpoint?: string): UseWebSocketResult {
  const manager = useManager()
  const state = useWebSocketStore((all) => statusOf(all, endpoint).state)
  const error = useWebSocketStore((all) => statusOf(all, endpoint).error)
  useEffect(() => manager.acquire(endpoint), [manager, endpoint])
  const actions = useMemo(
    () => ({
      send: ((type: string, data: unknown, options?: SendOptions) =>
        manager.send(type, data, { endpoint, ...options })) as Send<RegisteredProtocol>,
      subscribe: ((type: string, handler: (payload: unknown) => void) =>
        manager.subscribe(type, handler, { endpoint })) as Subscribe<RegisteredProtocol>,
      connect: () => manager.connect(endpoint, { hold: false }),
      disconnect: () => manager.disconnect(endpoint),
    }),
    [manager, endpoint],
  )
  return useMemo(
    () => ({ ...actions, isConnected: state === 'CONNECTED', state, error }),
    [actions, state, error],
  )
}
