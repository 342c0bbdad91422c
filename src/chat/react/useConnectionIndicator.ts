'use client'
import { useEffect, useState } from 'react'
import { useWebSocketStatus, type WebSocketStatus } from '../../transport/react/index.ts'
import { useChat } from './ChatProvider.tsx'

export interface UseConnectionIndicatorResult {
  /** After 5 s without a connection; gone at once when there is one again. */
  readonly showIndicator: boolean
  readonly status: WebSocketStatus
}

/** Most interruptions are over before anybody has noticed them. Milliseconds. */
const GRACE_MS = 5_000

export function useConnectionIndicator(): UseConnectionIndicatorResult {
  const { clock } = useChat().manager.port
  const status = useWebSocketStatus()
  const isDown = status.state !== 'CONNECTED' && status.state !== 'IDLE'
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    if (!isDown) return
    const cancel = clock.setTimer(() => setIsLate(true), GRACE_MS)
    return () => {
      cancel()
      setIsLate(false)
    }
  }, [isDown, clock])
  return { showIndicator: isDown && isLate, status }
}
